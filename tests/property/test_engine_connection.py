"""The engine's machine, with all that can happen to a connection: permissions, mailboxes, selection, lost rounds.

Each mail is traced to an act of the platform's user on that meeting: at most one for each act, guest and occurrence.
"""

from __future__ import annotations

import os
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from meetbridge.model.connection import Access
from meetbridge.model.event import Event
from meetbridge.model.meeting import LinkState
from meetbridge.model.times import EventTime
from meetbridge.ports.jobs import SyncJob
from meetbridge.sync.mapping import guests_cross, part_of
from meetbridge.sync.merge import same_part

from tests.property.test_engine import EngineMachine
from tests.support.engine import KEY, meeting
from tests.support.memory_provider import Box

Told = tuple[str, EventTime | None, str]


class ConnectionMachine(EngineMachine):
    """The user's own events are never touched; what is linked is equal; what is not has a reason."""

    def __init__(self) -> None:
        super().__init__()
        self.boxes: dict[str, Box] = {}
        self.box = "box"
        self.reasons = {LinkState.LINKED}
        self.own: dict[str, dict[tuple[str, str], Event]] = {"box": {}}
        self.acts_on: dict[str, int] = {}
        self.mailed: dict[Told, int] = {}
        self.owners: dict[str, str] = {}
        self.read = 0
        self._follow_acts()

    def _follow_acts(self) -> None:
        put = self.engine.put

        def counted(wanted, requested=None):  # type: ignore[no-untyped-def]
            self.acts_on[wanted.id] = self.acts_on.get(wanted.id, 0) + 1
            return put(wanted, requested)

        self.engine.put = counted  # type: ignore[method-assign]

    # -------------------------------------------------------------- what happens to the connection

    @rule(access=st.sampled_from([Access.READ, Access.READ_WRITE]))
    def reconnected(self, access: Access) -> None:
        self.reasons |= {LinkState.AMBIGUOUS, LinkState.UNLINKED}
        self.engine.connect(mailbox=self.box, access=access)

    @rule(box=st.sampled_from(["box", "another"]))
    def another_mailbox(self, box: str) -> None:
        if box == self.box:
            return
        self.reasons |= {LinkState.UNLINKED, LinkState.DORMANT, LinkState.OUTSIDE_SELECTION, LinkState.AMBIGUOUS}
        self.boxes[self.box] = self.engine.provider.leave()
        if box in self.boxes:
            self.engine.provider.enter(self.boxes.pop(box))
        self.box = box
        self.own.setdefault(box, {})
        self.engine.connect(mailbox=box)

    @rule(names=st.sampled_from([("primary",), ("other",), ("primary", "other"), ()]))
    def selected(self, names: tuple[str, ...]) -> None:
        self.reasons |= {LinkState.DORMANT, LinkState.OUTSIDE_SELECTION, LinkState.UNLINKED}
        self.engine.select(*names)

    @rule(calls=st.integers(1, 5))
    def tokens_are_forgotten_during_a_round(self, calls: int) -> None:
        left = calls

        def hook(method: str, when: str) -> None:
            nonlocal left
            left -= method == "changes" and when == "after"
            if not left:
                self.engine.provider.forget_tokens()

        self.engine.provider.hook = hook
        self.engine.runs.run(SyncJob(KEY, meetings=True), lambda: 100.0)
        self.engine.provider.hook = None

    @rule()
    def days_pass(self) -> None:
        self.engine.clock.advance(timedelta(days=2))

    @rule(id_=st.sampled_from(["m1", "m2", "m3"]))
    def platform_cancels_at_any_time(self, id_: str) -> None:
        found = self.engine.store._state.meetings.get(KEY, {}).get(id_)
        if found is not None and not found.meeting.cancelled:
            self.engine.put(meeting(id_, *found.meeting.parts))
            self.engine.cancel(id_)

    def user_makes_an_event(self, title: str) -> None:
        before = set(self.engine.provider.events)
        super().user_makes_an_event(title)
        for place in set(self.engine.provider.events) - before:
            self.own[self.box][place] = self.engine.provider.events[place]

    # -------------------------------------------------------------- what must hold

    def an_empty_listing_comes_once(self) -> None:
        """Covered by the simpler machine: here any calendar may be empty."""

    def _both_sides_are_equal(self) -> None:
        engine = self.engine
        chosen = {c.id for c in engine.connection.calendars if c.selected}
        stored = {(s.event.calendar_id, s.event.id): s for s in engine.stored().values()}
        seen = {place: event for place, event in engine.provider.events.items() if place[0] in chosen}
        assert {place: s.event for place, s in stored.items()} == seen
        writable = engine.connection.permissions.calendar is Access.READ_WRITE
        taken: set[tuple[str, str]] = set()
        for id_ in self._meetings():
            record = engine.record(id_)
            for wanted, link in zip(record.meeting.parts, record.links, strict=False):
                if link is None or not link.etag:
                    assert not (writable and chosen), "a meeting without an event"
                    continue
                assert link.state in self.reasons, link.state
                if link.state is not LinkState.LINKED or link.generation != engine.connection.generation:
                    continue
                place = (link.calendar_id, link.event_id)
                assert place not in taken, "one event for one meeting"
                taken.add(place)
                assert stored[place].meeting_id == id_
                said = part_of(seen[place], wanted, guests=guests_cross(record.meeting, link))
                assert not writable or same_part(said, wanted), (said, wanted)
        for place, event in self.own[self.box].items():
            assert engine.provider.events[place] == event, "a user's own event is never touched"

    @invariant()
    def each_mail_is_an_act_s_and_comes_once(self) -> None:
        for event in self.engine.provider.events.values():
            if event.meeting_id:
                self.owners[event.id] = event.meeting_id
        for id_, record in self.engine.store._state.meetings.get(KEY, {}).items():
            for link in record.links:
                if link is not None:
                    self.owners[link.event_id] = id_
        for mail in self.engine.provider.mails[self.read :]:
            for guest in mail.to:
                told, acts = (mail.event_id, mail.recurrence_id, guest), self.acts_on[self.owners[mail.event_id]]
                assert self.mailed.get(told, 0) < acts, "a mail that nobody asked for"
                self.mailed[told] = acts
        self.read = len(self.engine.provider.mails)


class CompleteConnectionMachine(ConnectionMachine):
    complete = True


_SETTINGS = settings(
    max_examples=int(os.environ.get("MACHINE_EXAMPLES", "40")),
    stateful_step_count=int(os.environ.get("MACHINE_STEPS", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestConnectionMastersApart = ConnectionMachine.TestCase
TestConnectionMastersApart.settings = _SETTINGS
TestConnectionMastersComplete = CompleteConnectionMachine.TestCase
TestConnectionMastersComplete.settings = _SETTINGS
