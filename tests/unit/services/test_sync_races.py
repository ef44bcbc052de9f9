"""The platform speaks while a run writes: its newest word counts, and our own write is no word of the calendar's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from meetbridge.model.changes import EventWrite
from meetbridge.model.event import Event, Visibility
from meetbridge.model.meeting import PartException

from tests.support.engine import WEEKLY, Engine, guests, meeting, timed
from tests.support.memory_provider import MemoryCalendar


class Killed(BaseException):
    """The process is gone."""


class Interrupted(MemoryCalendar):
    """`meanwhile` happens once, after the next update has taken effect."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: list[Callable[[], object]] = []

    def update(self, calendar_id: str, event_id: str, etag: str, write: EventWrite, *, notify: bool) -> Event:
        changed = super().update(calendar_id, event_id, etag, write, notify=notify)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return changed


def engine() -> tuple[Engine, Interrupted]:
    calendar = Interrupted()
    made = Engine(calendar)
    made.put(meeting())
    made.sync()
    return made, calendar


def move(run: Engine, hour: str) -> None:
    run.change("m1", start=timed(f"2026-03-10T{hour}:00"), end=timed(f"2026-03-10T{hour}:30"))


def test_what_the_platform_says_while_a_run_writes_is_not_overruled_by_that_write() -> None:
    run, calendar = engine()
    move(run, "12")
    calendar.meanwhile = [lambda: move(run, "13")]
    run.quiet()
    assert run.part().start == run.event().content.start == timed("2026-03-10T13:00")
    assert run.record().meeting.revision == 3


def test_nor_where_it_speaks_again_and_again() -> None:
    run, calendar = engine()
    run.change("m1", topic="First")
    calendar.meanwhile = [lambda: run.change("m1", topic="Second"), lambda: run.change("m1", topic="Third")]
    run.quiet()
    assert run.part().topic == run.event().content.title == "Third"
    assert run.record().meeting.revision == 4


FIELDS = [
    {"topic": "Older"},
    {"start": timed("2026-03-10T12:00"), "end": timed("2026-03-10T12:30")},
    {"agenda": "Older"},
    {"private": True},
    {"invitees": ("bob@example.com",)},
    {"recurrence": WEEKLY, "exceptions": (PartException(timed("2026-03-17T10:00"), topic="Older"),)},
]


def killed(run: Engine) -> None:
    """A run that dies when its write has taken effect: nothing of it is recorded."""

    def die(method: str, when: str) -> None:
        if (method, when) == ("update", "after"):
            raise Killed

    run.provider.hook = die
    with pytest.raises(Killed):
        run.sync()
    run.provider.hook = None
    run.queue.jobs.clear()
    run.clock.advance(61)


@pytest.mark.parametrize("notified", [False, True])
@pytest.mark.parametrize("older", FIELDS)
def test_our_own_older_word_of_a_run_that_died_is_no_word_of_the_user_s(older: dict[str, Any], notified: bool) -> None:
    run, calendar = engine()
    before = run.part()
    run.change("m1", **older)
    killed(run)
    for newer in (replace(before, topic="Newest", agenda="Newest"), replace(before, topic="Newer still")):
        run.put(replace(run.record().meeting, parts=(newer,)))
    calendar.mails.clear()
    if notified:
        run.notified(0)
    run.quiet()
    assert run.part() == run.link().base == replace(before, topic="Newer still")
    assert run.event().content.title == "Newer still"
    assert run.link().unsettled == ()


def test_nor_where_the_newest_word_is_the_one_before_it_and_who_was_told_is_told_again() -> None:
    run, calendar = engine()
    run.change("m1", topic="Before", invitees=("bob@example.com",))
    run.quiet()
    run.change("m1", topic="Older")
    killed(run)
    run.change("m1", topic="Before")
    calendar.mails.clear()
    run.quiet()
    assert run.part().topic == run.event().content.title == "Before"
    assert [mail.act for mail in calendar.mails] == ["update"]


def test_what_the_user_says_besides_our_own_older_word_is_kept() -> None:
    run, calendar = engine()
    run.change("m1", topic="Older", invitees=("bob@example.com",))
    killed(run)
    event = run.event()
    mine = (*event.content.attendees, *guests("carol@example.com"))
    calendar.user_put(replace(event, content=replace(event.content, attendees=mine, visibility=Visibility.PRIVATE)))
    run.change("m1", topic="Newest", invitees=())
    run.quiet()
    assert (run.part().topic, run.part().private) == ("Newest", True)
    assert run.part().invitees == ("carol@example.com",)


def test_what_was_replaced_before_any_run_is_not_remembered_when_the_newest_word_is_in_the_calendar() -> None:
    run, _ = engine()
    for topic in ("Older", "Planning"):
        run.change("m1", topic=topic)
    run.quiet()
    event = run.event()
    run.provider.user_put(replace(event, content=replace(event.content, title="Older")))
    run.quiet()
    assert run.part().topic == run.event().content.title == "Older"


def test_what_the_user_changed_in_between_is_kept() -> None:
    run, calendar = engine()
    run.change("m1", topic="Ours")

    def both() -> None:
        move(run, "13")
        event = run.event()
        content = replace(event.content, title="The user's")
        calendar.user_put(replace(event, content=content))

    calendar.meanwhile = [both]
    run.quiet()
    assert run.part().topic == run.event().content.title == "The user's"
    assert run.part().start == run.event().content.start == timed("2026-03-10T13:00")
