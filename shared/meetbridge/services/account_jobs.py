"""Account-wide jobs: the clean-up after new settings, and the preview of a large account.

A job is a record with a cursor, worked off page by page; any message may be lost or doubled. It goes on with
the next message, and whoever reads a running job that has no message any more sends one. Connections
end in transactions of 25, the last of a page together with the job's progress. A page takes at most 12 calls of the
table for 100 connections, whatever the mixture of reasons; the job's own record is read once a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from meetbridge.errors import NotFound, VersionConflict
from meetbridge.model.account import Settings
from meetbridge.model.connection import Connection
from meetbridge.policy.effects import Planned, plan
from meetbridge.policy.reasons import Reason
from meetbridge.ports.clock import Clock
from meetbridge.ports.jobs import AccountJob, AccountJobKind, JobQueue
from meetbridge.ports.repositories import (
    AccountJobRecord,
    AccountJobRepository,
    AccountRepository,
    By,
    ConnectionRepository,
    Slice,
)
from meetbridge.services.endings import MOST, Endings
from meetbridge.services.settings import counted
from meetbridge.services.settings_form import settings_of

PAGE = 100
MARGIN_SECONDS = 10.0
ATTEMPTS = 3


class AccountJobs:
    def __init__(
        self,
        accounts: AccountRepository,
        connections: ConnectionRepository,
        jobs: AccountJobRepository,
        endings: Endings,
        queue: JobQueue,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._connections = connections
        self._jobs = jobs
        self._endings = endings
        self._queue = queue
        self._clock = clock

    def read(self, tenant: str, job_id: str) -> AccountJobRecord:
        """The job's progress; one that runs is sent on, for its message may be lost. Raises NotFound."""
        record = self._jobs.job(tenant, job_id)
        if record is None:
            raise NotFound("There is no such job.")
        if record.state == "running":
            self._queue.bulk([AccountJob(tenant, job_id, AccountJobKind(record.kind))])
        return record

    def run(self, job: AccountJob, time_left: Callable[[], float]) -> None:
        """Work as long as `time_left` (seconds) allows, then leave the rest to the next message."""
        record = self._jobs.job(job.tenant, job.job_id)
        while record is not None and record.state == "running":
            if time_left() < MARGIN_SECONDS:
                self._queue.bulk([job])
                return
            record = self._page(record)

    def _page(self, record: AccountJobRecord) -> AccountJobRecord:
        if record.kind == AccountJobKind.PREVIEW.value:
            return self._count(record)
        for attempt in range(ATTEMPTS):
            try:
                return self._apply(record)
            except VersionConflict:
                if attempt == ATTEMPTS - 1:
                    raise
        return record

    def _count(self, record: AccountJobRecord) -> AccountJobRecord:
        settings = settings_of(record.result["settings"])
        page = self._connections.connections(record.tenant, record.cursor, PAGE)
        counts = dict(record.result["counts"])
        for effect, count in counted(_planned(settings, page.items)).items():
            counts[effect] += count
        return self._save(_advanced(replace(record, result={**record.result, "counts": counts}), page))

    def _apply(self, record: AccountJobRecord) -> AccountJobRecord:
        account = self._accounts.settings(record.tenant)
        if account.version != record.settings_version:
            return self._save(replace(record, state="superseded"))
        page = self._connections.connections(record.tenant, record.cursor, PAGE)
        advanced = _advanced(record, page)
        groups = list(_groups(_planned(account.settings, page.items)))
        if not groups:
            return self._save(advanced)
        by = By("settings", record.id, "settings")
        for number, (reason, ended) in enumerate(groups, start=1):
            self._endings.end(ended, reason, by, advanced if number == len(groups) else None)
        return advanced

    def _save(self, record: AccountJobRecord) -> AccountJobRecord:
        self._jobs.save_job(record, now=self._clock.now())
        return record


def _planned(settings: Settings, connections: Iterable[Connection]) -> list[Planned]:
    return [planned for planned in (plan(settings, connection) for connection in connections) if planned]


def _groups(items: Iterable[Planned]) -> Iterator[tuple[Reason, Sequence[Connection]]]:
    """Those that end, by reason, as many at a time as one transaction takes."""
    ending = sorted(((item.reason, item.connection) for item in items if item.reason), key=lambda pair: pair[0])
    for reason, pairs in groupby(ending, key=lambda pair: pair[0]):
        connections = [connection for _, connection in pairs]
        for start in range(0, len(connections), MOST):
            yield reason, connections[start : start + MOST]


def _advanced(record: AccountJobRecord, page: Slice[Connection]) -> AccountJobRecord:
    done = record.done + len(page.items)
    if page.next is not None:
        return replace(record, done=done, cursor=page.next)
    return replace(record, done=done, cursor=None, total=done, state="done")
