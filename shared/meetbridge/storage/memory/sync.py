"""Leases, rounds and commits in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from meetbridge.errors import LeaseLost
from meetbridge.model.connection import Calendar, Connection, ConnectionState
from meetbridge.model.ids import event_key
from meetbridge.ports.repositories import ChangeSet, Lease, Marked, Slice, StoredEvent
from meetbridge.storage.memory.state import Row, State, key_of, sliced
from meetbridge.storage.places import place
from meetbridge.storage.records import seen_by, with_sync_state


class MemorySync:
    _state: State

    def acquire(
        self, connection: Connection, owner: str, now: datetime, seconds: int, *, resume: bool = False
    ) -> Lease | None:
        key = key_of(connection)
        row = self._state.rows.get(key)
        if row is None or row.connection.generation != connection.generation:
            raise LeaseLost("the connection has been replaced")
        if row.connection.state is not ConnectionState.CONNECTED:
            raise LeaseLost("the connection has been ended")
        if row.until is not None and row.until > now and row.owner != owner:
            row.pending = True
            due_at = row.connection.due_at
            row.connection = replace(row.connection, due_at=min(due_at or row.until, row.until))
            return None
        row.until, row.owner, row.pending = now + timedelta(seconds=seconds), owner, False
        fence, due_at = row.connection.fence + 1, row.until if resume else row.connection.due_at
        row.connection = replace(row.connection, fence=fence, due_at=due_at)
        return Lease(key, connection.generation, fence, row.until, connection.tenant, connection.user, resume)

    def extend(self, lease: Lease, now: datetime, seconds: int) -> Lease:
        row = self._held(lease)
        row.until = now + timedelta(seconds=seconds)
        if lease.resume:
            row.connection = replace(row.connection, due_at=row.until)
        return replace(lease, until=row.until)

    def _held(self, lease: Lease) -> Row:
        row = self._state.rows.get(lease.key)
        current = row.connection if row else None
        if row is None or current is None or row.until is None:
            raise LeaseLost("the lease is gone")
        if (current.generation, current.fence) != (lease.generation, lease.fence):
            raise LeaseLost("another run has taken over")
        return row

    def load(self, lease: Lease, ids: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], StoredEvent]:
        events = self._events(lease)
        found = {pair: events.get(event_key(*pair)) for pair in ids}
        return {pair: stored for pair, stored in found.items() if stored is not None}

    def _events(self, lease: Lease) -> dict[str, StoredEvent]:
        return self._state.events.setdefault((lease.key, lease.generation), {})

    def commit(self, lease: Lease, changes: ChangeSet) -> None:
        row = self._held(lease)
        for record in changes.meetings:
            self._state.check_meeting(lease.key, record)
        for record in changes.meetings:
            self._state.put_meeting(lease.key, record)
        events = self._events(lease)
        for stored in changes.remove:
            events.pop(stored.key, None)
        for stored in changes.put:
            events[stored.key] = replace(stored, place=place(stored.event, stored.key))
        self._clean(lease, changes)
        row.connection = _with_calendars(row.connection, changes.calendars)
        if changes.put or changes.remove:
            row.connection = replace(row.connection, events_version=row.connection.events_version + 1)

    def _clean(self, lease: Lease, changes: ChangeSet) -> None:
        """A mark that the platform made after the run read it stays."""
        marks = self._state.marks.get(lease.key, {})
        written = {record.meeting.id for record in changes.meetings}
        now = self._state.clock.now()
        for meeting_id in changes.clean:
            mark = marks.get(meeting_id)
            if mark is None:
                continue
            read = self._state.read_marks.get((lease.key, lease.fence, meeting_id))
            if meeting_id in written or mark == read or (read is None and mark.at > now):
                del marks[meeting_id]

    def unseen(self, lease: Lease, calendar: Calendar, cursor: str | None, limit: int) -> Slice[StoredEvent]:
        events = sorted(self._events(lease).values(), key=lambda stored: stored.place or "")
        start = [s for s in events if cursor is None or (s.place or "") > cursor]
        found = [s for s in start if s.event.calendar_id == calendar.id and not seen_by(s, calendar)]
        page = sliced(found, None, limit)
        return Slice(page.items, page.items[-1].place if page.next else None)

    def release(self, lease: Lease, proved: Mapping[str, datetime], due_at: datetime | None) -> bool:
        row = self._held(lease)
        if row.pending:
            row.pending = False
            return False
        current = row.connection
        calendars = tuple(replace(c, proved_at=proved.get(c.id, c.proved_at)) for c in current.calendars)
        row.connection = replace(current, calendars=calendars, due_at=due_at or current.due_at)
        row.until = None
        return True

    def dirty(self, lease: Lease, limit: int) -> Marked:
        now = self._state.clock.now()
        marks = self._state.marks.get(lease.key, {})
        due = sorted(meeting_id for meeting_id, mark in marks.items() if mark.at <= now)[:limit]
        for meeting_id in due:
            self._state.read_marks[lease.key, lease.fence, meeting_id] = replace(marks[meeting_id])
        later = [mark.at for mark in marks.values() if mark.at > now]
        return Marked(tuple(due), min(later, default=None) if len(due) < limit else None)


def _with_calendars(connection: Connection, changed: tuple[Calendar, ...]) -> Connection:
    states = {c.id: c for c in changed}
    calendars = tuple(with_sync_state(c, states[c.id]) if c.id in states else c for c in connection.calendars)
    return replace(connection, calendars=calendars)
