"""Meetings and their dirty marks as items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from meetbridge.errors import InvalidInput, VersionConflict
from meetbridge.model.connection import ConnectionKey
from meetbridge.model.ids import connection_key
from meetbridge.model.meeting import MeetingRecord
from meetbridge.ports.repositories import By
from meetbridge.storage import keys
from meetbridge.storage.codec import unpack
from meetbridge.storage.dynamodb.table import Action, Table
from meetbridge.storage.dynamodb.wire import by_out, iso, keyed
from meetbridge.storage.owners import Owner, pack_owned

CHANGED = VersionConflict("the meeting changed since it was read")
LARGEST = 380_000


def saving(table: Table, owner: Owner, record: MeetingRecord, by: By) -> tuple[MeetingRecord, Action]:
    """The record as it will stand, and the action; raises InvalidInput for one that no item can hold."""
    key = connection_key(*owner)
    saved = replace(record, version=record.version + 1)
    body = pack_owned(replace(saved, version=0), owner)
    if len(body) > LARGEST:
        raise InvalidInput("the meeting is too large to be stored")
    item = keyed(keys.meeting(key, record.meeting.id), body=body, version=saved.version, by=by_out(by))
    condition = "#version = :read" if record.version else "attribute_not_exists(pk)"
    values = {":read": record.version} if record.version else None
    return saved, table.putting(item, CHANGED, condition=condition, values=values)


def meeting_in(item: Mapping[str, Any]) -> MeetingRecord:
    return replace(unpack(MeetingRecord, item["body"]), version=item["version"])


def mark_out(key: ConnectionKey, meeting_id: str, at: datetime, version: int) -> dict[str, Any]:
    return keyed(keys.dirty_mark(key, meeting_id), at=iso(at), version=version)
