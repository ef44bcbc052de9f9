"""Meetings, and the marks by which a run finds what the platform changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice

from meetbridge.model.ids import connection_key
from meetbridge.model.meeting import MeetingRecord
from meetbridge.ports.repositories import By, Slice
from meetbridge.storage import keys
from meetbridge.storage.dynamodb.meeting_items import CHANGED, mark_out, meeting_in, saving
from meetbridge.storage.dynamodb.table import Table, cursor_in, cursor_out
from meetbridge.storage.dynamodb.wire import iso


class DynamoMeetings:
    _table: Table

    def meeting(self, tenant: str, user: str, meeting_id: str) -> MeetingRecord | None:
        item = self._table.get(keys.meeting(connection_key(tenant, user), meeting_id))
        return meeting_in(item) if item else None

    def meetings(self, tenant: str, user: str, ids: Sequence[str]) -> Mapping[str, MeetingRecord]:
        key = connection_key(tenant, user)
        found = self._table.batch_get([keys.meeting(key, meeting_id) for meeting_id in ids])
        return {sk: meeting_in(item) for (_, sk), item in found.items()}

    def all_meetings(self, tenant: str, user: str, cursor: str | None, limit: int) -> Slice[MeetingRecord]:
        partition = keys.meetings(connection_key(tenant, user))
        after = cursor_in(cursor)[0] if cursor else None
        found = list(islice(self._table.query(partition, after=after, limit=limit + 1), limit + 1))
        next_ = cursor_out(found[limit - 1]["sk"]) if len(found) > limit else None
        return Slice(tuple(meeting_in(item) for item in found[:limit]), next_)

    def save(
        self, tenant: str, user: str, record: MeetingRecord, *, dirty: bool, by: By, now: datetime
    ) -> MeetingRecord:
        key = connection_key(tenant, user)
        saved, action = saving(self._table, (tenant, user), record, by)
        mark = self._table.putting(mark_out(key, record.meeting.id, now, saved.version), CHANGED)
        self._table.transact([action, mark] if dirty else [action])
        return saved

    def mark(self, tenant: str, user: str, meeting_ids: Sequence[str], at: datetime) -> None:
        """Where a mark stands already, the earlier one counts."""
        key = connection_key(tenant, user)
        for meeting_id in meeting_ids:
            self._table.update(
                keys.dirty_mark(key, meeting_id),
                "SET #at = :at, #version = if_not_exists(#version, :none)",
                condition="attribute_not_exists(pk) OR #at > :at",
                values={":at": iso(at), ":none": 0},
            )
