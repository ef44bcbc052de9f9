"""The table's stream as values: what stood there, what stands there now, and who changed it.

What is nobody's news gives nothing: leases, tokens, marks, directories, ledger entries, and what the table dropped
because it had expired or because a generation was forgotten. The removal of an event is seen as its tombstone.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from meetbridge.model.account import AccountSettings
from meetbridge.model.connection import Connection
from meetbridge.model.meeting import MeetingRecord
from meetbridge.ports.repositories import By, StoredEvent
from meetbridge.storage.dynamodb.account_items import settings_in
from meetbridge.storage.dynamodb.connection_items import item_in as connection_in
from meetbridge.storage.dynamodb.event_items import event_in
from meetbridge.storage.dynamodb.meeting_items import meeting_in
from meetbridge.storage.dynamodb.wire import by_in

Value = MeetingRecord | StoredEvent | Connection | AccountSettings


@dataclass(frozen=True, slots=True)
class StreamChange:
    """One item's change. `tenant` and `user` are the short ids; `user` is empty for an account's settings.

    `full_tenant` and `full_user` are set where the item carries them (connection, settings). `moved`: an event that
    had another place before; its `old` is None, yet it is not new. `torn`: the event is too large for
    one item, so read it from the table; `old` and `new` are None. `id` is the same whenever the record is told.
    """

    id: str
    tenant: str
    user: str
    by: By
    old: Value | None
    new: Value | None
    key: str = ""
    moved: bool = False
    torn: bool = False
    full_tenant: str = ""
    full_user: str = ""


def changes(record: Mapping[str, Any]) -> list[StreamChange]:
    """Of one record of a DynamoDB stream, in the shape in which Lambda hands it over; empty or one."""
    image = record["dynamodb"]
    new, old = _image(image.get("NewImage")), _image(image.get("OldImage"))
    if new is None or "by" not in new or new.get("by") is None:
        return []
    tenant, kind, *rest = new["pk"].split("#")
    change = StreamChange(record["eventID"], tenant, "", by_in(new["by"]), None, None)
    if kind == "M":
        return [replace(change, user=rest[0], key=new["sk"], old=_if(meeting_in, old), new=meeting_in(new))]
    if kind == "E" and new["sk"][:1] in "SR":
        return _event(replace(change, user=rest[0], key=new["sk"].rsplit("#", 1)[-1]), old, new)
    if kind == "C" and "gone" not in new:
        return _connection(replace(change, user=new["sk"]), old, new)
    if kind == "A" and new["sk"] == "SETTINGS":
        before = _if(settings_in, old)
        return [replace(change, old=before, new=settings_in(new), full_tenant=new["tenant"])]
    return []


def _event(change: StreamChange, old: dict[str, Any] | None, new: dict[str, Any]) -> list[StreamChange]:
    before, after = _stored(old), _stored(new)
    torn = any("parts" in image for image in (old or {}, new))
    if before is None and after is None and not torn:
        return []
    moved = "moved" in new and (old is None or "removed" in old)
    return [replace(change, old=before, new=after, moved=moved, torn=torn)]


def _connection(change: StreamChange, old: dict[str, Any] | None, new: dict[str, Any]) -> list[StreamChange]:
    before, after = _if(connection_in, old), connection_in(new)
    if before is not None and (before.generation, before.version) == (after.generation, after.version):
        return []  # what a run writes about its sync is no news
    return [replace(change, old=before, new=after, full_tenant=after.tenant, full_user=after.user)]


def _stored(item: dict[str, Any] | None) -> StoredEvent | None:
    return event_in(item, item["body"]) if item and "body" in item else None


def _if(read: Any, item: dict[str, Any] | None) -> Any:
    return read(item) if item else None


def _image(raw: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {name: _value(typed) for name, typed in raw.items()} if raw else None


def _value(typed: Mapping[str, Any]) -> Any:
    ((kind, value),) = typed.items()
    if kind == "N":
        return int(value)
    return base64.b64decode(value) if kind == "B" and isinstance(value, str) else value
