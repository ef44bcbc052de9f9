"""What is due stands in the table; this puts it on the queues, so that a lost queue costs an interval and no data.

The sweep alone moves `due_at`: first the job is enqueued, then the time is moved, so that a crash between the two
enqueues twice and never not at all. Times are spread over the interval, so that 20,000 users are not due at once.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from meetbridge.model.connection import ConnectionKey
from meetbridge.ports.clock import Clock
from meetbridge.ports.jobs import JobQueue, SyncJob, TeardownJob
from meetbridge.ports.repositories import ConnectionRepository, SyncDue

BATCH = 100
MARGIN_SECONDS = 5.0


class Sweep:
    """`interval` is how long a calendar goes unproved at most where no notification comes."""

    def __init__(self, connections: ConnectionRepository, queue: JobQueue, clock: Clock, interval: timedelta) -> None:
        self._connections = connections
        self._queue = queue
        self._clock = clock
        self._interval = interval

    def run(self, time_left: Callable[[], float]) -> int:
        """Enqueue all that is due, as far as `time_left` (seconds) goes; returns how many."""
        count = 0
        while time_left() > MARGIN_SECONDS:
            now = self._clock.now()
            due = self._connections.due(now, BATCH)
            self._enqueue(due)
            for item in due:
                self._connections.postpone(item.key, item.generation, self._next(item.key, now))
            count += len(due)
            if len(due) < BATCH:
                break
        return count

    def _enqueue(self, due: Sequence[SyncDue]) -> None:
        syncs = [SyncJob(d.key, d.generation, meetings=True) for d in due if not d.gone]
        teardowns = [TeardownJob(d.key, d.generation) for d in due if d.gone]
        if syncs:
            self._queue.now(syncs)
        if teardowns:
            self._queue.bulk(teardowns)

    def _next(self, key: ConnectionKey, now: datetime) -> datetime:
        share = zlib.crc32(f"{key.tenant}.{key.user}".encode()) / 2**32
        return now + self._interval * (0.75 + share / 4)
