"""Links of earlier connections to the same mailbox, matched again. In another mailbox the push makes events anew.

Nothing is written to the calendar here. A link that was dealt with carries the present generation, so that the work
goes on where it stopped.
"""

from __future__ import annotations

from dataclasses import replace

from meetbridge.model.event import Event
from meetbridge.model.meeting import Link, LinkState, MeetingRecord
from meetbridge.ports.repositories import ChangeSet, StoredEvent
from meetbridge.services.sync_session import Session
from meetbridge.sync import reconcile, rules, scope
from meetbridge.sync.matching import Index, candidates, indexed
from meetbridge.sync.merge import Loser

AT_ONCE = 500
_LOOKED_FOR = (LinkState.LINKED, LinkState.DORMANT, LinkState.OUTSIDE_SELECTION)


class Relink:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._index: Index | None = None
        self._taken: set[tuple[str, str]] = set()

    def same_mailbox(self) -> None:
        """Every link of an earlier generation finds its event, or waits."""
        for record in list(self._session.all_records()):
            if not record.meeting.cancelled and self._has_old(record):
                self._match(reconcile.aligned(record))

    def _has_old(self, record: MeetingRecord) -> bool:
        return any(link is not None and link.generation != self._session.generation for link in record.links)

    def _match(self, record: MeetingRecord) -> None:
        session = self._session
        put: list[StoredEvent] = []
        losers: list[Loser] = []
        for index, link in enumerate(record.links):
            if link is None or link.generation == session.generation:
                continue
            event = self._found(record, link) if link.state in _LOOKED_FOR else None
            if event is None:
                record = self._unmatched(record, index, link)
                continue
            self._taken.add((event.calendar_id, event.id))
            agreed = reconcile.rejoin(record, index, event, session.generation, session.now())
            record = agreed.record
            losers += agreed.losers
            tied = record.links[index]
            if tied is not None and tied.state is LinkState.LINKED:
                put.append(session.as_stored(event, session.stored(event.calendar_id, event.id), record.meeting.id))
        session.mark([record.meeting.id], session.now())
        session.commit(ChangeSet(put=tuple(put), meetings=(record,), by=session.by(losers)))

    def _found(self, record: MeetingRecord, link: Link) -> Event | None:
        """The one event that it can be."""
        stored = self._session.stored(link.calendar_id, link.event_id)
        if stored is not None and stored.meeting_id is None and self._is_free(stored.event):
            return stored.event
        if self._index is None:
            self._index = self._all()
        fitting = [e for e in candidates(self._index, record.meeting, link) if self._is_free(e)]
        return fitting[0] if len(fitting) == 1 else None

    def _unmatched(self, record: MeetingRecord, index: int, link: Link) -> MeetingRecord:
        session, now = self._session, self._session.now()
        known = reconcile.with_link(record, index, replace(link, generation=session.generation))
        if link.state not in _LOOKED_FOR:
            return known
        if rules.part_is_over(link.base, now):
            return reconcile.unlinked(known, index, LinkState.UNLINKED, now)
        calendar = session.connection.calendar(link.calendar_id)
        if calendar is not None and not calendar.selected:
            since = link.since if link.state is LinkState.DORMANT else None
            return reconcile.unlinked(known, index, LinkState.DORMANT, since or now)
        return reconcile.unlinked(known, index, LinkState.AMBIGUOUS, now)

    def _is_free(self, event: Event) -> bool:
        return self._fits(event) and (event.calendar_id, event.id) not in self._taken

    def _fits(self, event: Event) -> bool:
        calendar = self._session.connection.calendar(event.calendar_id)
        return calendar is not None and scope.may_link(event, calendar)

    def _all(self) -> Index:
        """Every event of the selected calendars that may be linked and is not."""
        session, found = self._session, []
        for calendar in session.connection.calendars:
            cursor: str | None = None
            beyond = replace(calendar, round=calendar.round + 1)
            while calendar.selected and calendar.owned:
                some = session.sync.unseen(session.lease, beyond, cursor, AT_ONCE)
                found += [s.event for s in some.items if s.meeting_id is None and self._fits(s.event)]
                cursor = some.next
                if cursor is None:
                    break
        return indexed(found)
