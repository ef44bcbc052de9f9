"""The table's stream as values: what stood there, what stands there now, and who changed it.

What is nobody's news gives nothing: leases, a run's own bookkeeping, tokens, marks, directories, ledger entries, and
what the table dropped because it had expired or its generation was forgotten. A removed event is seen as
the tombstone that takes its place; one that moved carries what it was. An event too large for one item (its parts
stand beside it) is not told either: its content is not in the record.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from meetbridge.ports.stream import StreamChange, Thing
from meetbridge.storage.dynamodb.account_items import settings_in
from meetbridge.storage.dynamodb.connection_items import item_in as connection_in
from meetbridge.storage.dynamodb.event_items import event_in
from meetbridge.storage.dynamodb.meeting_items import meeting_in
from meetbridge.storage.dynamodb.wire import by_in
from meetbridge.storage.owners import Owner, owner_in

Found = tuple[Owner, Thing | None, Thing | None]
Image = dict[str, Any]


def changes(record: Mapping[str, Any]) -> list[StreamChange]:
    """Of one record of a DynamoDB stream, in the shape in which Lambda hands it over: one or none."""
    image = record["dynamodb"]
    new, old = _image(image.get("NewImage")), _image(image.get("OldImage"))
    found = _found(new, old) if new is not None and "by" in new else None
    if new is None or found is None:
        return []
    (tenant, user), before, after = found
    at = datetime.fromtimestamp(image["ApproximateCreationDateTime"], UTC).isoformat()
    return [StreamChange(record["eventID"], at, tenant, user, by_in(new["by"]), before, after)]


def _found(new: Image, old: Image | None) -> Found | None:
    kind, sk = new["pk"].split("#")[1], new["sk"]
    if kind == "M":
        return owner_in(new["body"]), meeting_in(old) if old else None, meeting_in(new)
    if kind == "E" and sk[0] in "SR":
        return _event(new, old)
    if kind == "C" and "gone" not in new:
        return _connection(new, old)
    if kind == "A" and sk == "SETTINGS":
        return (new["tenant"], ""), settings_in(old) if old else None, settings_in(new)
    return None


def _event(new: Image, old: Image | None) -> Found | None:
    body = new.get("body") or (old or {}).get("body")
    if body is None or "parts" in new or "parts" in (old or {}):
        return None
    before = event_in(old, old["body"]) if old and "body" in old else None
    after = event_in(new, new["body"]) if "body" in new else None
    if before is None and "moved" in new:
        before = event_in(new, new["moved"]) if new["moved"] else after
    return owner_in(body), before, after


def _connection(new: Image, old: Image | None) -> Found | None:
    before, after = connection_in(old) if old else None, connection_in(new)
    if before is not None and (before.generation, before.version) == (after.generation, after.version):
        return None
    return (after.tenant, after.user), before, after


def _image(raw: Mapping[str, Any] | None) -> Image | None:
    return {name: _value(typed) for name, typed in raw.items()} if raw else None


def _value(typed: Mapping[str, Any]) -> Any:
    ((kind, value),) = typed.items()
    if kind == "N":
        return int(value)
    return base64.b64decode(value) if kind == "B" and isinstance(value, str) else value
