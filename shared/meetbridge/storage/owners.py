"""Whose a stored value is, by full ids: keys hold their hashes alone, and the stream has nothing else to read.

The ids stand in the deflated body, where they cost least, under two tags that no member has.
"""

from __future__ import annotations

from typing import TypeAlias

from meetbridge.storage.codec import pack_plain, unpack_plain
from meetbridge.storage.terse import to_terse

Owner: TypeAlias = tuple[str, str]
"""Tenant and user."""

_TENANT, _USER = "T", "U"


def pack_owned(value: object, owner: Owner) -> bytes:
    return pack_plain({**to_terse(value), _TENANT: owner[0], _USER: owner[1]})


def owner_in(body: bytes) -> Owner:
    data = unpack_plain(body)
    return data[_TENANT], data[_USER]
