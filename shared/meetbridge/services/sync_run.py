"""A sync run: one connection brought up to date, by one run at a time, within the time of one function.

It may stop anywhere. What it did is committed step by step, what it didn't is still due in the table, and doing a
step twice does no harm. A mailbox that can't be reached becomes due later and keeps nobody waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from meetbridge.errors import AuthorizationLost, Conflict, LeaseLost, ProviderError, Unavailable, VersionConflict
from meetbridge.model.account import Settings
from meetbridge.model.connection import Connection, ConnectionState
from meetbridge.policy.decision import decide, violation
from meetbridge.ports.clock import Clock, Ids
from meetbridge.ports.jobs import JobQueue, SyncJob
from meetbridge.ports.repositories import (
    By,
    ConnectionRepository,
    Context,
    Lease,
    MeetingRepository,
    SyncRepository,
)
from meetbridge.services.due import Again, Times
from meetbridge.services.endings import Endings
from meetbridge.services.mailboxes import Mailboxes
from meetbridge.services.sync_pass import Pass
from meetbridge.services.sync_rounds import is_waiting
from meetbridge.services.sync_session import LEASE_SECONDS, Session, SyncSettings
from meetbridge.services.sync_watch import Watcher

log = logging.getLogger(__name__)
MARGIN_SECONDS = 15.0
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=1)
LEFT_OVER_DELAY = timedelta(minutes=2)


class SyncRuns:
    """`interval` as in `due.Times`; `chance` is a random number in [0, 1), for the jitter of back-off."""

    def __init__(
        self,
        *,
        connections: ConnectionRepository,
        meetings: MeetingRepository,
        sync: SyncRepository,
        mailboxes: Mailboxes,
        queue: JobQueue,
        clock: Clock,
        ids: Ids,
        watcher: Watcher,
        settings: SyncSettings,
        endings: Endings,
        interval: timedelta,
        chance: Callable[[], float],
    ) -> None:
        self._connections = connections
        self._meetings = meetings
        self._sync = sync
        self._mailboxes = mailboxes
        self._queue = queue
        self._clock = clock
        self._ids = ids
        self._watcher = watcher
        self._settings = settings
        self._endings = endings
        self._times = Times(interval)
        self._chance = chance

    def run(self, job: SyncJob, time_left: Callable[[], float]) -> None:
        """`time_left` is what the function has left, in seconds."""
        context = self._connections.context(job.key)
        connection = context.connection
        if connection is None or job.generation not in (None, connection.generation):
            return
        if connection.state is ConnectionState.DISCONNECTED:
            return
        run = self._ids.new()
        if not decide(context.account.settings, context.user, connection, None).may_sync:
            self._rest(context.account.settings, connection, job, run)
            return
        resume = connection.relink or any(is_waiting(c) for c in connection.calendars)
        try:
            lease = self._sync.acquire(connection, run, self._clock.now(), LEASE_SECONDS, resume=resume)
            if lease is not None:
                _Run(self, context, connection, lease, job, run, time_left).go()
        except LeaseLost:
            log.info("run %s was overtaken", run)

    def _rest(self, settings: Settings, connection: Connection, job: SyncJob, run: str) -> None:
        """Nothing is synced. What the settings forbid ends here too: the job that had to end it may be lost."""
        against = violation(settings, connection)
        if against is not None:
            try:
                self._endings.end([connection], against, By("settings", run, "settings"))
            except VersionConflict:
                log.info("run %s: the connection changed while it was to end", run)
        elif not job.calendars:
            due_at = self._times.next(job.key, self._clock.now())
            self._connections.postpone(job.key, connection.generation, due_at)


class _Run:
    """One lease's work."""

    def __init__(
        self,
        runs: SyncRuns,
        context: Context,
        connection: Connection,
        lease: Lease,
        job: SyncJob,
        run: str,
        time_left: Callable[[], float],
    ) -> None:
        self._runs, self._context, self._lease, self._job = runs, context, lease, job
        self._connection = connection
        self._run_id, self._time_left = run, time_left
        self._proved: dict[str, datetime] = {}
        self._again = Again(lease.key, runs._times, connection.due_at, moved=lease.resume)
        self._left: list[SyncJob] = []

    def go(self) -> None:
        """Work until the lease is given back, also where something is wrong with our own code or the table."""
        try:
            self._until_released()
        except LeaseLost:
            raise
        except Exception:
            self._give_up()
            raise
        if self._left:
            self._runs._queue.bulk(list(dict.fromkeys(self._left)))

    def _until_released(self) -> None:
        """What came in meanwhile is this run's as long as there is time."""
        while True:
            self._work()
            if self._release():
                break
            self._again.moved, self._again.complete = True, False
            self._job = SyncJob(self._job.key, self._connection.generation, meetings=True)
            if not self._enough_time() or self._again.wish is not None:
                self._left = [self._job]
                while not self._release():
                    log.info("more work came in while run %s ended", self._run_id)
                break
            self._read_again()

    def _give_up(self) -> None:
        """The queue tries again, and may do so at once; should it lose the job, the connection is due later."""
        self._fail(self._runs._clock.now() + self._back_off(None))
        try:
            self._count_failures(self._connection.failures + 1)
            while not self._release():
                log.info("more work came in while run %s gave up", self._run_id)
        except LeaseLost:
            log.info("run %s was overtaken while it gave up", self._run_id)

    def _enough_time(self) -> bool:
        return self._time_left() > MARGIN_SECONDS

    def _release(self) -> bool:
        due_at = self._again.at(self._runs._clock.now())
        return self._runs._sync.release(self._lease, self._proved, due_at)

    def _read_again(self) -> None:
        self._context = self._runs._connections.context(self._job.key)
        connection = self._context.connection
        if connection is None or connection.generation != self._lease.generation:
            raise LeaseLost("the connection has been replaced")
        self._connection = connection

    def _work(self) -> None:
        """One pass; a mailbox that fails is due again later, and the job is done."""
        now = self._runs._clock.now()
        try:
            self._pass()
            self._count_failures(0)
        except AuthorizationLost:
            log.info("run %s ends: the user has to authorise again", self._run_id)
        except Unavailable as e:
            log.warning("run %s: the service is not available (%s)", self._run_id, type(e).__name__)
            self._fail(now + self._back_off(e.retry_after))
            self._count_failures(self._connection.failures + 1)
        except VersionConflict:
            self._again.wake(now + FIRST_DELAY)
        except (ProviderError, Conflict) as e:
            log.warning("run %s: the service did not do what was asked (%s)", self._run_id, type(e).__name__)
            self._fail(now + self._back_off(LONGEST_DELAY.total_seconds()))

    def _fail(self, until: datetime) -> None:
        self._again.failed = True
        self._again.wake(until)

    def _back_off(self, retry_after: float | None) -> timedelta:
        """Exponential with jitter, and never before the service wants to be asked."""
        whole: timedelta = min(FIRST_DELAY * (1 << min(self._connection.failures, 10)), LONGEST_DELAY)
        delay = whole / 2 + whole / 2 * self._runs._chance()
        return max(delay, timedelta(seconds=retry_after or 0))

    def _count_failures(self, failures: int) -> None:
        if failures == self._connection.failures:
            return
        try:
            counted = replace(self._connection, failures=failures)
            self._connection = self._runs._connections.update(
                counted, expected=self._connection, by=By("sync", self._run_id, "failures")
            )
        except VersionConflict:
            log.info("the connection changed while run %s counted its failures", self._run_id)

    def _pass(self) -> None:
        runs = self._runs
        user = self._context.user
        if user is None:
            return
        decision = decide(self._context.account.settings, user, self._connection, None)
        if not decision.may_sync:
            return
        session = Session(
            connection=self._connection,
            user=user,
            decision=decision,
            provider=runs._mailboxes.open(self._context),
            lease=self._lease,
            sync=runs._sync,
            meetings=runs._meetings,
            clock=runs._clock,
            settings=runs._settings,
            run=self._run_id,
            cause="platform" if self._job.meetings else "webhook" if self._job.calendars else "sweep",
        )
        try:
            Pass(runs._watcher, runs._mailboxes, runs._connections, self._context, session, self._enough_time).go(
                self._job, self._proved, self._left
            )
        finally:
            self._lease = session.lease
            self._again.wake(session.due_at)
            if self._left:
                self._again.wake(runs._clock.now() + LEFT_OVER_DELAY)
        whole = self._job.meetings and not self._job.calendars and not self._left
        selected = {calendar.id for calendar in session.connection.calendars if calendar.selected}
        self._again.complete = whole and selected <= set(self._proved)
