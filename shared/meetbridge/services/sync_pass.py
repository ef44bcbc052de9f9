"""One pass over a connection: what the platform changed out, what the calendars changed in, what that calls for out.

Channels are opened before a calendar is read, so that no change falls between the two.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from meetbridge.errors import AuthorizationLost, ItemNotFound, ProviderError, Unavailable
from meetbridge.model.connection import Calendar
from meetbridge.ports.jobs import SyncJob
from meetbridge.ports.repositories import ChangeSet, ConnectionRepository, Context
from meetbridge.services.mailboxes import Mailboxes
from meetbridge.services.sync_push import Push
from meetbridge.services.sync_relink import Relink
from meetbridge.services.sync_rounds import Rounds, Standing, is_left_over, is_waiting
from meetbridge.services.sync_session import Session
from meetbridge.services.sync_watch import Watcher

log = logging.getLogger(__name__)
MEETINGS_AT_ONCE = 100


class Pass:
    def __init__(
        self,
        watcher: Watcher,
        mailboxes: Mailboxes,
        connections: ConnectionRepository,
        context: Context,
        session: Session,
        enough_time: Callable[[], bool],
    ) -> None:
        self._watcher = watcher
        self._mailboxes = mailboxes
        self._connections = connections
        self._context = context
        self._session = session
        self._enough_time = enough_time
        self._rounds = Rounds(session, enough_time)
        self._proved: dict[str, datetime] = {}
        self._left: list[SyncJob] = []

    def go(self, job: SyncJob, proved: dict[str, datetime], left: list[SyncJob]) -> None:
        """`proved` and `left` are filled on the way, so that they count whatever happens later."""
        self._proved, self._left = proved, left
        if job.meetings:
            self._push_marked(job)
        refused = self._pull_all(job)
        self._relink()
        self._push_all(job, sorted(self._session.to_push))
        if refused is not None:
            raise refused

    # -------------------------------------------------------------- out

    def _push_marked(self, job: SyncJob) -> None:
        """What the platform changed, or whose grace is over. More of them wait for a later run, if this one got on."""
        if not self._session.decision.meets:
            return
        marked = self._session.sync.dirty(self._session.lease, MEETINGS_AT_ONCE)
        if marked.next_at is not None:
            self._session.wake(marked.next_at)
        settled = self._push_all(job, list(marked.ids))
        if len(marked.ids) == MEETINGS_AT_ONCE and settled:
            self._later(SyncJob(job.key, self._session.generation, meetings=True))

    def _push_all(self, job: SyncJob, meeting_ids: list[str]) -> int:
        """How many were settled."""
        if not self._session.decision.meets:
            return 0
        push, settled = Push(self._session), 0
        for meeting_id in meeting_ids:
            if not self._enough_time():
                self._later(SyncJob(job.key, self._session.generation, meetings=True))
                break
            settled += push.meeting(meeting_id)
        return settled

    # -------------------------------------------------------------- in

    def _pull_all(self, job: SyncJob) -> ProviderError | None:
        """What the service refused of one calendar, which keeps no other waiting; None where it refused nothing."""
        refused: ProviderError | None = None
        for calendar in self._session.connection.calendars:
            try:
                if is_left_over(calendar):
                    self._put_away(calendar)
                elif calendar.selected and (not job.calendars or calendar.index in job.calendars):
                    self._pull(job, calendar)
            except (AuthorizationLost, Unavailable):
                raise  # of the whole mailbox
            except ProviderError as e:
                log.warning("calendar %d is refused: %s", calendar.index, type(e).__name__)
                refused = e
        return refused

    def _pull(self, job: SyncJob, calendar: Calendar) -> None:
        more = SyncJob(job.key, self._session.generation, calendars=(calendar.index,), meetings=True)
        if not self._enough_time():
            self._later(more)
            return
        started = self._session.now()
        try:
            calendar = self._watched(calendar)
            standing = self._rounds.advance(calendar)
        except ItemNotFound:
            self._sharing_lost(calendar)
            return
        if standing is Standing.PROVED:
            self._proved[calendar.id] = started
        elif standing is Standing.MORE:
            self._later(more)

    def _later(self, job: SyncJob) -> None:
        self._left.append(job)

    def _watched(self, calendar: Calendar) -> Calendar:
        session = self._session
        if not session.provider.capabilities.push or not self._watcher.wanted(calendar, session.now()):
            return calendar
        push, old = self._mailboxes.push(self._context), calendar.subscription
        watched = self._watcher.open(push, session.connection, calendar, session.now())
        if watched == calendar:
            return calendar
        session.commit(ChangeSet(calendars=(watched,), by=session.by()))
        if old is not None:
            self._watcher.close(push, old)
        return watched

    def _put_away(self, calendar: Calendar) -> None:
        if calendar.subscription is not None:
            self._watcher.close(self._mailboxes.push(self._context), calendar.subscription)
        if not self._rounds.put_away(calendar):
            self._later(SyncJob(self._session.lease.key, self._session.generation, calendars=(calendar.index,)))

    def _sharing_lost(self, calendar: Calendar) -> None:
        """The calendar is out of our reach: not selected any more, and put away like one that its user deselected."""
        connection = self._connections.context(self._session.lease.key).connection
        if connection is None or connection.generation != self._session.generation:
            return
        calendars = tuple(replace(c, selected=False) if c.id == calendar.id else c for c in connection.calendars)
        default = None if connection.default_calendar == calendar.id else connection.default_calendar
        self._connections.update(
            replace(connection, calendars=calendars, default_calendar=default),
            expected=connection,
            by=self._session.by(),
        )
        self._put_away(replace(calendar, selected=False))

    # -------------------------------------------------------------- reconnected

    def _relink(self) -> None:
        """When every selected calendar has had its first round, links of old find their events."""
        session = self._session
        if not session.connection.relink or not session.decision.meets:
            return
        if any(is_waiting(calendar) for calendar in session.connection.calendars):
            return
        Relink(session).same_mailbox()
        connection = self._connections.context(session.lease.key).connection
        if connection is not None and connection.generation == session.generation:
            self._connections.update(replace(connection, relink=False), expected=connection, by=session.by())
            session.connection = replace(session.connection, relink=False)
