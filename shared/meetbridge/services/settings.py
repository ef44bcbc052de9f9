"""An account's settings: read, shown in advance (B1), and saved so that they bind at once.

Saving writes settings, audit entry and clean-up job in one transaction. A clean-up whose message is lost goes
on when its job is read (`AccountJobs.read`), and each connection's own run decides by the settings anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from meetbridge.model.account import AccountSettings, Identity, Settings
from meetbridge.model.connection import Connection
from meetbridge.policy.effects import Planned, plan
from meetbridge.policy.settings import Notice, checked, warnings
from meetbridge.ports.clock import Clock, Ids
from meetbridge.ports.jobs import AccountJob, AccountJobKind, JobQueue
from meetbridge.ports.repositories import (
    AccountJobRecord,
    AccountJobRepository,
    AccountRepository,
    By,
    ConnectionRepository,
    Slice,
)
from meetbridge.services.settings_form import differences, document

AT_ONCE = 200
PAGE = 100


@dataclass(frozen=True, slots=True)
class Saved:
    """What a PUT answers: the settings in force, and the job that cleans up after them."""

    account: AccountSettings
    job_id: str
    warnings: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a PUT would do. A large account's `counts` are None and come by the job; `items` are of this page."""

    counts: Mapping[str, int] | None
    items: tuple[Planned, ...]
    next: str | None
    job_id: str | None
    warnings: tuple[Notice, ...] = field(default=())


class SettingsService:
    def __init__(
        self,
        accounts: AccountRepository,
        connections: ConnectionRepository,
        jobs: AccountJobRepository,
        queue: JobQueue,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._accounts = accounts
        self._connections = connections
        self._jobs = jobs
        self._queue = queue
        self._clock = clock
        self._ids = ids

    def read(self, tenant: str) -> AccountSettings:
        return self._accounts.settings(tenant)

    def save(self, caller: Identity, settings: Settings, expected: int) -> Saved:
        """Raises InvalidInput for settings that can't be, VersionConflict where `expected` is no longer stored."""
        settings = checked(settings)
        job_id = self._ids.new()
        by = By(f"user:{caller.user}", job_id, "api")
        account = self._accounts.save_settings(
            caller.tenant, settings, expected=expected, by=by, now=self._clock.now(), job_id=job_id
        )
        self._queue.bulk([AccountJob(caller.tenant, job_id, AccountJobKind.APPLY_SETTINGS)])
        return Saved(account, job_id, warnings(settings))

    def preview(self, tenant: str, settings: Settings, cursor: str | None = None) -> Preview:
        """Small accounts are counted at once; the first page of a large one starts a job that counts."""
        settings = checked(settings)
        read = self._read(tenant, cursor)
        items = tuple(filter(None, (plan(settings, connection) for connection in read.items)))
        if cursor is not None:
            return Preview(None, items, read.next, None, warnings(settings))
        if read.next is None:
            return Preview(counted(items), items, None, None, warnings(settings))
        return Preview(None, items, read.next, self._start(tenant, settings), warnings(settings))

    def _read(self, tenant: str, cursor: str | None) -> Slice[Connection]:
        """Some connections, AT_ONCE at most: pages may be short, for a tenant's users stand in shards."""
        found: list[Connection] = []
        while True:
            page = self._connections.connections(tenant, cursor, min(PAGE, AT_ONCE - len(found)))
            found += page.items
            cursor = page.next
            if cursor is None or len(found) >= AT_ONCE:
                return Slice(tuple(found), cursor)

    def _start(self, tenant: str, settings: Settings) -> str:
        job_id = self._ids.new()
        version = self._accounts.settings(tenant).version
        result = {"settings": document(settings), "counts": counted(())}
        kind = AccountJobKind.PREVIEW
        record = AccountJobRecord(job_id, tenant, kind.value, "running", version, result=result)
        self._jobs.save_job(record, now=self._clock.now())
        self._queue.bulk([AccountJob(tenant, job_id, kind)])
        return job_id

    def audit(self, tenant: str, cursor: str | None, limit: int) -> Slice[Mapping[str, Any]]:
        """Who changed which setting, when, from what to what; newest first."""
        page = self._accounts.audit(tenant, cursor, limit)
        older = self._accounts.audit(tenant, page.next, 1).items if page.next else ()
        documents = [entry["settings"] for entry in (*page.items, *older)]
        before = [*documents[1:], document(Settings())][: len(page.items)]
        entries = (
            {
                "at": entry["at"],
                "version": entry["version"],
                "by": entry["actor"],
                "changes": differences(old, entry["settings"]),
            }
            for entry, old in zip(page.items, before, strict=True)
        )
        return Slice(tuple(entries), page.next)


def counted(items: Iterable[Planned]) -> dict[str, int]:
    """How many connections are kept, lost and to be renewed."""
    counts = {"keep": 0, "lose": 0, "renew": 0}
    for item in items:
        counts[item.effect.value] += 1
    return counts
