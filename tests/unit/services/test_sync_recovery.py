"""A run dies, a queue loses everything: what stands in the table brings all of it to its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from meetbridge.errors import AuthorizationLost
from meetbridge.model.account import Settings
from meetbridge.model.connection import Access, ConnectionState, Permissions
from meetbridge.model.meeting import LinkState
from meetbridge.ports.jobs import SyncJob, TeardownJob
from meetbridge.services.due import RETRY, Times
from meetbridge.services.sweep import Sweep
from meetbridge.services.sync_session import LEASE_SECONDS

from tests.support.engine import BY, INTERVAL, KEY, TENANT, Engine, meeting, user_event
from tests.support.memory_provider import MemoryCalendar

LEASE = timedelta(seconds=LEASE_SECONDS)
NOTICE = SyncJob(KEY, calendars=(0,))


class Killed(BaseException):
    """The process is gone."""


class Recovering(Engine):
    """An engine whose runs can be killed, with the sweep beside it."""

    def __init__(self, provider: MemoryCalendar | None = None) -> None:
        super().__init__(provider)
        self.sweeper = Sweep(self.store, self.queue, self.clock, INTERVAL)

    def killed(self, job: SyncJob, method: str = "changes", after: int = 1) -> None:
        """A run that dies in the call of this method that is the `after`th, and a queue that forgets the job."""
        calls = 0

        def hook(called: str, when: str) -> None:
            nonlocal calls
            calls += (called, when) == (method, "after")
            if calls == after:
                raise Killed

        self.provider.hook = hook
        with pytest.raises(Killed):
            self.runs.run(job, lambda: 100.0)
        self.provider.hook = None
        self.queue.jobs.clear()

    def swept(self, later: timedelta) -> int:
        """How many jobs the sweep enqueued; they are done."""
        self.clock.advance(later)
        count = self.sweeper.run(lambda: 50.0)
        self.work()
        return count


def recovering(events: int = 0, page_size: int = 3) -> Recovering:
    engine = Recovering(MemoryCalendar(page_size=page_size))
    for n in range(events):
        engine.provider.user_put(user_event(f"e{n}"))
    return engine


def settled(engine: Recovering) -> Recovering:
    """In step, and due in some hours."""
    engine.sync()
    engine.swept(INTERVAL)
    assert engine.connection.due_at == Times(INTERVAL).next(KEY, engine.clock.now())
    return engine


# ---------------------------------------------------------------- the sweep and whole runs


def test_a_whole_run_that_was_due_moves_it_on_by_an_interval_and_a_notification_does_not() -> None:
    engine = settled(recovering(5))
    due_at = engine.connection.due_at
    engine.notified(0)
    engine.sync()
    assert engine.connection.due_at == due_at
    assert engine.swept(timedelta(hours=6)) == 1
    assert engine.connection.due_at == Times(INTERVAL).next(KEY, engine.clock.now())


def test_a_queue_that_loses_the_sweep_s_job_costs_a_retry() -> None:
    engine = settled(recovering())
    engine.clock.advance(timedelta(hours=6))
    engine.sweeper.run(lambda: 50.0)
    engine.queue.jobs.clear()
    engine.provider.user_put(user_event("e1"))
    assert engine.swept(RETRY - timedelta(seconds=1)) == 0
    assert engine.swept(timedelta(seconds=1)) == 1
    assert "e1" in engine.stored()


def test_a_grace_that_ends_later_is_not_forgotten_by_the_whole_runs_before_it() -> None:
    engine = settled(recovering())
    engine.put(meeting())
    engine.sync()
    link = engine.link()
    engine.provider.user_delete(link.calendar_id, link.event_id)
    engine.notified(0)
    assert engine.link().state is LinkState.GONE
    engine.clock.advance(timedelta(minutes=2))
    engine.sync()
    assert engine.connection.due_at == engine.clock.now() + timedelta(minutes=8)
    assert engine.swept(timedelta(minutes=8)) == 1
    assert engine.record().meeting.cancelled


# ---------------------------------------------------------------- runs that die


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_first_sync_whose_run_dies_goes_on_a_minute_later_and_ends_whole(after: int) -> None:
    engine = recovering(8)
    jobs = [SyncJob(KEY, meetings=True)] * (after - 1)
    for job in jobs:
        engine.runs.run(job, lambda: 100.0)
    engine.killed(SyncJob(KEY, meetings=True))
    assert engine.connection.due_at == engine.clock.now() + LEASE
    assert engine.swept(LEASE) == 1
    assert set(engine.stored()) == {f"e{n}" for n in range(8)}
    assert engine.connection.calendars[0].proved_at is not None
    assert engine.provider.calls["changes"] == 3 + 1, "no page but the lost one is read twice"


def test_listing_all_again_after_a_forgotten_token_is_resumed_too() -> None:
    engine = settled(recovering(8))
    engine.provider.forget_tokens()
    engine.notified(0)
    engine.killed(NOTICE)
    assert engine.swept(LEASE) == 1
    assert not engine.connection.calendars[0].full_round


def test_matching_again_after_a_reconnection_is_resumed_too() -> None:
    engine = settled(recovering(2))
    engine.put(meeting())
    engine.sync()
    engine.connect()
    assert engine.connection.relink
    engine.killed(SyncJob(KEY, meetings=True))
    engine.store.forget(engine.store.gone(KEY, 1), limit=100)  # type: ignore[arg-type]
    engine.swept(LEASE)
    assert not engine.connection.relink
    assert engine.link().generation == 2


def test_a_short_run_that_dies_leaves_the_due_time_and_who_finds_it_dead_brings_it_forward() -> None:
    engine = settled(recovering())
    due_at = engine.connection.due_at
    engine.provider.user_put(user_event("e1"))
    engine.killed(NOTICE)
    assert engine.connection.due_at == due_at
    engine.clock.advance(timedelta(seconds=10))
    engine.notified(0)
    assert "e1" not in engine.stored()
    assert engine.swept(timedelta(seconds=50)) == 1
    assert "e1" in engine.stored()
    assert engine.connection.due_at == Times(INTERVAL).next(KEY, engine.clock.now())


# ---------------------------------------------------------------- the lease


def test_a_long_run_keeps_its_lease_and_a_short_one_never_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = settled(recovering())
    extended: list[timedelta] = []
    extend = engine.store.extend

    def watched(*args: object) -> object:
        extended.append(args[0].until - engine.clock.now())  # type: ignore[attr-defined]
        return extend(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(engine.store, "extend", watched)
    engine.notified(0)
    assert extended == []
    for n in range(30):
        engine.provider.user_put(user_event(f"e{n}"))

    def slow(method: str, when: str) -> None:
        if when == "before":
            engine.clock.advance(20)

    engine.provider.hook = slow
    engine.notified(0)
    assert len(engine.stored()) == 30
    assert extended
    assert all(timedelta(0) < left < LEASE / 2 for left in extended)


def test_a_run_that_was_overtaken_writes_nothing_to_the_calendar_any_more() -> None:
    engine = settled(recovering())
    engine.put(meeting())

    def hook(method: str, when: str) -> None:
        if (method, when) == ("changes", "after"):
            engine.provider.hook = None
            engine.clock.advance(LEASE)
            engine.put(meeting("m2"))
            assert engine.store.acquire(engine.connection, "other", engine.clock.now(), LEASE_SECONDS)

    engine.provider.user_put(user_event("e1"))
    engine.provider.hook = hook
    engine.provider.calls.clear()
    engine.runs.run(SyncJob(KEY, calendars=(0,)), lambda: 100.0)
    assert set(engine.provider.calls) == {"changes"}
    assert engine.stored() == {}


def test_a_run_that_stumbles_over_a_fault_gives_the_lease_back_and_the_queue_tries_again() -> None:
    engine = settled(recovering())
    engine.provider.user_put(user_event("e1"))
    engine.provider.fail("changes", TypeError("a fault of ours"))
    with pytest.raises(TypeError):
        engine.notified(0)
    assert engine.connection.failures == 1
    assert engine.connection.due_at == engine.clock.now() + timedelta(seconds=22.5)
    engine.notified(0)
    assert "e1" in engine.stored()
    assert engine.connection.failures == 0


def test_a_run_that_stumbles_after_it_was_overtaken_leaves_the_other_s_lease_alone() -> None:
    engine = settled(recovering())

    def hook(method: str, when: str) -> None:
        engine.clock.advance(LEASE)
        assert engine.store.acquire(engine.connection, "other", engine.clock.now(), LEASE_SECONDS)
        raise TypeError("a fault of ours")

    engine.provider.hook = hook
    with pytest.raises(TypeError):
        engine.notified(0)
    assert engine.store.acquire(engine.connection, "third", engine.clock.now(), LEASE_SECONDS) is None


# ---------------------------------------------------------------- what may not sync


def test_a_connection_that_the_settings_forbid_ends_though_the_clean_up_was_lost() -> None:
    engine = settled(recovering(2))
    engine.store.save_settings(TENANT, Settings(enabled=False), expected=0, by=BY, now=engine.clock.now(), job_id="j")
    engine.queue.jobs.clear()
    engine.clock.advance(timedelta(hours=6))
    engine.sweeper.run(lambda: 50.0)
    engine.runs.run(engine.queue.jobs.pop(), lambda: 100.0)  # type: ignore[arg-type]
    assert (engine.connection.state, engine.connection.reason) == (ConnectionState.DISCONNECTED, "account_off")
    assert engine.queue.jobs == [TeardownJob(KEY, 1)]
    assert engine.provider.calls["changes"] == 2


def test_one_that_changes_while_it_is_to_end_is_left_to_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = recovering()
    engine.store.save_settings(TENANT, Settings(enabled=False), expected=0, by=BY, now=engine.clock.now(), job_id="j")
    context = engine.store.context

    def then_ends(key: object) -> object:
        read = context(key)  # type: ignore[arg-type]
        monkeypatch.undo()
        engine.store.end([engine.connection], reason="user_removed", due_at=engine.clock.now(), by=BY)
        return read

    monkeypatch.setattr(engine.store, "context", then_ends)
    engine.runs.run(SyncJob(KEY, meetings=True), lambda: 100.0)
    assert engine.connection.reason == "user_removed"


@pytest.mark.parametrize(
    "change",
    [
        {"state": ConnectionState.NEEDS_REAUTHORIZATION, "reason": "authorization_lost"},
        {"state": ConnectionState.BLOCKED},
        {"permissions": Permissions(Access.NONE)},
    ],
)
def test_one_that_may_not_sync_is_looked_at_once_an_interval(change: dict[str, object]) -> None:
    engine = settled(recovering())
    before = engine.connection
    engine.store.update(replace(before, **change), expected=before, by=BY)  # type: ignore[arg-type]
    engine.provider.calls.clear()
    assert engine.swept(timedelta(hours=6)) == 1
    assert engine.connection.due_at == Times(INTERVAL).next(KEY, engine.clock.now())
    engine.clock.advance(1)
    engine.notified(0)
    assert engine.connection.due_at == Times(INTERVAL).next(KEY, engine.clock.now() - timedelta(seconds=1))
    assert engine.provider.calls == {}


def test_what_has_ended_is_not_looked_at_any_more() -> None:
    engine = recovering()
    engine.store.end([engine.connection], reason="user_removed", due_at=engine.clock.now(), by=BY)
    engine.runs.run(SyncJob(KEY, meetings=True), lambda: 100.0)
    assert engine.connection.due_at is None
    assert engine.queue.jobs == []


def test_a_grant_that_is_lost_in_a_first_round_is_not_asked_for_each_minute() -> None:
    engine = recovering(5)
    engine.provider.fail("changes", AuthorizationLost("gone"))
    engine.sync()
    assert engine.connection.due_at == engine.clock.now() + RETRY
