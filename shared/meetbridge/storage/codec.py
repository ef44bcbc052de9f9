"""The stored form of a value: terse JSON, deflated with a preset dictionary, so that an event fits one unit.

The first byte is the format's version, which names the dictionary too. A dictionary is never changed, only followed
by another: what was stored stays readable.
"""

from __future__ import annotations

import json
import zlib
from typing import Any, TypeVar

import orjson

from meetbridge.errors import StorageError
from meetbridge.storage.dictionary import DICTIONARIES, NEWEST
from meetbridge.storage.terse import from_terse, to_terse

T = TypeVar("T")


def pack(value: object) -> bytes:
    """The stored form of a dataclass of the model."""
    return pack_plain(to_terse(value))


def unpack(kind: type[T], stored: bytes) -> T:
    """The value; raises StorageError for a version that is unknown or a form that can't be read."""
    return from_terse(kind, unpack_plain(stored))


def pack_plain(data: Any) -> bytes:
    """JSON data, deflated."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, DICTIONARIES[NEWEST])
    return bytes([NEWEST]) + squeeze.compress(_dumps(data)) + squeeze.flush()


def unpack_plain(stored: bytes) -> Any:
    dictionary = DICTIONARIES.get(stored[0] if stored else 0)
    if dictionary is None:
        raise StorageError("a stored value has an unknown version")
    try:
        return _loads(zlib.decompressobj(-15, zdict=dictionary).decompress(stored[1:]))
    except (zlib.error, ValueError) as e:
        raise StorageError("a stored value can't be read") from e


def _dumps(data: Any) -> bytes:
    try:
        return orjson.dumps(data)
    except orjson.JSONEncodeError:  # a lone surrogate, which JSON from a calendar service may hold
        return json.dumps(data, separators=(",", ":")).encode()


def _loads(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
