"""Events as items. What is too large for one item is torn into parts beside it, never cut.

A part's sort key is `X#{event key}#{digest}#{n}`; the event's own item then names digest and number of parts in the
place of the body. Parts are written first, so that no reader finds an event whose parts are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from meetbridge.errors import StorageError
from meetbridge.ports.repositories import By, StoredEvent
from meetbridge.storage.codec import unpack
from meetbridge.storage.dynamodb.table import Table
from meetbridge.storage.dynamodb.wire import by_out, keyed
from meetbridge.storage.owners import Owner, pack_owned

LARGEST_BODY = 380_000
_TOMBSTONES_ARE_KEPT = timedelta(days=1)


def event_out(
    partition: str, stored: StoredEvent, place: str, owner: Owner, by: By
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The item, and the parts that it needs."""
    item = keyed((partition, place), by=by_out(by))
    body = pack_owned(replace(stored, key="", place=None), owner)
    if len(body) <= LARGEST_BODY:
        return {**item, "body": body}, []
    digest = blake2b(body, digest_size=8).hexdigest()
    pieces = [body[start : start + LARGEST_BODY] for start in range(0, len(body), LARGEST_BODY)]
    parts = [
        keyed((partition, _part(stored.key, digest, n)), body=piece, by=item["by"]) for n, piece in enumerate(pieces)
    ]
    return {**item, "parts": len(pieces), "digest": digest}, parts


def tombstone(partition: str, place: str, by: By, until: datetime) -> dict[str, Any]:
    """What stands for a removed event until the table drops it: it tells the stream who removed it."""
    expires = int((until + _TOMBSTONES_ARE_KEPT).timestamp())
    return keyed((partition, place), by=by_out(by), removed=True, expires=expires)


def events_in(table: Table, items: Iterable[dict[str, Any]], *, consistent: bool) -> list[StoredEvent]:
    """The events of these items; tombstones are passed over, parts are fetched."""
    rows = [item for item in items if "body" in item or "parts" in item]
    torn = [(item["pk"], sk) for item in rows if "parts" in item for sk in _parts(item)]
    pieces = table.batch_get(torn, consistent=consistent) if torn else {}
    return [event_in(item, _joined(item, pieces)) for item in rows]


def event_in(item: dict[str, Any], body: bytes) -> StoredEvent:
    return replace(unpack(StoredEvent, body), key=key_in(item["sk"]), place=item["sk"])


def key_in(place: str) -> str:
    return place.rsplit("#", 1)[-1]


def _joined(item: dict[str, Any], pieces: dict[tuple[str, str], dict[str, Any]]) -> bytes:
    if "body" in item:
        return bytes(item["body"])
    try:
        return b"".join(pieces[item["pk"], sk]["body"] for sk in _parts(item))
    except KeyError as e:
        raise StorageError("a part of a stored event is missing") from e


def _parts(item: dict[str, Any]) -> Sequence[str]:
    return [_part(key_in(item["sk"]), item["digest"], n) for n in range(item["parts"])]


def _part(key: str, digest: str, n: int) -> str:
    return f"{part_prefix(key)}{digest}#{n:03d}"


def part_prefix(key: str) -> str:
    return f"X#{key}#"
