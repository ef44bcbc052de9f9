"""What a run reads and writes under its lease."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from meetbridge.model.connection import Calendar, ConnectionKey
from meetbridge.model.ids import event_key
from meetbridge.ports.clock import Clock
from meetbridge.ports.repositories import ChangeSet, Lease, Marked, Slice, StoredEvent
from meetbridge.storage import keys
from meetbridge.storage.dynamodb.commit import Commit
from meetbridge.storage.dynamodb.directory import places_of
from meetbridge.storage.dynamodb.event_items import events_in
from meetbridge.storage.dynamodb.table import Table
from meetbridge.storage.dynamodb.wire import iso, moment
from meetbridge.storage.records import seen_by

_SCANNED_AT_ONCE = 500


class DynamoSync:
    _table: Table
    _clock: Clock
    _read_marks: dict[tuple[ConnectionKey, int, int, str], tuple[str, int]]

    def load(self, lease: Lease, ids: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], StoredEvent]:
        """Two rounds of BatchGetItem: the directory, then the events that it knows."""
        partition = keys.events(lease.key, lease.generation)
        pairs = {event_key(*pair): pair for pair in ids}
        places = places_of(self._table, partition, pairs, consistent=True)
        found = self._table.batch_get([(partition, place) for place in places.values()])
        events = events_in(self._table, found.values(), consistent=True)
        return {pairs[stored.key]: stored for stored in events}

    def commit(self, lease: Lease, changes: ChangeSet) -> None:
        Commit(self._table, lease, changes).run()
        written = {record.meeting.id for record in changes.meetings}
        for meeting_id in changes.clean:
            if meeting_id not in written:
                self._clean(lease, meeting_id)

    def _clean(self, lease: Lease, meeting_id: str) -> None:
        """A mark that the platform made after the run read it stays."""
        place = keys.dirty_mark(lease.key, meeting_id)
        read = self._read_marks.pop(_mark(lease, meeting_id), None)
        if read is None:
            now = {":now": iso(self._clock.now())}
            self._table.delete(place, condition="#at > :now", values=now)
        else:
            values = {":at": read[0], ":version": read[1]}
            self._table.delete(place, condition="#at = :at AND #version = :version", values=values)

    def dirty(self, lease: Lease, limit: int) -> Marked:
        now = iso(self._clock.now())
        due: list[dict[str, Any]] = []
        later: list[str] = []
        for mark in self._table.query(keys.dirty_marks(lease.key)):
            if mark["at"] > now:
                later.append(mark["at"])
            else:
                due.append(mark)
            if len(due) == limit:
                break
        self._read_marks |= {_mark(lease, mark["sk"]): (mark["at"], mark["version"]) for mark in due}
        return Marked(tuple(mark["sk"] for mark in due), moment(min(later)) if later else None)

    def unseen(self, lease: Lease, calendar: Calendar, cursor: str | None, limit: int) -> Slice[StoredEvent]:
        """Reads the user's events in order; `cursor` is a place."""
        partition = keys.events(lease.key, lease.generation)
        first = ("R", "S$") if cursor is None else (f"{cursor}!", "S$")
        found: list[StoredEvent] = []
        items = self._table.query(partition, between=first, limit=_SCANNED_AT_ONCE)
        while some := list(islice(items, _SCANNED_AT_ONCE)):
            for stored in events_in(self._table, some, consistent=True):
                if stored.event.calendar_id == calendar.id and not seen_by(stored, calendar):
                    found.append(stored)
            if len(found) > limit:
                return Slice(tuple(found[:limit]), found[limit - 1].place)
        return Slice(tuple(found))


def _mark(lease: Lease, meeting_id: str) -> tuple[ConnectionKey, int, int, str]:
    """The same however often the lease is extended."""
    return lease.key, lease.generation, lease.fence, meeting_id
