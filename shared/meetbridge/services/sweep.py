"""What is due stands in the table; this puts it on the queues, so that a lost queue costs some minutes and no data.

First the job is enqueued, then the time is moved, so that a crash between the two enqueues twice and never not at
all. A time that the job has moved meanwhile stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from meetbridge.ports.clock import Clock
from meetbridge.ports.jobs import JobQueue, SyncJob, TeardownJob
from meetbridge.ports.repositories import ConnectionRepository, SyncDue
from meetbridge.services.due import Times

BATCH = 100
MARGIN_SECONDS = 5.0


class Sweep:
    """`interval` as in `due.Times`."""

    def __init__(self, connections: ConnectionRepository, queue: JobQueue, clock: Clock, interval: timedelta) -> None:
        self._connections = connections
        self._queue = queue
        self._clock = clock
        self._times = Times(interval)

    def run(self, time_left: Callable[[], float]) -> int:
        """Enqueue all that is due, as far as `time_left` (seconds) goes; returns how many."""
        count = 0
        while time_left() > MARGIN_SECONDS:
            now = self._clock.now()
            due = self._connections.due(now, BATCH)
            self._enqueue(due)
            for item in due:
                again = self._times.soon(now)
                self._connections.postpone(item.key, item.generation, again, expected=item.due_at)
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
