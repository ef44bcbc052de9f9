"""The engine against anything that can happen, in any order: both sides end equal, and nothing is lost or doubled.

Crashes hit every call of the service and of the store, before and after it took effect.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from meetbridge.errors import Unavailable
from meetbridge.model.changes import EventWrite
from meetbridge.model.event import Event
from meetbridge.model.meeting import LinkState, Part, PartException
from meetbridge.model.times import EventTime
from meetbridge.ports.jobs import SyncJob
from meetbridge.ports.provider import CalendarInfo
from meetbridge.services.sweep import Sweep
from meetbridge.sync import links
from meetbridge.sync.mapping import guests_cross, part_of
from meetbridge.sync.merge import same_part

from tests.support.clock import START
from tests.support.engine import INTERVAL, KEY, WEEKLY, Engine, meeting, part, user_event
from tests.support.memory_provider import MemoryCalendar

TITLES = st.sampled_from(["Alpha", "Beta", "Gamma", "<b>&amp;"])
AGENDAS = st.sampled_from(["", "One", "One\n\nTwo", "a < b &copy", "-:-:- End of online meeting -:-:-x"])
WRITES = ("create", "update", "delete", "update_occurrence", "cancel_occurrence")
STORE_CALLS = ("acquire", "extend", "commit", "mark", "load", "meetings", "release", "unseen", "dirty", "update")


class Crash(BaseException):
    """The process is gone."""


class CrashingStore:
    """The store, each call of which may be the last thing that a run does."""

    def __init__(self, store: object, step: Callable[[], None]) -> None:
        self._store = store
        self._step = step

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name not in STORE_CALLS:
            return method

        def call(*args: Any, **kwargs: Any) -> Any:
            self._step()
            answer = method(*args, **kwargs)
            self._step()
            return answer

        return call


class EngineMachine(RuleBasedStateMachine):
    complete = False

    def __init__(self) -> None:
        super().__init__()
        infos = [
            CalendarInfo("primary", "Work", "Europe/Berlin", True, True, True),
            CalendarInfo("other", "Other", "Europe/Berlin", False, True, True),
        ]
        self.engine = Engine(MemoryCalendar(complete_masters=self.complete, infos=infos, page_size=3))
        self.sweep = Sweep(self.engine.store, self.engine.queue, self.engine.clock, INTERVAL)
        self.steps_left: int | None = None
        self.number = 0
        self.acts = 0

    # -------------------------------------------------------------- crashes

    def _step(self) -> None:
        if self.steps_left is None:
            return
        self.steps_left -= 1
        if self.steps_left < 0:
            raise Crash

    def _hook(self, method: str, when: str) -> None:
        self._step()

    def _new_id(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    # -------------------------------------------------------------- what both sides do

    def _meetings(self) -> list[str]:
        found = self.engine.store._state.meetings.get(KEY, {})
        return sorted(i for i, r in found.items() if not r.meeting.cancelled)

    def _linked(self) -> list[tuple[str, int, Event]]:
        found = []
        for id_ in self._meetings():
            for index, link in enumerate(self.engine.record(id_).links):
                if link is None or link.state is not LinkState.LINKED:
                    continue
                event = self.engine.provider.events.get((link.calendar_id, link.event_id))
                if event is not None:
                    found.append((id_, index, event))
        return found

    @initialize()
    def begin(self) -> None:
        self.put("Alpha", True, "One")
        self.engine.sync()

    @rule(topic=TITLES, series=st.booleans(), agenda=AGENDAS)
    def put(self, topic: str, series: bool, agenda: str) -> None:
        if len(self._meetings()) >= 4:
            return
        id_ = self._new_id("m")
        self.acts += 1
        day = f"2026-03-{10 + 7 * (self.number % 3):02}T10:00"
        wanted = part(topic, day, recurrence=WEEKLY if series else (), agenda=agenda, invitees=("bob@example.com",))
        self.engine.put(meeting(id_, wanted))

    @precondition(lambda self: self._meetings())
    @rule(data=st.data(), topic=TITLES, agenda=AGENDAS)
    def platform_edits(self, data: st.DataObject, topic: str, agenda: str) -> None:
        id_ = data.draw(st.sampled_from(self._meetings()))
        self.acts += 1
        self.engine.change(id_, topic=topic, agenda=agenda)

    @precondition(lambda self: self._meetings())
    @rule(data=st.data(), hours=st.integers(-2, 2))
    def platform_moves(self, data: st.DataObject, hours: int) -> None:
        id_ = data.draw(st.sampled_from(self._meetings()))
        now = self.engine.part(id_)
        self.acts += 1
        exceptions = tuple(replace(e, recurrence_id=_later(e.recurrence_id, hours)) for e in now.exceptions)
        self.engine.change(id_, start=_later(now.start, hours), end=_later(now.end, hours), exceptions=exceptions)

    @precondition(lambda self: self._meetings())
    @rule(data=st.data(), week=st.integers(0, 3), cancelled=st.booleans(), topic=TITLES)
    def platform_edits_this(self, data: st.DataObject, week: int, cancelled: bool, topic: str) -> None:
        id_ = data.draw(st.sampled_from(self._meetings()))
        now = self.engine.part(id_)
        if not now.recurrence or _until(now):
            return
        rid = _later(now.start, 24 * 7 * week)
        others = tuple(e for e in now.exceptions if e.recurrence_id.local != rid.local)
        self.acts += 1
        one = PartException(rid, cancelled=True) if cancelled else PartException(rid, topic=topic)
        self.engine.change(id_, exceptions=tuple(sorted((*others, one), key=lambda e: e.recurrence_id.local)))

    @precondition(lambda self: self._linked())
    @rule(data=st.data(), title=TITLES, hours=st.integers(-2, 2))
    def user_edits(self, data: st.DataObject, title: str, hours: int) -> None:
        _, _, event = data.draw(st.sampled_from(self._linked()))
        content = event.content
        changed = replace(content, title=title, start=_later(content.start, hours), end=_later(content.end, hours))
        self.engine.provider.user_put(replace(event, content=changed))

    @precondition(lambda self: self._linked())
    @rule(data=st.data(), week=st.integers(0, 3), cancelled=st.booleans(), title=TITLES)
    def user_edits_this(self, data: st.DataObject, week: int, cancelled: bool, title: str) -> None:
        _, _, event = data.draw(st.sampled_from(self._linked()))
        if not event.recurrence or "UNTIL" in event.recurrence[0]:
            return
        rid = _later(event.content.start, 24 * 7 * week)
        if cancelled:
            self.engine.provider.user_cancel_occurrence(event.calendar_id, event.id, rid)
        else:
            write = EventWrite(title=title)
            self.engine.provider.user_edit_occurrence(event.calendar_id, event.id, rid, write)

    @precondition(lambda self: self._linked())
    @rule(data=st.data())
    def user_deletes(self, data: st.DataObject) -> None:
        _, _, event = data.draw(st.sampled_from(self._linked()))
        self.engine.provider.user_delete(event.calendar_id, event.id)

    @precondition(lambda self: self._linked())
    @rule(data=st.data())
    def user_moves(self, data: st.DataObject) -> None:
        _, _, event = data.draw(st.sampled_from(self._linked()))
        target = "other" if event.calendar_id == "primary" else "primary"
        self.engine.provider.user_move(event.calendar_id, event.id, target)

    @precondition(lambda self: self._linked())
    @rule(data=st.data())
    def user_copies(self, data: st.DataObject) -> None:
        _, _, event = data.draw(st.sampled_from(self._linked()))
        if not event.recurrence:
            self.engine.provider.user_copy(event.calendar_id, event.id, self._new_id("copy"))

    @precondition(lambda self: self._linked())
    @rule(data=st.data(), week=st.integers(1, 3))
    def user_cuts(self, data: st.DataObject, week: int) -> None:
        self.engine.quiet()
        if not self._linked():
            return
        _, _, event = data.draw(st.sampled_from(self._linked()))
        if not event.recurrence or "UNTIL" in event.recurrence[0] or len(self._linked()) > 6:
            return
        rid = _later(event.content.start, 24 * 7 * week)
        self.engine.provider.user_cut(event.calendar_id, event.id, rid, self._new_id("cut"), EventWrite(title="Cut"))

    @rule(title=TITLES)
    def user_makes_an_event(self, title: str) -> None:
        self.engine.provider.user_put(user_event(self._new_id("e"), title))

    @precondition(lambda self: self._meetings())
    @rule(data=st.data())
    def platform_cancels(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(self._meetings()))
        self.acts += 1
        self.engine.cancel(id_)

    # -------------------------------------------------------------- what the world does

    @rule()
    def tokens_are_forgotten(self) -> None:
        self.engine.provider.forget_tokens()

    @rule()
    def an_empty_listing_comes_once(self) -> None:
        """Of a calendar of which we hold something: of one that we have never seen it is simply believed."""
        self.engine.quiet()
        held = {s.event.calendar_id for s in self.engine.stored().values()}
        if held == {"primary", "other"}:
            self.engine.provider.forget_tokens()
            self.engine.provider.empty_listings = 2
            self.engine.sync()

    @rule(calendar=st.integers(0, 1))
    def a_notification_comes(self, calendar: int) -> None:
        self.engine.notified(calendar)

    @rule(after=st.integers(0, 40), calendars=st.sampled_from([(), (0,)]), seconds=st.integers(0, 200))
    def a_run_dies(self, after: int, calendars: tuple[int, ...], seconds: int) -> None:
        """It may hold the lease still when the next one comes, and what it left to the queue is lost."""
        self.engine.provider.hook = self._hook
        runs = self.engine.made_of(CrashingStore(self.engine.store, self._step))
        self.steps_left = after
        with suppress(Crash):
            runs.run(SyncJob(KEY, calendars=calendars, meetings=True), lambda: 100.0)
        self.steps_left = None
        self.engine.provider.hook = None
        self.engine.queue.jobs.clear()
        self.engine.clock.advance(timedelta(seconds=seconds))

    @precondition(lambda self: self.engine.clock.now() < START + timedelta(days=5))
    @rule(after=st.integers(0, 40))
    def a_run_dies_and_the_sweep_alone_goes_on(self, after: int) -> None:
        """Nothing but what stands in the table brings both sides together; the meetings are still to come then."""
        self.a_run_dies(after, (), 0)
        clock = self.engine.clock
        for _ in range(40):
            due_at = self.engine.connection.due_at
            assert due_at is not None
            assert due_at - clock.now() <= INTERVAL
            clock.moment = max(due_at, clock.now())
            self.sweep.run(lambda: 50.0)
            self.engine.work()
            for calendar in (0, 1):
                self.engine.notified(calendar)  # of what was just written
            self.engine.work()
            if (self.engine.connection.due_at or clock.now()) - clock.now() > INTERVAL / 2:
                break
        self._both_sides_are_equal()

    @rule(method=st.sampled_from([*WRITES, "changes", "get", "find"]), after=st.booleans())
    def the_service_fails(self, method: str, after: bool) -> None:
        self.engine.provider.fail(method, Unavailable("down"), after=after)
        self.engine.sync()
        self.engine.provider.hook = None

    @rule()
    def time_passes(self) -> None:
        self.engine.clock.advance(timedelta(minutes=11))

    @rule()
    def all_is_quiet(self) -> None:
        self.engine.quiet()
        self._both_sides_are_equal()
        before = self._writes()
        self.engine.sync()
        assert self._writes() == before, "a second sync plans nothing"

    # -------------------------------------------------------------- what must hold

    def _writes(self) -> int:
        return sum(self.engine.provider.calls[name] for name in WRITES)

    def _both_sides_are_equal(self) -> None:
        engine = self.engine
        stored = {(s.event.calendar_id, s.event.id): s for s in engine.stored().values()}
        assert {k: s.event for k, s in stored.items()} == engine.provider.events
        taken: set[tuple[str, str]] = set()
        for id_ in self._meetings():
            record = engine.record(id_)
            for index, wanted in enumerate(record.meeting.parts):
                link = record.links[index]
                assert link is not None
                assert link.state is LinkState.LINKED, link.state
                place = (link.calendar_id, link.event_id)
                assert place not in taken, "one event for one meeting"
                taken.add(place)
                event = engine.provider.events[place]
                assert links.carries(event.content, record.meeting.join_url)
                said = part_of(event, wanted, guests=guests_cross(record.meeting, link))
                assert same_part(said, wanted), (said, wanted)
                assert stored[place].meeting_id == id_
        made = [e for e in engine.provider.events.values() if e.meeting_id and not e.id.startswith(("copy", "cut"))]
        assert len(made) == len({(e.meeting_id, e.id) for e in made})
        living = {e.meeting_id for e in made if (e.calendar_id, e.id) not in taken}
        assert not living & set(self._meetings()) - self._with_cuts(), "no event without its meeting"

    def _with_cuts(self) -> set[str]:
        return {i for i in self._meetings() if len(self.engine.record(i).meeting.parts) > 1}

    @invariant()
    def no_mail_beyond_the_platform_s_own_acts(self) -> None:
        assert not self.engine.provider.mails or self.acts


def _later(time: EventTime, hours: int) -> EventTime:
    return EventTime(time.local + timedelta(hours=hours), time.zone)


def _until(now: Part) -> bool:
    return any("UNTIL" in line for line in now.recurrence)


class CompleteMastersMachine(EngineMachine):
    complete = True


_SETTINGS = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestMastersApart = EngineMachine.TestCase
TestMastersApart.settings = _SETTINGS
TestMastersComplete = CompleteMastersMachine.TestCase
TestMastersComplete.settings = _SETTINGS
