"""What is put on the queues. A queue may lose everything: what is due also stands in the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from meetbridge.model.connection import ConnectionKey


@dataclass(frozen=True, slots=True)
class SyncJob:
    """Bring this connection's calendars up to date. A hint, idempotent.

    `calendars` are the indexes that changed; empty is all selected ones. `meetings`: the platform changed
    meetings of this user (they stand in the table, marked). `generation` None is whichever is current.
    """

    key: ConnectionKey
    generation: int | None = None
    calendars: tuple[int, ...] = ()
    meetings: bool = False


@dataclass(frozen=True, slots=True)
class TeardownJob:
    """End what an old generation left: grant, channels, stored events. Resumable."""

    key: ConnectionKey
    generation: int


class AccountJobKind(StrEnum):
    APPLY_SETTINGS = "apply_settings"
    PREVIEW = "preview"


@dataclass(frozen=True, slots=True)
class AccountJob:
    """A slice of an account-wide job; `tenant` is the full account id."""

    tenant: str
    job_id: str
    kind: AccountJobKind


Job = SyncJob | TeardownJob | AccountJob


class JobQueue(Protocol):
    """The queue of jobs; message group is the connection (or the account)."""

    def now(self, jobs: Sequence[Job]) -> None:
        """To be run as soon as possible (no delay)."""

    def bulk(self, jobs: Sequence[Job]) -> None:
        """To be run beside: first syncs, teardowns and account-wide jobs."""

    def notified(self, jobs: Sequence[SyncJob], *, bucket: int) -> None:
        """From a webhook: delayed 6 s by the queue; equal (job, bucket) collapse. 10 jobs a call."""
