"""A queue that a test can look into and run dry."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from meetbridge.ports.jobs import Job, SyncJob
from meetbridge.ports.platform import PlatformEvent


class MemoryQueue:
    """JobQueue; `urgent`, `background` and `delayed` are the three queues, oldest job first."""

    def __init__(self) -> None:
        self.urgent: deque[Job] = deque()
        self.background: deque[Job] = deque()
        self.delayed: deque[SyncJob] = deque()
        self._told: set[tuple[SyncJob, int]] = set()

    def now(self, jobs: Sequence[Job]) -> None:
        self.urgent.extend(jobs)

    def bulk(self, jobs: Sequence[Job]) -> None:
        self.background.extend(jobs)

    def notified(self, jobs: Sequence[SyncJob], *, bucket: int) -> None:
        for job in jobs:
            if (job, bucket) not in self._told:
                self._told.add((job, bucket))
                self.delayed.append(job)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All that waits, in the order in which `take` hands it out."""
        return (*self.urgent, *self.delayed, *self.background)

    def take(self) -> Job | None:
        """The next job, None when all queues are empty; the delay of notifications counts as over."""
        for queue in (self.urgent, self.delayed, self.background):
            if queue:
                return queue.popleft()
        return None

    def clear(self) -> None:
        """All that waits is lost, as a queue may lose it."""
        for queue in (self.urgent, self.delayed, self.background):
            queue.clear()


class MemoryOutbox:
    """Outbox; `events` is what was put, each id once."""

    def __init__(self) -> None:
        self.events: list[PlatformEvent] = []

    def put(self, events: Sequence[PlatformEvent]) -> None:
        known = {event.id for event in self.events}
        for event in events:
            if event.id not in known:
                known.add(event.id)
                self.events.append(event)
