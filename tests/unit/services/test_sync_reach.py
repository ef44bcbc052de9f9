"""What the engine does where a calendar or a day is out of its reach."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from meetbridge.errors import AuthorizationLost, PermissionDenied, ProviderError, Rejected, Unavailable
from meetbridge.model.meeting import CalendarState, LinkState
from meetbridge.ports.provider import CalendarInfo

from tests.support.engine import WEEKLY, Engine, link_of, meeting, user_event
from tests.support.memory_provider import MemoryCalendar

PRIMARY = CalendarInfo("primary", "Work", "Europe/Berlin", True, True, True)
TEAM = CalendarInfo("team", "Team", "Europe/Berlin", False, True, True)


@pytest.fixture
def engine() -> Engine:
    engine = Engine(MemoryCalendar(infos=[PRIMARY, TEAM]))
    connection = replace(engine.connection, default_calendar="team")
    engine.store.update(connection, expected=engine.connection, by=None)  # type: ignore[arg-type]
    return engine


def test_a_meeting_changed_when_sharing_was_lost_is_not_cancelled(engine: Engine) -> None:
    engine.put(meeting("m1"))
    engine.sync()
    assert engine.link().calendar_id == "team"
    engine.provider.infos.remove(TEAM)
    engine.change("m1", topic="New")
    engine.sync()
    engine.clock.advance(timedelta(minutes=11))
    engine.quiet()
    assert engine.link().state is LinkState.DORMANT
    assert not engine.record().meeting.cancelled
    assert engine.record().calendar_state is CalendarState.OUTSIDE_SELECTION


def test_a_meeting_made_when_sharing_was_lost_finds_another_home(engine: Engine) -> None:
    engine.provider.infos.remove(TEAM)
    engine.put(meeting("m1"))
    engine.sync()
    engine.clock.advance(timedelta(seconds=10))
    engine.quiet()
    assert engine.link().calendar_id == "primary"
    assert engine.event().content.location == link_of("m1")


@pytest.mark.parametrize("error", [PermissionDenied("refused"), Rejected("bad")])
def test_a_calendar_that_the_service_refuses_keeps_no_other_waiting_and_is_asked_again_later(
    engine: Engine, error: ProviderError
) -> None:
    engine.sync()
    before = engine.clock.now()
    engine.clock.advance(timedelta(minutes=1))
    engine.provider.user_put(replace(user_event("e1"), calendar_id="team"))
    engine.put(meeting("m1"))
    engine.change("m1", topic="New")
    engine.provider.fail("changes", error)
    engine.sync()
    assert "e1" in engine.stored()
    assert engine.event().content.title == "New"
    primary, team = engine.connection.calendars
    assert (primary.proved_at, team.proved_at) == (before, engine.clock.now())
    assert engine.connection.due_at == engine.clock.now() + timedelta(hours=1)


@pytest.mark.parametrize("error", [AuthorizationLost("gone"), Unavailable("down")])
def test_a_mailbox_that_is_out_of_reach_is_not_asked_for_its_other_calendars(
    engine: Engine, error: ProviderError
) -> None:
    engine.provider.fail("changes", error)
    engine.sync()
    assert engine.provider.calls["changes"] == 1


@pytest.mark.parametrize(
    ("start", "recurrence", "held"),
    [
        ("2026-01-10T10:00", (), False),
        ("2026-02-20T10:00", (), True),
        ("2024-01-09T10:00", WEEKLY, True),
        ("2025-11-01T10:00", ("RRULE:FREQ=DAILY;COUNT=9",), False),
        ("2025-11-01T10:00", ("RRULE:FREQ=DAILY;COUNT=110",), True),
    ],
)
def test_a_first_sync_reads_30_days_back_and_the_series_that_reach_in(
    start: str, recurrence: tuple[str, ...], held: bool
) -> None:
    engine = Engine()
    engine.provider.user_put(user_event("e1", start=start, recurrence=recurrence))
    engine.sync()
    assert ("e1" in engine.stored()) is held


def test_an_old_event_that_its_user_edits_later_is_read(engine: Engine) -> None:
    old = engine.provider.user_put(user_event("e1", start="2026-01-10T10:00"))
    engine.sync()
    engine.provider.user_put(replace(old, content=replace(old.content, title="Edited")))
    engine.sync()
    assert engine.stored()["e1"].event.content.title == "Edited"
