"""Short ids made of long ones, so that keys stay small and never hold what a caller chose.

Hashes, not encodings: a user's or event's id of any length and content becomes a few safe characters.
"""

from __future__ import annotations

import base64
from hashlib import blake2b

from meetbridge.model.connection import ConnectionKey


def short(text: str) -> str:
    """16 characters of [a-z2-7] that stand for a tenant, a user or a calendar in keys."""
    return _base32(blake2b(_bytes(text), digest_size=10).digest())


def connection_key(tenant: str, user: str) -> ConnectionKey:
    """Where the connection of this user lives; both are full ids."""
    return ConnectionKey(short(tenant), short(user))


def event_key(calendar_id: str, event_id: str) -> str:
    """An event's id at the API: 20 characters of [a-z2-7]."""
    calendar, event = _bytes(calendar_id), _bytes(event_id)
    return _base32(blake2b(b"%d:%b%b" % (len(calendar), calendar, event), digest_size=12).digest())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _base32(digest: bytes) -> str:
    return base64.b32encode(digest).decode().rstrip("=").lower()
