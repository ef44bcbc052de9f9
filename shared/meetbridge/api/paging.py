"""Pages that fit into an answer, and cursors that callers hand back but neither read between accounts nor make up."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import TypeVar

from meetbridge.api.problem import BadRequest
from meetbridge.ports.repositories import Slice

MAC_BYTES = 12
SHORTEST_KEY = 16
LONGEST = 4096
MOST_BYTES = 4_000_000
"""Of an answer's items: Lambda takes 6 MB, and texts may become longer on their way out."""

T = TypeVar("T")
V = TypeVar("V")


def fitting(read: Callable[[int], Slice[T]], encode: Callable[[T], V], limit: int) -> tuple[list[V], str | None]:
    """A page of at most `limit` items, read again and shorter where it would not fit into an answer."""
    while True:
        found = read(limit)
        items = [encode(item) for item in found.items]
        if limit == 1 or len(json.dumps(items)) <= MOST_BYTES:
            return items, found.next
        limit //= 2


def as_is(item: T) -> T:
    """For `fitting`, where what is read is what is answered."""
    return item


class Cursors:
    """Signs the storage's cursors for one listing of one account; `keys` is CURSOR_KEYS: secrets of at least 16
    characters, divided by commas, newest first."""

    def __init__(self, keys: str) -> None:
        self._keys = [part.strip().encode() for part in keys.split(",") if part.strip()]
        if not self._keys or any(len(key) < SHORTEST_KEY for key in self._keys):
            raise ValueError("CURSOR_KEYS needs at least one key of 16 characters or more")

    def seal(self, listing: str, tenant: str, cursor: str | None) -> str | None:
        """The cursor as callers see it; None stays None."""
        if cursor is None:
            return None
        raw = cursor.encode()
        return base64.urlsafe_b64encode(_mac(self._keys[0], listing, tenant, raw) + raw).decode().rstrip("=")

    def open(self, listing: str, tenant: str, sealed: str | None) -> str | None:
        """The storage's cursor; raises BadRequest for one that is not from this listing of this account."""
        if sealed is None:
            return None
        try:
            if len(sealed) > LONGEST:
                raise BadRequest("The cursor is not one of this listing.")
            raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        except (binascii.Error, ValueError):
            raise BadRequest("The cursor is not one of this listing.") from None
        mac, cursor = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not any(hmac.compare_digest(mac, _mac(key, listing, tenant, cursor)) for key in self._keys):
            raise BadRequest("The cursor is not one of this listing.")
        return cursor.decode()


def _mac(key: bytes, listing: str, tenant: str, cursor: bytes) -> bytes:
    bound = b"\0".join((b"cursor", listing.encode(), tenant.encode(), cursor))
    return hmac.new(key, bound, hashlib.sha256).digest()[:MAC_BYTES]
