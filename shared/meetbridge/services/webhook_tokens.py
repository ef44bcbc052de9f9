"""The token on a channel, so that a notification is verified and routed without a read.

A token is `v1.{key id}.{tenant}.{user}.{generation}.{calendar}.{mac}`: short ids (storage.keys.short), the
connection's generation, the calendar's index, and the first 16 bytes of HMAC-SHA256 in base64url. It stays below
128 characters, the least that the services allow (Graph's clientState; Google allows 256).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass

from meetbridge.errors import Unauthenticated
from meetbridge.model.connection import ConnectionKey

VERSION = "v1"
LONGEST = 128


@dataclass(frozen=True, slots=True)
class Channel:
    """What a genuine token names."""

    key: ConnectionKey
    generation: int
    calendar: int


def mint(keys: str, key: ConnectionKey, generation: int, calendar: int) -> str:
    """A token under the newest of `keys` (`id:base64[,id:base64]`, newest first)."""
    key_id, secret = _parse(keys)[0]
    body = f"{VERSION}.{key_id}.{key.tenant}.{key.user}.{generation}.{calendar}"
    return f"{body}.{_mac(secret, body)}"


def verify(keys: str, token: str) -> Channel:
    """What the token names; raises Unauthenticated for one that none of `keys` made."""
    if len(token) > LONGEST or not token.isascii():
        raise Unauthenticated("the channel's token is not ours")
    body, _, mac = token.rpartition(".")
    fields = body.split(".")
    if len(fields) != 6 or fields[0] != VERSION:
        raise Unauthenticated("the channel's token is not ours")
    secret = dict(_parse(keys)).get(fields[1])
    if secret is None or not hmac.compare_digest(_mac(secret, body), mac):
        raise Unauthenticated("the channel's token is not ours")
    return Channel(ConnectionKey(fields[2], fields[3]), int(fields[4]), int(fields[5]))


def _parse(keys: str) -> list[tuple[str, bytes]]:
    pairs = []
    for item in filter(None, (part.strip() for part in keys.split(","))):
        key_id, _, encoded = item.partition(":")
        try:
            pairs.append((key_id, base64.b64decode(encoded, validate=True)))
        except binascii.Error as e:
            raise ValueError("WEBHOOK_KEYS is id:base64[,id:base64]") from e
    if not pairs or any(len(secret) < 16 for _, secret in pairs):
        raise ValueError("WEBHOOK_KEYS needs at least one key of 16 bytes or more")
    return pairs


def _mac(secret: bytes, body: str) -> str:
    digest = hmac.digest(secret, body.encode(), "sha256")[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
