"""Meetings and their dirty marks in memory."""
# ruff: noqa: ARG002 - the protocols ask for more than dictionaries need

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from meetbridge.model.ids import connection_key
from meetbridge.model.meeting import MeetingRecord
from meetbridge.ports.repositories import By, Slice
from meetbridge.storage.memory.state import State, sliced


class MemoryMeetings:
    _state: State

    def meeting(self, tenant: str, user: str, meeting_id: str) -> MeetingRecord | None:
        return self._state.meetings.get(connection_key(tenant, user), {}).get(meeting_id)

    def meetings(self, tenant: str, user: str, ids: Sequence[str]) -> Mapping[str, MeetingRecord]:
        stored = self._state.meetings.get(connection_key(tenant, user), {})
        return {meeting_id: stored[meeting_id] for meeting_id in ids if meeting_id in stored}

    def all_meetings(self, tenant: str, user: str, cursor: str | None, limit: int) -> Slice[MeetingRecord]:
        stored = self._state.meetings.get(connection_key(tenant, user), {})
        return sliced([record for _, record in sorted(stored.items())], cursor, limit)

    def save(
        self, tenant: str, user: str, record: MeetingRecord, *, dirty: bool, by: By, now: datetime
    ) -> MeetingRecord:
        key = connection_key(tenant, user)
        saved = self._state.put_meeting(key, record)
        if dirty:
            self._state.mark(key, record.meeting.id, now, saved.version)
        return saved

    def mark(self, tenant: str, user: str, meeting_ids: Sequence[str], at: datetime) -> None:
        """Where a mark stands already, the earlier one counts."""
        for meeting_id in meeting_ids:
            self._state.mark(connection_key(tenant, user), meeting_id, at)
