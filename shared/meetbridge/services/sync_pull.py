"""Pulling: one page of a calendar's changes into the store and into the meetings. It never writes to the calendar.

What a merge leaves to be written is marked, and the push of the same run writes it; so a calendar that can be read
but not written still arrives, and a page may be done twice without harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from meetbridge.model.connection import Calendar
from meetbridge.model.event import Event
from meetbridge.model.ids import event_key
from meetbridge.model.meeting import Link, LinkState, MadeBy, MeetingRecord
from meetbridge.ports.repositories import ChangeSet, StoredEvent
from meetbridge.services.sync_session import Session
from meetbridge.sync import links, reconcile, scope
from meetbridge.sync.fold import Held, fold, ids, iso, needs_all, without_unseen
from meetbridge.sync.merge import Loser
from meetbridge.sync.reconcile import Agreement, Tie
from meetbridge.sync.scope import Claim

TOGETHER = 20


@dataclass
class _Page:
    """The work on one page; `records` are read before and changed on the way."""

    stored: Mapping[tuple[str, str], StoredEvent]
    records: dict[str, MeetingRecord]
    read: dict[str, MeetingRecord] = field(default_factory=dict)
    put: dict[str, StoredEvent] = field(default_factory=dict)
    remove: dict[str, StoredEvent] = field(default_factory=dict)
    tied: dict[str, str] = field(default_factory=dict)
    losers: dict[str, tuple[Loser, ...]] = field(default_factory=dict)
    recorded: dict[tuple[str, str], Event | None] = field(default_factory=dict)


class Pull:
    def __init__(self, session: Session) -> None:
        self._session = session

    def page(self, calendar: Calendar) -> tuple[Calendar, int]:
        """One page executed and committed; the calendar's new state, and how many changes there were."""
        session = self._session
        token = None if calendar.full_round else calendar.token
        page = session.provider.changes(calendar.id, token, calendar.page)
        last_of_all = calendar.full_round and page.token is not None
        after = replace(calendar, page=page.next_page, token=page.token or calendar.token)
        if page.changes:
            work = self._work(ids(page.changes))
            held = {s.event.id: Held(s.event, s.round, s.seen) for s in work.stored.values()}
            self._fold(calendar, work, fold(page.changes, held, calendar.round), calendar.full_round)
            self._store(work, None if last_of_all else after)
        elif not last_of_all and after.page == calendar.page:
            return calendar, 0  # nothing new: the old token is as good and need not be written
        elif not last_of_all:
            session.commit(ChangeSet(calendars=(after,), by=session.by()))
        return after, len(page.changes)

    def unseen(self, calendar: Calendar, missed: Sequence[StoredEvent]) -> None:
        """What a completed round has not seen is gone: events, or exceptions of those that it saw."""
        work = self._work_on({(s.event.calendar_id, s.event.id): s for s in missed})
        for stored in missed:
            held = Held(stored.event, stored.round, stored.seen)
            seen = stored.round >= calendar.round
            self._one(calendar, work, stored.event.id, replace(held, event=without_unseen(held)) if seen else None)
        self._store(work, None)

    def put_away(self, stored: Sequence[StoredEvent]) -> None:
        """Events of a calendar that no longer syncs: unlinked and remembered, nothing is cancelled."""
        session, now = self._session, self._session.now()
        work = self._work_on({(s.event.calendar_id, s.event.id): s for s in stored})
        for one in stored:
            work.remove[one.key] = one
            record = work.records.get(one.meeting_id or "")
            found = _linked(record, one.event, session.generation)
            if found is not None:
                self._keep(work, one.key, Agreement(reconcile.unlinked(*found, LinkState.DORMANT, now)))
        self._store(work, None)

    def _work(self, wanted: Iterable[tuple[str, str]]) -> _Page:
        return self._work_on(self._session.sync.load(self._session.lease, wanted))

    def _work_on(self, stored: Mapping[tuple[str, str], StoredEvent]) -> _Page:
        records = self._session.records(s.meeting_id for s in stored.values() if s.meeting_id)
        return _Page(stored, records, dict(records))

    def _fold(self, calendar: Calendar, work: _Page, now: Mapping[str, Held | None], full: bool) -> None:
        """Linked events first: a cut is known before the series that goes on asks for it."""
        for event_id, held in sorted(now.items(), key=lambda item: not self._is_linked(work, calendar.id, item[0])):
            old = work.stored.get((calendar.id, event_id))
            if held is not None and not full and old is not None and needs_all(old.event, held.event):
                event = self._session.provider.get(calendar.id, event_id)
                seen = tuple(iso(o.recurrence_id) for o in event.overrides) if event else ()
                held = Held(event, held.round, seen) if event is not None else None
            self._one(calendar, work, event_id, held)

    def _is_linked(self, work: _Page, calendar_id: str, event_id: str) -> bool:
        old = work.stored.get((calendar_id, event_id))
        return old is not None and old.meeting_id is not None

    def _one(self, calendar: Calendar, work: _Page, event_id: str, held: Held | None) -> None:
        key = event_key(calendar.id, event_id)
        old = work.put.get(key) or work.stored.get((calendar.id, event_id))
        if held is None:
            self._gone(work, old)
            return
        if old is None and calendar.full_round and scope.is_long_past(held.event, self._session.now()):
            return
        new = StoredEvent(key, held.event, None, None, held.round, held.seen)
        if old is not None:
            new = replace(old, event=held.event, round=held.round, seen=held.seen)
        if self._session.decision.meets:
            new = self._met(calendar, work, new)
        elif new.meeting_id:
            self._session.mark([new.meeting_id], self._session.now())
        if new != work.stored.get((calendar.id, event_id)):
            work.put[key] = new

    def _gone(self, work: _Page, old: StoredEvent | None) -> None:
        if old is None:
            return
        session = self._session
        work.put.pop(old.key, None)
        work.remove[old.key] = old
        meeting_id = old.meeting_id
        found = _linked(work.records.get(meeting_id) if meeting_id else None, old.event, session.generation)
        if meeting_id is None or found is None or not session.decision.meets:
            session.mark([meeting_id] if meeting_id else [], session.now())
            return
        self._keep(work, old.key, Agreement(reconcile.lost(*found, session.now())))

    def _met(self, calendar: Calendar, work: _Page, new: StoredEvent) -> StoredEvent:
        record = self._record(work, new.meeting_id)
        found = _linked(record, new.event, self._session.generation)
        if found is not None:
            return self._linked(calendar, work, new, *found)
        if not scope.may_link(new.event, calendar):
            return replace(new, meeting_id=None)
        return self._unlinked(calendar, work, replace(new, meeting_id=None))

    def _linked(
        self, calendar: Calendar, work: _Page, new: StoredEvent, record: MeetingRecord, index: int
    ) -> StoredEvent:
        now, event, link = self._session.now(), new.event, record.links[index]
        standing = reconcile.tie(record, link, event) if link is not None else Tie.HOLDS
        if standing is Tie.HOLDS:
            if link is not None and link.etag:
                self._keep(work, new.key, reconcile.agree(record, index, event, now))
            return new
        self._keep(work, new.key, Agreement(reconcile.unlinked(record, index, LinkState.UNLINKED, now)))
        unlinked = replace(new, meeting_id=None)
        return self._unlinked(calendar, work, unlinked) if standing is Tie.LINK_REMOVED else unlinked

    def _unlinked(self, calendar: Calendar, work: _Page, new: StoredEvent) -> StoredEvent:
        session, event = self._session, new.event
        wanted, settings = session.user.meetings_for_events, session.settings
        named = self._named(calendar, work, event)
        for meeting_id in named:
            claimed = self._claimed(work, new, work.records[meeting_id])
            if claimed.meeting_id is not None:
                return claimed
        if named and not self._links_elsewhere(event):
            return new
        if not new.requested and scope.asks(event, wanted, settings.marker, settings.patterns, session.now()):
            return replace(new, requested=True)
        return new

    def _links_elsewhere(self, event: Event) -> bool:
        """Whether its link is one of the platform's that belongs to no meeting that we know."""
        found = links.join_links(event.content, self._session.settings.patterns)
        return bool(found) and not any(url in self._session.known().by_url for url in found)

    def _named(self, calendar: Calendar, work: _Page, event: Event) -> list[str]:
        """The meetings that this event names: by its recorded ids first, by its link, by our marker."""
        if not calendar.full_round and not scope.may_claim(event, self._session.settings.patterns):
            return []
        known = self._session.known()
        url = links.first_match(event.content, known.by_url)
        candidates = (
            known.by_event.get((event.calendar_id, event.id)),
            known.by_uid.get(event.ical_uid),
            known.by_url[url] if url is not None else None,
            event.meeting_id,
        )
        return [c for c in dict.fromkeys(candidates) if c is not None and self._record(work, c) is not None]

    def _claimed(self, work: _Page, new: StoredEvent, record: MeetingRecord) -> StoredEvent:
        session, now = self._session, self._session.now()
        claimed = scope.claims(record, new.event, session.generation, now)
        if claimed.claim is Claim.REJOIN:
            agreed = reconcile.rejoin(record, claimed.index, new.event, session.generation, now)
        elif claimed.claim is Claim.ADOPT:
            mine = new.event.meeting_id == record.meeting.id
            made_by = MadeBy.MEETBRIDGE if mine else MadeBy.USER
            agreed = reconcile.adopt(record, claimed.index, new.event, made_by, session.generation, now)
        elif claimed.claim is Claim.VERIFY:
            verified = self._verified(work, new, record, claimed.index)
            if verified is None:
                return new
            agreed = verified
        else:
            return new
        self._keep(work, new.key, agreed)
        linked = _linked(agreed.record, new.event, session.generation) is not None
        return replace(new, meeting_id=record.meeting.id) if linked else new

    def _verified(self, work: _Page, new: StoredEvent, record: MeetingRecord, index: int) -> Agreement | None:
        """The recorded event asked for at the service: has it moved here, or been cut here?"""
        session, now, link = self._session, self._session.now(), record.links[index]
        if link is None:
            return None
        place = link.calendar_id, link.event_id
        if place not in work.recorded:
            work.recorded[place] = session.provider.get(*place)
        recorded = work.recorded[place]
        if recorded is None:
            same = link.ical_uid == new.event.ical_uid
            return reconcile.rejoin(record, index, new.event, session.generation, now) if same else None
        if not scope.is_cut(record, index, recorded, new.event):
            return None
        return reconcile.goes_on(record, index, recorded, new.event, session.generation, now)

    def _record(self, work: _Page, meeting_id: str | None) -> MeetingRecord | None:
        if meeting_id is None:
            return None
        if meeting_id not in work.records:
            found = self._session.record(meeting_id)
            if found is None:
                return None
            work.records[meeting_id] = work.read[meeting_id] = reconcile.aligned(found)
        return work.records[meeting_id]

    def _keep(self, work: _Page, key: str, agreed: Agreement) -> None:
        work.records[agreed.record.meeting.id] = agreed.record
        work.tied[key] = agreed.record.meeting.id
        work.losers[agreed.record.meeting.id] = work.losers.get(agreed.record.meeting.id, ()) + agreed.losers

    def _store(self, work: _Page, calendar: Calendar | None) -> None:
        """Marks first, then meetings with their events, then all the rest with the calendar's state.

        A meeting that lost something is written alone, so that the ledger tells whose it was.
        """
        session = self._session
        changed = {i: r for i, r in work.records.items() if r != work.read.get(i)}
        self._mark(changed)
        for meeting_id in [i for i in changed if work.losers.get(i)]:
            self._store_group(work, {meeting_id: changed.pop(meeting_id)}, work.losers[meeting_id])
        state = () if calendar is None else (calendar,)
        if len(changed) > TOGETHER or len(work.put) + len(work.remove) > 2 * TOGETHER:
            for n in range(0, len(changed), TOGETHER):
                self._store_group(work, dict(list(changed.items())[n : n + TOGETHER]))
            changed = {}
        put, remove, meetings = tuple(work.put.values()), tuple(work.remove.values()), tuple(changed.values())
        if put or remove or meetings or state:
            session.commit(ChangeSet(put, remove, meetings, (), state, session.by()))

    def _store_group(self, work: _Page, group: Mapping[str, MeetingRecord], losers: Iterable[Loser] = ()) -> None:
        mine = [key for key, meeting_id in work.tied.items() if meeting_id in group]
        self._session.commit(
            ChangeSet(
                put=tuple(work.put.pop(key) for key in mine if key in work.put),
                remove=tuple(work.remove.pop(key) for key in mine if key in work.remove),
                meetings=tuple(group.values()),
                by=self._session.by(losers),
            )
        )

    def _mark(self, changed: Mapping[str, MeetingRecord]) -> None:
        session, now = self._session, self._session.now()
        gone = [i for i, r in changed.items() if any(_is(link, LinkState.GONE) for link in r.links)]
        session.mark(gone, now + session.settings.grace)
        if session.decision.may_write:
            session.mark([i for i, r in changed.items() if _pending(r)], now)


def _linked(record: MeetingRecord | None, event: Event, generation: int) -> tuple[MeetingRecord, int] | None:
    """The record with as many links as parts, and which of them is this event's."""
    if record is None or record.meeting.cancelled:
        return None
    record = reconcile.aligned(record)
    for index, link in enumerate(record.links):
        same = link is not None and (link.calendar_id, link.event_id) == (event.calendar_id, event.id)
        if same and link is not None and link.generation == generation and link.state is LinkState.LINKED:
            return record, index
    return None


def _pending(record: MeetingRecord) -> bool:
    return any(reconcile.pending(record, index) for index in range(len(record.meeting.parts)))


def _is(link: Link | None, state: LinkState) -> bool:
    return link is not None and link.state is state
