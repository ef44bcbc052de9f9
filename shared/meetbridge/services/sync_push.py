"""Pushing: one meeting at a time into the calendar. All that is ever written there is written here.

Each step can be repeated: what is about to be made is recorded before it is made (with the id under which a second
attempt finds it), a write that took effect unnoticed reads back as equal, and the mark of a meeting is taken away by
the commit that settles it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from meetbridge.errors import (
    AlreadyExists,
    EtagMismatch,
    ItemNotFound,
    PermissionDenied,
    Rejected,
    SyncTokenInvalid,
    VersionConflict,
)
from meetbridge.model.connection import Calendar
from meetbridge.model.event import Event
from meetbridge.model.ids import event_key
from meetbridge.model.meeting import CalendarState, Link, LinkState, MadeBy, MeetingRecord, Origin
from meetbridge.ports.repositories import ChangeSet, StoredEvent
from meetbridge.services.sync_session import Session
from meetbridge.services.sync_writes import update, write_part
from meetbridge.sync import reconcile, rules, scope
from meetbridge.sync.mapping import guests_cross, new_event, released
from meetbridge.sync.merge import Loser
from meetbridge.sync.reconcile import Tie

log = logging.getLogger(__name__)
ATTEMPTS = 4
AGAIN = timedelta(seconds=5)
REFUSED = timedelta(hours=1)


# For each (calendar id, event id): the event before and after each write that no commit has recorded yet.
Writes = dict[tuple[str, str], list[tuple[Event, Event]]]


class Push:
    def __init__(self, session: Session) -> None:
        self._session = session

    def meeting(self, meeting_id: str) -> bool:
        """Bring it into the calendar, and settle its mark. A record that changed meanwhile is read again.

        One that the service refuses, or that keeps changing, waits for a later run (False) and keeps no other waiting.
        """
        delay = AGAIN
        writes: Writes = {}
        for _ in range(ATTEMPTS):
            record = self._session.record(meeting_id)
            if record is None:
                self._session.commit(ChangeSet(clean=(meeting_id,), by=self._session.by()))
                return True
            try:
                return _One(self._session, reconcile.aligned(record), writes).run()
            except (VersionConflict, EtagMismatch):
                continue
            except (Rejected, ItemNotFound, AlreadyExists, SyncTokenInvalid, PermissionDenied) as e:
                log.warning("a meeting of run %s waits: %s", self._session.run, type(e).__name__)
                delay = REFUSED
                break
        self._session.wake(self._session.now() + delay)
        return False


class _One:
    """The work on one meeting."""

    def __init__(self, session: Session, record: MeetingRecord, writes: Writes) -> None:
        self._session = session
        self._read = self._record = record
        self._writes = writes
        self._put: dict[str, StoredEvent] = {}
        self._remove: dict[str, StoredEvent] = {}
        self._losers: list[Loser] = []
        self._waits = False

    def run(self) -> bool:
        """Whether it is settled."""
        relinking = self._session.connection.relink
        if relinking and any(link is not None and self._is_old(link) for link in self._record.links):
            return False
        try:
            if self._record.meeting.cancelled:
                self._cancel()
            else:
                self._parts()
        except PermissionDenied:
            self._record = replace(self._record, calendar_state=CalendarState.READ_ONLY)
        except Rejected:
            log.warning("the service rejects what a meeting of run %s says", self._session.run)
            self._record = replace(self._record, calendar_state=CalendarState.PAUSED)
        return self._commit(done=True)

    def _parts(self) -> None:
        index = 0
        while index < len(self._record.meeting.parts) and not self._record.meeting.cancelled:
            before = len(self._record.meeting.parts)
            self._part(index)
            index += 1 if len(self._record.meeting.parts) >= before else 0

    def _part(self, index: int) -> None:
        link = self._record.links[index]
        if index == 0 and self._record.requested_event is not None:
            self._requested(*self._record.requested_event)
        elif link is None:
            self._make(index)
        elif self._is_old(link):
            self._of_old(index, link)
        elif not link.etag and link.state is LinkState.LINKED:
            self._create_here(index, link)
        elif link.state is LinkState.GONE:
            self._search(index, link)
        elif link.state is LinkState.LINKED:
            self._linked(index, link)

    # -------------------------------------------------------------- linked

    def _linked(self, index: int, link: Link) -> None:
        place = link.calendar_id, link.event_id
        stored = self._session.stored(*place)
        doubtful = bool(link.unsettled) and place not in self._writes  # a write that nobody recorded may stand there
        event = stored.event if stored and not doubtful else self._session.provider.get(*place)
        if event is None:
            self._lost(index, stored)
            return
        self._converge(index, self._replayed(index, event), stored)

    def _replayed(self, index: int, event: Event) -> Event:
        """The platform spoke while this run wrote: without this, our own words would come back as the calendar's."""
        now = self._session.now()
        for before, after in self._writes.get((event.calendar_id, event.id), ()):
            agreed = reconcile.agree(self._record, index, before, now)
            self._losers += agreed.losers
            self._record = reconcile.settle(agreed.record, index, after, now)
            event = after
        return event

    def _converge(self, index: int, event: Event, stored: StoredEvent | None) -> None:
        """Merge, write, and where the event changed meanwhile, read it and begin again."""
        now = self._session.now()
        for _ in range(ATTEMPTS):
            link = self._record.links[index]
            if link is not None and reconcile.tie(self._record, link, event) is not Tie.HOLDS:
                self._record = reconcile.unlinked(self._record, index, LinkState.UNLINKED, now)
                self._keep(event, stored, None)
                return None
            notify = reconcile.mails(self._record, index)
            agreed = reconcile.agree(self._record, index, event, now)
            self._record = agreed.record
            self._losers += agreed.losers
            try:
                after = self._written(index, event, notify=notify)
            except (EtagMismatch, ItemNotFound):
                read = self._session.provider.get(event.calendar_id, event.id)
            else:
                if after is not None:
                    self._writes.setdefault((after.calendar_id, after.id), []).append((event, after))
                return self._settle(index, after or event, stored, written=after is not None)
            if read is None:
                return self._lost(index, stored)
            event = read
        raise EtagMismatch("the event keeps changing")

    def _written(self, index: int, event: Event, *, notify: bool) -> Event | None:
        session, part = self._session, self._record.meeting.parts[index]
        if not session.decision.may_write or not reconcile.pending(self._record, index):
            return None
        if rules.event_is_over(event, session.now()):
            return None
        link = self._record.links[index]
        return write_part(session.provider, event, part, self._record.meeting, link, notify=notify)

    def _settle(self, index: int, event: Event, stored: StoredEvent | None, *, written: bool) -> None:
        now = self._session.now()
        self._record = reconcile.settle(self._record, index, event, now)
        if written and reconcile.pending(self._record, index):
            yielded = reconcile.yielded(self._record, index, event, now)
            self._record = yielded.record
            self._losers += yielded.losers
        self._keep(event, stored, self._record.meeting.id)
        part = self._record.meeting.parts[index]
        if reconcile.pending(self._record, index):
            if not self._session.decision.may_write:
                self._record = replace(self._record, calendar_state=CalendarState.READ_ONLY)
            elif rules.event_is_over(event, now) and not rules.part_is_over(part, now):
                self._anew(index, event)

    def _anew(self, index: int, event: Event) -> None:
        """A meeting put off to the future after its event has ended: the past stays, a new event is made."""
        self._keep(event, self._session.stored(event.calendar_id, event.id), None)
        self._create_for(index)

    def _lost(self, index: int, stored: StoredEvent | None) -> None:
        session = self._session
        self._record = reconcile.lost(self._record, index, session.now())
        if stored is not None:
            self._remove[stored.key] = stored
        session.mark([self._record.meeting.id], session.now() + session.settings.grace)

    # -------------------------------------------------------------- made here

    def _of_old(self, index: int, link: Link) -> None:
        """The event is in another mailbox, out of reach: made anew, unless its user had parted the two there."""
        if link.state is LinkState.GONE:
            self._record = reconcile.deleted(self._record, index, self._session.now())
        elif link.state is not LinkState.UNLINKED:
            self._make(index)

    def _make(self, index: int) -> None:
        """An event for a part that has none; after a change of mailbox without attendees."""
        now, part = self._session.now(), self._record.meeting.parts[index]
        if rules.part_is_over(part, now):
            self._record = reconcile.shown(self._record, now)
            return
        self._create_for(index)

    def _create_for(self, index: int) -> None:
        session = self._session
        calendar = self._home()
        if calendar is None or not session.decision.may_write:
            state = CalendarState.PENDING if session.decision.may_write else CalendarState.READ_ONLY
            self._record = replace(self._record, calendar_state=state)
            return
        old, part = self._record.links[index], self._record.meeting.parts[index]
        request = session.request_id(self._record.meeting.id, index, str(self._record.version))
        invites = old is None or (old.invites and not self._is_old(old))
        link = Link(
            calendar.id,
            request,
            "",
            "",
            part,
            MadeBy.MEETBRIDGE,
            session.generation,
            invites=invites,
            since=session.now(),
        )
        link = replace(link, guests=guests_cross(self._record.meeting, link))
        self._record = reconcile.with_link(self._record, index, link)
        self._commit(done=False)
        self._create(index, link)

    def _create_here(self, index: int, link: Link) -> None:
        """What a run before announced and did not make; elsewhere, where its calendar has been lost since."""
        if self._is_selected(link):
            self._create(index, link)
        else:
            self._create_for(index)

    def _create(self, index: int, link: Link) -> None:
        """The event that the link announces; a second attempt finds the first one's."""
        session, meeting = self._session, self._record.meeting
        if not session.decision.may_write:
            self._record = replace(self._record, calendar_state=CalendarState.READ_ONLY)
            return
        guests = guests_cross(meeting, link)
        part = meeting.parts[index]
        write = new_event(meeting, part, guests=guests)
        notify = guests and bool(part.invitees)
        try:
            event = session.provider.create(link.calendar_id, link.event_id, write, notify=notify)
        except AlreadyExists:
            self._record = reconcile.unlinked(self._record, index, LinkState.GONE, session.now())
            session.mark([meeting.id], session.now() + session.settings.grace)
            return
        except ItemNotFound:  # of the calendar: its pull finds out, and a later run another home
            session.mark([meeting.id], session.now() + AGAIN)
            self._waits = True
            return
        stored = session.stored(event.calendar_id, event.id)
        held = stored.event if stored is not None and stored.event.etag == event.etag else event
        bare = replace(link, calendar_id=event.calendar_id, event_id=event.id, ical_uid=event.ical_uid, etag=event.etag)
        bare = replace(bare, base=replace(link.base, exceptions=()))
        self._record = reconcile.with_link(self._record, index, bare)
        self._converge(index, held, stored)

    def _home(self) -> Calendar | None:
        """Where meetings are written: the default calendar, else the primary one, else any that may be."""
        connection = self._session.connection
        usable = [c for c in connection.calendars if c.selected and c.owned and c.writable]
        first = [c for c in usable if c.id == connection.default_calendar] + [c for c in usable if c.primary]
        return next(iter([*first, *usable]), None)

    # -------------------------------------------------------------- asked for by an event

    def _requested(self, calendar_id: str, event_id: str) -> None:
        """The platform's answer to meeting.requested: this event is the meeting's, and gets the link.

        One that is gone by now was taken back by its user, and the meeting with it.
        """
        session, now = self._session, self._session.now()
        link = self._record.links[0]
        if link is not None and (link.calendar_id, link.event_id) == (calendar_id, event_id) and not self._is_old(link):
            self._record = replace(self._record, requested_event=None)
            self._record = reconcile.with_link(self._record, 0, replace(link, state=LinkState.LINKED, since=None))
            return self._part(0)
        self._record = replace(self._record, requested_event=None)
        calendar = session.connection.calendar(calendar_id)
        if calendar is None:  # of a mailbox that was connected before
            return self._part(0)
        event = session.provider.get(calendar_id, event_id)
        stored = session.stored(calendar_id, event_id)
        if event is None:
            if stored is not None:
                self._remove[stored.key] = stored
            if link is None:
                meeting = replace(
                    self._record.meeting,
                    cancelled=True,
                    revision=self._record.meeting.revision + 1,
                    origin=Origin.CALENDAR,
                )
                self._record = reconcile.shown(replace(self._record, meeting=meeting), now)
            return None
        if not scope.may_link(event, calendar):
            self._record = replace(self._record, calendar_state=CalendarState.UNLINKED)
            return None
        self._release_other(stored)
        agreed = reconcile.adopt(self._record, 0, event, MadeBy.USER, session.generation, now)
        self._record = agreed.record
        self._losers += agreed.losers
        return self._converge(0, event, stored)

    def _release_other(self, stored: StoredEvent | None) -> None:
        """The event stood for another meeting: that one is kept, without it."""
        if stored is None or stored.meeting_id in (None, self._record.meeting.id):
            return
        other = self._session.record(stored.meeting_id or "")
        if other is None:
            return
        for index, link in enumerate(other.links):
            if link is not None and (link.calendar_id, link.event_id) == (stored.event.calendar_id, stored.event.id):
                other = reconcile.unlinked(other, index, LinkState.UNLINKED, self._session.now())
        self._session.commit(ChangeSet(meetings=(other,), by=self._session.by()))

    # -------------------------------------------------------------- gone, cancelled

    def _search(self, index: int, link: Link) -> None:
        """After the grace: moved, moved out of sight, or deleted."""
        session, now = self._session, self._session.now()
        if link.since is not None and now < link.since + session.settings.grace:
            session.wake(link.since + session.settings.grace)
            return
        found = [e for e in (session.provider.find(link.ical_uid) if link.ical_uid else ()) if e.organized_by_owner]
        here = [e for e in found if self._in_selection(e)]
        same = [e for e in here if e.id == link.event_id]
        chosen = same[0] if same else here[0] if len(here) == 1 else None
        if chosen is not None:
            self._rejoin(index, chosen)
        elif here:
            self._record = reconcile.unlinked(self._record, index, LinkState.AMBIGUOUS, now)
        elif found:
            self._record = reconcile.unlinked(self._record, index, LinkState.OUTSIDE_SELECTION, now)
        elif not self._is_selected(link):
            self._record = reconcile.unlinked(self._record, index, LinkState.DORMANT, now)
        else:
            self._record = reconcile.deleted(self._record, index, now)

    def _rejoin(self, index: int, found: Event) -> None:
        session = self._session
        event = session.provider.get(found.calendar_id, found.id)
        if event is None:
            return None
        stored = session.stored(event.calendar_id, event.id)
        agreed = reconcile.rejoin(self._record, index, event, session.generation, session.now())
        self._record = agreed.record
        self._losers += agreed.losers
        link = self._record.links[index]
        if link is None or link.state is not LinkState.LINKED:
            return self._keep(event, stored, None)
        return self._converge(index, event, stored)

    def _in_selection(self, event: Event) -> bool:
        calendar = self._session.connection.calendar(event.calendar_id)
        return calendar is not None and scope.may_link(event, calendar)

    def _cancel(self) -> None:
        """The platform cancels: what we made goes, what the user made loses our block, nothing else."""
        session, now = self._session, self._session.now()
        for index, link in enumerate(self._record.links):
            if link is None or link.state not in (LinkState.LINKED, LinkState.GONE) or self._is_old(link):
                continue
            if session.decision.may_write:
                self._let_go(link if link.state is LinkState.LINKED else self._where_it_is(link))
            self._record = reconcile.unlinked(self._record, index, LinkState.UNLINKED, now)
        self._record = reconcile.shown(replace(self._record, requested_event=None), now)

    def _where_it_is(self, link: Link) -> Link:
        """The link of an event that is not where it was: moved, perhaps."""
        found = self._session.provider.find(link.ical_uid) if link.ical_uid else ()
        here = [e for e in found if self._in_selection(e)]
        one = here[0] if len(here) == 1 else None
        return link if one is None else replace(link, calendar_id=one.calendar_id, event_id=one.id)

    def _let_go(self, link: Link) -> None:
        session = self._session
        stored = session.stored(link.calendar_id, link.event_id)
        for attempt in range(ATTEMPTS):
            known = stored.event if stored is not None and attempt == 0 else None
            event = known or session.provider.get(link.calendar_id, link.event_id)
            if event is None:
                break
            try:
                return self._released(link, event, stored)
            except EtagMismatch:
                continue
            except ItemNotFound:
                break
        else:
            raise EtagMismatch("the event keeps changing")
        if stored is not None:
            self._remove[stored.key] = stored
        return None

    def _released(self, link: Link, event: Event, stored: StoredEvent | None) -> None:
        session = self._session
        over = rules.event_is_over(event, session.now())
        if over or reconcile.tie(self._record, link, event) is not Tie.HOLDS:
            self._keep(event, stored, None)
        elif link.made_by is MadeBy.MEETBRIDGE:
            notify = guests_cross(self._record.meeting, link) and bool(event.content.attendees)
            session.provider.delete(event.calendar_id, event.id, event.etag, notify=notify)
            if stored is not None:
                self._remove[stored.key] = stored
        else:
            write = released(event)
            silent = session.provider.capabilities.silent_writes or not event.content.attendees
            after = update(session.provider, event, write, notify=False) if write is not None and silent else event
            self._keep(after, stored, None)

    # -------------------------------------------------------------- kept

    def _keep(self, event: Event, stored: StoredEvent | None, meeting_id: str | None) -> None:
        """`meeting_id` None: it stands for this meeting no more, but may for another one."""
        if meeting_id is None and stored is not None and stored.meeting_id != self._record.meeting.id:
            meeting_id = stored.meeting_id
        new = self._session.as_stored(event, stored, meeting_id)
        if stored is None or new != stored:
            self._put[event_key(event.calendar_id, event.id)] = new

    def _commit(self, *, done: bool) -> bool:
        """`done`: the mark goes too, unless somebody waits for a disappearance to count."""
        session, record = self._session, self._record
        waits = self._waits or any(link is not None and link.state is LinkState.GONE for link in record.links)
        finished = done and (not waits or record.meeting.cancelled)
        changes = ChangeSet(
            put=tuple(self._put.values()),
            remove=tuple(self._remove.values()),
            meetings=(record,) if record != self._read else (),
            clean=(record.meeting.id,) if finished else (),
            by=session.by(self._losers),
        )
        session.commit(changes)
        if record != self._read:
            self._read = self._record = replace(record, version=record.version + 1)
        self._put, self._remove, self._losers = {}, {}, []
        self._writes.clear()
        return finished

    def _is_selected(self, link: Link) -> bool:
        calendar = self._session.connection.calendar(link.calendar_id)
        return calendar is not None and calendar.selected

    def _is_old(self, link: Link) -> bool:
        return link.generation != self._session.generation
