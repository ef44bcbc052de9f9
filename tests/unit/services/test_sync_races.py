"""The platform speaks while a run writes: its newest word counts, and our own write is no word of the calendar's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from meetbridge.model.changes import EventWrite
from meetbridge.model.event import Event

from tests.support.engine import Engine, meeting, timed
from tests.support.memory_provider import MemoryCalendar


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
