"""Recurrence lines compared by what they say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from meetbridge.model.times import EventTime
from meetbridge.sync import rules

from tests.support.engine import part, timed, user_event

START = timed("2026-03-10T10:00")
ALL_DAY = EventTime(START.local.date())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("RRULE:FREQ=WEEKLY", "RRULE:FREQ=WEEKLY;BYDAY=TU", True),
        ("RRULE:FREQ=WEEKLY", "RRULE:FREQ=WEEKLY;BYDAY=WE", False),
        ("RRULE:FREQ=WEEKLY;INTERVAL=1;WKST=MO", "rrule:wkst=mo;freq=weekly", True),
        ("RRULE:FREQ=WEEKLY;BYDAY=TU,WE", "RRULE:BYDAY=WE,TU;FREQ=WEEKLY", True),
        ("RRULE:FREQ=MONTHLY", "RRULE:FREQ=MONTHLY;BYMONTHDAY=10", True),
        ("RRULE:FREQ=YEARLY", "RRULE:FREQ=YEARLY;BYMONTHDAY=10;BYMONTH=3", True),
        ("RRULE:FREQ=MONTHLY;BYDAY=+1MO", "RRULE:FREQ=MONTHLY;BYDAY=1MO", True),
        ("RRULE:FREQ=DAILY;UNTIL=20260401T080000Z", "RRULE:FREQ=DAILY;UNTIL=20260401T100000", True),
        ("RRULE:FREQ=DAILY;UNTIL=20260320T090000Z", "RRULE:FREQ=DAILY;UNTIL=20260320T100000", True),
        ("RRULE:FREQ=DAILY;COUNT=5", "RRULE:FREQ=DAILY;COUNT=6", False),
        ("RRULE:FREQ=DAILY;COUNT=5", "RRULE:FREQ=DAILY", False),
        ("RRULE:FREQ=SECONDLY", "rrule:freq=secondly ", True),
        ("", "RRULE:FREQ=DAILY", False),
        ("EXDATE:20260317T090000Z", "EXDATE;TZID=Europe/Berlin:20260317T100000", True),
        (
            "EXDATE;TZID=Europe/Berlin:20260317T100000,20260324T100000",
            "EXDATE;TZID=Europe/Berlin:20260324T100000|EXDATE;TZID=Europe/Berlin:20260317T100000",
            True,
        ),
    ],
)
def test_equal_exactly_when_they_say_the_same(one: str, other: str, same: bool) -> None:
    assert rules.same(part(recurrence=tuple(one.split("|"))), part(recurrence=tuple(other.split("|")))) is same


@pytest.mark.parametrize(
    ("line", "now", "over"),
    [
        ("RRULE:FREQ=DAILY;COUNT=3", "2026-03-12T10:01", True),
        ("RRULE:FREQ=DAILY;COUNT=3", "2026-03-12T09:59", False),
        ("RRULE:FREQ=DAILY;UNTIL=20260312T090000Z", "2026-03-12T10:01", True),
        ("RRULE:FREQ=DAILY;UNTIL=20260312T090000Z", "2026-03-12T09:00", False),
        ("RRULE:FREQ=DAILY", "2036-01-01T00:00", False),
        ("RRULE:FREQ=NEVER", "2036-01-01T00:00", False),
        ("RDATE;TZID=Europe/Berlin:20260320T100000", "2026-03-20T10:01", True),
        ("RDATE;TZID=Europe/Berlin:20260320T100000", "2026-03-20T09:30", False),
    ],
)
def test_over_is_when_the_last_occurrence_has_ended(line: str, now: str, over: bool) -> None:
    end = timed("2026-03-10T11:00")
    assert rules.is_over(START, end, (line,), datetime.fromisoformat(now).replace(tzinfo=UTC)) is over


@pytest.mark.parametrize(
    ("line", "begin", "goes_on"),
    [
        ("RRULE:FREQ=WEEKLY;UNTIL=20260323T225959Z", "2026-03-24T10:00", True),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260323T225959Z", "2026-03-25T14:00", True),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260323T225959Z", "2026-03-31T10:00", False),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260323T225959Z", "2026-03-17T10:00", False),
        ("RRULE:FREQ=WEEKLY;COUNT=2", "2026-03-24T10:00", True),
        ("RRULE:FREQ=WEEKLY;COUNT=2", "2026-03-17T10:00", False),
        ("RRULE:FREQ=WEEKLY", "2026-03-24T10:00", False),
        ("RRULE:FREQ=HOURLY;COUNT=3", "2026-03-10T13:00", False),
        ("RRULE:FREQ=YEARLY;COUNT=1", "2027-03-10T10:00", True),
        ("nonsense", "2026-03-24T10:00", False),
    ],
)
def test_a_series_goes_on_where_another_was_cut(line: str, begin: str, goes_on: bool) -> None:
    cut = user_event("e1", start="2026-03-10T10:00", recurrence=(line,))
    assert rules.goes_on_at(cut, timed(begin)) is goes_on
    assert not rules.goes_on_at(cut, ALL_DAY)
