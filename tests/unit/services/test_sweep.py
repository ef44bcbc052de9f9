"""What is due is enqueued, all of it, and is due again soon; whatever happens between the two, nothing is left out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from meetbridge.model.ids import connection_key
from meetbridge.ports.jobs import SyncJob, TeardownJob
from meetbridge.queues.memory import MemoryQueue
from meetbridge.services.due import RETRY
from meetbridge.services.sweep import BATCH, Sweep
from meetbridge.storage.memory import MemoryStore

from tests.support.clock import START, FakeClock
from tests.support.stored import BY, SECRET, TENANT, TOKEN, connection

INTERVAL = timedelta(hours=6)


class Killed(BaseException):
    """The process is gone."""


class Swept:
    """A store with `users` connections that are due."""

    def __init__(self, users: int, interval: timedelta = INTERVAL) -> None:
        self.clock, self.queue = FakeClock(), MemoryQueue()
        self.store = MemoryStore(self.clock)
        for n in range(users):
            self.store.connect(connection(user=f"u{n}"), SECRET, TOKEN, replaced=None, by=BY)
        self.sweep = Sweep(self.store, self.queue, self.clock, interval)

    def run(self) -> int:
        return self.sweep.run(lambda: 50.0)


def job(user: str) -> SyncJob:
    return SyncJob(connection_key(TENANT, user), 1, meetings=True)


@pytest.mark.parametrize("users", [0, 1, BATCH - 1, BATCH, 2 * BATCH + 1])
def test_all_that_is_due_is_enqueued_once(users: int) -> None:
    swept = Swept(users)
    assert swept.run() == users
    assert set(swept.queue.urgent) == {job(f"u{n}") for n in range(users)}
    assert len(swept.queue.urgent) == users
    assert swept.run() == 0


def test_no_time_left_leaves_the_rest_due() -> None:
    swept = Swept(BATCH + 1)
    left = iter([50.0, 1.0])
    assert swept.sweep.run(lambda: next(left)) == BATCH
    assert swept.run() == 1
    assert len(set(swept.queue.urgent)) == BATCH + 1


def test_what_an_ended_connection_left_is_torn_down_beside_the_rest() -> None:
    swept = Swept(2)
    swept.store.end([connection(user="u0")], reason="user_removed", due_at=START, by=BY)
    assert swept.run() == 2
    assert list(swept.queue.urgent) == [job("u1")]
    assert list(swept.queue.background) == [TeardownJob(connection_key(TENANT, "u0"), 1)]


@pytest.mark.parametrize(("interval", "again"), [(INTERVAL, RETRY), (timedelta(seconds=12), timedelta(seconds=12))])
def test_what_the_queue_lost_is_enqueued_again_soon(interval: timedelta, again: timedelta) -> None:
    swept = Swept(1, interval)
    swept.run()
    swept.queue.clear()
    swept.clock.advance(again - timedelta(seconds=1))
    assert swept.run() == 0
    swept.clock.advance(1)
    assert swept.run() == 1
    assert list(swept.queue.urgent) == [job("u0")]


def test_a_crash_between_the_two_enqueues_twice_and_never_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    swept = Swept(3)
    postpone = swept.store.postpone
    moved: list[object] = []

    def killed(*args: object, **kwargs: object) -> None:
        if len(moved) == 1:
            raise Killed
        postpone(*args, **kwargs)  # type: ignore[arg-type]
        moved.append(args)

    monkeypatch.setattr(swept.store, "postpone", killed)
    with pytest.raises(Killed):
        swept.run()
    monkeypatch.undo()
    assert swept.run() == 2
    jobs = swept.queue.urgent
    assert sorted(jobs.count(job(f"u{n}")) for n in range(3)) == [1, 2, 2]


def test_a_crash_before_anything_is_enqueued_leaves_it_due(monkeypatch: pytest.MonkeyPatch) -> None:
    swept = Swept(1)

    def killed(_jobs: object) -> None:
        raise Killed

    monkeypatch.setattr(swept.queue, "now", killed)
    with pytest.raises(Killed):
        swept.run()
    monkeypatch.undo()
    assert swept.run() == 1


def test_a_time_that_the_job_has_moved_already_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    swept = Swept(1)
    key, later = connection_key(TENANT, "u0"), START + timedelta(hours=5)
    enqueue = swept.queue.now

    def quick(jobs: list[SyncJob]) -> None:
        enqueue(jobs)
        swept.store.postpone(key, 1, later)

    monkeypatch.setattr(swept.queue, "now", quick)
    swept.run()
    found = swept.store.context(key).connection
    assert found is not None
    assert found.due_at == later
