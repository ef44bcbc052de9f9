"""What a run costs, counted: calls of the service, reads and writes of the table."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from meetbridge.errors import RateLimited, Unavailable
from meetbridge.model.meeting import LinkState
from meetbridge.ports.jobs import SyncJob, TeardownJob
from meetbridge.ports.provider import CalendarInfo
from meetbridge.services.sync_teardown import Teardowns

from tests.support.engine import KEY, Engine, meeting, part, user_event
from tests.support.memory_provider import MemoryCalendar

READS = ("context", "load", "meetings", "all_meetings", "dirty", "unseen")
WRITES = ("acquire", "commit", "release", "mark", "update")


class Counting:
    def __init__(self, store: object) -> None:
        self._store = store
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._store, name)

    def of(self, names: tuple[str, ...]) -> dict[str, int]:
        return {name: self.calls[name] for name in names if self.calls[name]}


def counted(engine: Engine, job: SyncJob) -> Counting:
    store = Counting(engine.store)
    engine.provider.calls.clear()
    engine.made_of(store).run(job, lambda: 100.0)
    return store


def test_nothing_changed_is_one_call_a_calendar_one_read_and_two_writes() -> None:
    engine = Engine(public_url="https://calendar.example.com")
    engine.put(meeting())
    engine.sync()
    store = counted(engine, SyncJob(KEY, calendars=(0,)))
    assert engine.provider.calls == {"changes": 1}
    assert store.of(READS) == {"context": 1}
    assert store.of(WRITES) == {"acquire": 1, "release": 1}


def test_our_own_write_comes_back_as_nothing_new() -> None:
    engine = Engine()
    engine.sync()
    engine.put(meeting())
    engine.sync()
    before = engine.record()
    store = counted(engine, SyncJob(KEY, calendars=(0,)))
    assert engine.provider.calls == {"changes": 1}
    assert engine.record() == before
    assert store.of(WRITES) == {"acquire": 1, "commit": 1, "release": 1} or store.of(WRITES) == {
        "acquire": 1,
        "release": 1,
    }


def test_25_changes_are_one_call_and_one_commit() -> None:
    engine = Engine()
    engine.sync()
    for n in range(25):
        engine.provider.user_put(user_event(f"e{n}"))
    store = counted(engine, SyncJob(KEY, calendars=(0,)))
    assert engine.provider.calls == {"changes": 1}
    assert store.of(WRITES) == {"acquire": 1, "commit": 1, "release": 1}


@pytest.mark.parametrize(("events", "calls"), [(0, 1), (100, 1), (101, 2), (250, 3)])
def test_a_first_sync_is_one_call_a_page_and_one_job_a_page(events: int, calls: int) -> None:
    engine = Engine(MemoryCalendar(page_size=100))
    for n in range(events):
        engine.provider.user_put(user_event(f"e{n}"))
    engine.sync()
    assert engine.provider.calls["changes"] == calls
    assert len(engine.stored()) == events
    assert engine.connection.calendars[0].proved_at is not None


@pytest.mark.parametrize("error", [RateLimited("slow down", retry_after=90.0), Unavailable("down")])
def test_a_mailbox_that_fails_is_due_later_and_the_job_is_done(error: Exception) -> None:
    engine = Engine()
    engine.store.postpone(KEY, 1, engine.clock.now() + timedelta(hours=6))
    engine.provider.fail("changes", error)
    engine.sync()
    due_at = engine.connection.due_at
    assert due_at is not None
    wait = (due_at - engine.clock.now()).total_seconds()
    assert wait == (90.0 if isinstance(error, RateLimited) else 22.5)
    assert engine.connection.failures == 1
    engine.sync()
    assert engine.connection.failures == 0


def test_a_channel_is_opened_once_and_renewed_a_day_before_it_ends_with_an_overlap() -> None:
    engine = Engine(public_url="https://calendar.example.com")
    engine.sync()
    first = engine.connection.calendars[0].subscription
    assert first is not None
    assert list(engine.provider.channels) == [first.id]
    assert engine.provider.channels[first.id][1] == "https://calendar.example.com/webhooks/google"
    engine.sync()
    assert engine.provider.calls["watch"] == 1
    engine.clock.advance(timedelta(days=6, hours=1))
    engine.sync()
    second = engine.connection.calendars[0].subscription
    assert second is not None
    assert second.id != first.id
    assert list(engine.provider.channels) == [second.id]


def test_a_run_that_is_under_way_takes_over_what_comes_in() -> None:
    engine = Engine()
    other = engine.made_of(engine.store)

    def hook(method: str, when: str) -> None:
        if (method, when) == ("changes", "after"):
            engine.provider.hook = None
            engine.put(meeting())
            other.run(SyncJob(KEY, meetings=True), lambda: 100.0)

    engine.provider.hook = hook
    engine.runs.run(SyncJob(KEY, calendars=(0,)), lambda: 100.0)
    assert engine.link().state is LinkState.LINKED


class _Registry:
    def __init__(self, provider: MemoryCalendar) -> None:
        self.provider = provider
        self.revoked: list[str] = []

    def authorizer(self, _service: str) -> _Registry:
        return self

    def access_token(self, secret: str) -> tuple[Any, str]:
        return self.provider_token, secret

    @property
    def provider_token(self) -> Any:
        return type("Token", (), {"value": "token"})()

    def push(self, _service: str, _token: str) -> MemoryCalendar:
        return self.provider

    def revoke(self, secret: str) -> bool:
        self.revoked.append(secret)
        return True


def test_a_teardown_closes_channels_revokes_and_forgets_and_the_calendar_keeps_its_events() -> None:
    engine = Engine(public_url="https://calendar.example.com")
    engine.put(meeting())
    engine.sync()
    engine.store.end([engine.connection], reason="user_removed", due_at=engine.clock.now(), by=engine_by())
    registry = _Registry(engine.provider)
    teardowns = Teardowns(engine.store, registry, engine.queue, engine.watcher)  # type: ignore[arg-type]
    teardowns.run(TeardownJob(KEY, 1), lambda: 100.0)
    assert engine.provider.channels == {}
    assert registry.revoked == ["secret"]
    assert engine.store.gone(KEY, 1) is None
    assert engine.stored() == {}
    assert len(engine.provider.events) == 1
    assert engine.record().links[0] is not None


def engine_by() -> Any:
    from tests.support.engine import BY

    return BY


def test_several_calendars_one_of_another_owner() -> None:
    infos = [
        CalendarInfo("primary", "Work", "Europe/Berlin", True, True, True),
        CalendarInfo("shared", "Boss", "Europe/Berlin", False, False, True),
    ]
    engine = Engine(MemoryCalendar(infos=infos))
    engine.provider.user_put(replace(user_event("e1", "@meet"), calendar_id="shared"))
    engine.put(meeting("m1", part()))
    engine.sync()
    assert engine.link().calendar_id == "primary"
    assert not engine.stored()["e1"].requested
