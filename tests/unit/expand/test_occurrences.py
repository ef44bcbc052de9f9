"""What a series shows, on the wall clocks of RFC 5545, 3.3.5; overrides, dates and hostile rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from meetbridge.model.event import Content, Event, Override
from meetbridge.model.times import EventTime
from meetbridge.sync.expand import first_day, last_day, occurrence, occurrences, span

BERLIN = "Europe/Berlin"
HOUR = timedelta(hours=1)


def series(*lines: str, start: EventTime, lasts: timedelta = HOUR) -> Event:
    return Event("e", "c", "u", "", Content("t", start, start.moved(lasts)), lines)


def at(*wall: int, zone: str = BERLIN) -> EventTime:
    return EventTime(datetime(*wall), zone)  # type: ignore[arg-type]


def window(event: Event, first: str, last: str) -> list[str]:
    low, high = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last))
    found = occurrences(event, low, high)
    return [o.content.start.instant.strftime("%m-%d %H:%M") for o in found]


DAILY_NIGHT = series("RRULE:FREQ=DAILY", start=at(2026, 3, 1, 2, 30), lasts=timedelta(minutes=30))


@pytest.mark.parametrize(
    ("event", "first", "last", "shown"),
    [
        pytest.param(
            DAILY_NIGHT, "2026-03-28", "2026-03-31", ["03-28 01:30", "03-29 01:30", "03-30 00:30"], id="DST gap"
        ),
        pytest.param(
            DAILY_NIGHT, "2026-10-24", "2026-10-27", ["10-24 00:30", "10-25 00:30", "10-26 01:30"], id="DST overlap"
        ),
        pytest.param(
            series("RRULE:FREQ=WEEKLY;UNTIL=20260317T080000Z", start=at(2026, 3, 3, 9)),
            "2026-03-10",
            "2026-04-10",
            ["03-10 08:00", "03-17 08:00"],
            id="UNTIL in UTC counts itself",
        ),
        pytest.param(
            series("RRULE:FREQ=WEEKLY;UNTIL=20260317T075959Z", start=at(2026, 3, 3, 9)),
            "2026-03-10",
            "2026-04-10",
            ["03-10 08:00"],
            id="UNTIL in UTC a second before",
        ),
        pytest.param(
            series("RRULE:FREQ=WEEKLY;UNTIL=20260317", start=at(2026, 3, 3, 9)),
            "2026-03-10",
            "2026-04-10",
            ["03-10 08:00", "03-17 08:00"],
            id="UNTIL date counts to its end",
        ),
        pytest.param(
            series("RRULE:FREQ=DAILY;COUNT=3", start=at(2026, 3, 3, 9)),
            "2026-03-04",
            "2026-04-10",
            ["03-04 08:00", "03-05 08:00"],
            id="COUNT from the start",
        ),
        pytest.param(
            series(
                "RRULE:FREQ=DAILY;COUNT=4",
                "EXDATE;TZID=America/New_York:20260304T030000",
                "EXDATE:20260305T080000Z",
                "RDATE;TZID=Europe/Berlin:20260310T120000",
                start=at(2026, 3, 3, 9),
            ),
            "2026-03-01",
            "2026-04-10",
            ["03-03 08:00", "03-06 08:00", "03-10 11:00"],
            id="EXDATE and RDATE in other zones",
        ),
        pytest.param(
            series("RDATE;VALUE=DATE:20260310", start=EventTime(date(2026, 3, 3)), lasts=timedelta(days=2)),
            "2026-03-04",
            "2026-03-11",
            ["03-03 00:00", "03-10 00:00"],
            id="all-day, reaching in",
        ),
        pytest.param(
            series("RRULE:FREQ=YEARLY", start=EventTime(date(2024, 2, 29)), lasts=timedelta(days=1)),
            "2028-01-01",
            "2028-12-31",
            ["02-29 00:00"],
            id="leap day",
        ),
        pytest.param(
            series("RRULE:FREQ=DAILY", start=at(2026, 3, 3, 22), lasts=timedelta(hours=6)),
            "2026-03-10",
            "2026-03-10T12:00",
            ["03-09 21:00"],
            id="begun before the window",
        ),
    ],
)
def test_shown(event: Event, first: str, last: str, shown: list[str]) -> None:
    assert window(event, first, last) == shown


def test_all_members_last_exactly_as_long_as_the_first() -> None:
    event = series("RRULE:FREQ=DAILY", start=at(2026, 3, 20, 23), lasts=timedelta(hours=8))
    ends = [o.content.end for o in occurrences(event, *days("2026-03-27", "2026-03-30"))]
    assert [(end.instant - start.instant) for end, start in zip(ends, starts(event), strict=True)] == [8 * HOUR] * 4


def starts(event: Event) -> list[EventTime]:
    return [o.content.start for o in occurrences(event, *days("2026-03-27", "2026-03-30"))]


def days(first: str, last: str) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(first + "T00:00+00:00"), datetime.fromisoformat(last + "T00:00+00:00")


WEEKLY = series("RRULE:FREQ=WEEKLY", start=at(2026, 3, 3, 9))


def moved(original: EventTime, to: EventTime) -> Override:
    return Override(original, replace(WEEKLY.content, title="moved", start=to, end=to.moved(HOUR)))


def test_an_occurrence_moved_out_of_the_window_does_not_show() -> None:
    event = replace(WEEKLY, overrides=(moved(at(2026, 3, 10, 9), at(2026, 5, 1, 9)),))
    assert window(event, "2026-03-09", "2026-03-18") == ["03-17 08:00"]


def test_an_occurrence_moved_into_the_window_shows() -> None:
    event = replace(WEEKLY, overrides=(moved(at(2026, 5, 5, 9), at(2026, 3, 11, 9)),))
    assert window(event, "2026-03-09", "2026-03-13") == ["03-10 08:00", "03-11 08:00"]


def test_a_cancelled_occurrence_does_not_show_and_is_not_found() -> None:
    event = replace(WEEKLY, overrides=(Override(EventTime(datetime(2026, 3, 10, 8), "UTC"), None),))
    assert window(event, "2026-03-09", "2026-03-18") == ["03-17 08:00"]
    assert occurrence(event, at(2026, 3, 10, 9)) is None
    assert occurrence(event, at(2026, 3, 17, 9)) is not None
    assert occurrence(event, at(2026, 3, 18, 9)) is None


def test_a_detached_event_shows_its_exceptions_alone() -> None:
    event = replace(WEEKLY, recurrence=(), detached=True, overrides=(moved(at(2026, 3, 10, 9), at(2026, 3, 11, 9)),))
    [shown] = occurrences(event, *days("2026-03-01", "2026-04-01"))
    assert (shown.content.title, shown.recurrence_id) == ("moved", at(2026, 3, 10, 9))
    assert span(event) == (date(2026, 3, 11), date(2026, 3, 11))


HOSTILE = [
    "RRULE:FREQ=SECONDLY",
    "RRULE:FREQ=MINUTELY;UNTIL=99991231T235959Z",
    "RRULE:FREQ=DAILY;INTERVAL=0",
    "RRULE:FREQ=DAILY;COUNT=-1",
    "RRULE:FREQ=DAILY;INTERVAL=99999999999999999999",
    "RRULE:FREQ=DAILY;BYMONTHDAY=" + "9" * 5000,
    "RRULE:FREQ=DAILY;BYHOUR=99",
    "RRULE:FREQ=HOURLY;BYMINUTE=" + ",".join(map(str, range(60))) + ";BYSECOND=" + ",".join(map(str, range(60))),
    "RRULE:FREQ=YEARLY;BYEASTER=4000",
    "RRULE:FREQ=FORTNIGHTLY",
    "RRULE:",
    "RRULE",
    "garbage",
    "EXDATE:yesterday",
    "RDATE;TZID=Nowhere:20269999T000000",
]


@pytest.mark.parametrize("line", HOSTILE)
def test_a_hostile_rule_shows_its_first_occurrence_with_a_flag(line: str) -> None:
    event = series(line, start=at(2026, 3, 3, 9))
    shown = list(occurrences(event, datetime(2026, 3, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)))
    assert [(o.content.start, o.rule_ignored) for o in shown] == [(at(2026, 3, 3, 9), True)]
    assert first_day(event) == date(2026, 3, 3)


@pytest.mark.parametrize(
    "line",
    [
        "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "RRULE:FREQ=MONTHLY;INTERVAL=12;BYMONTH=4",
        "RRULE:FREQ=HOURLY;BYMONTH=13",
        "RRULE:FREQ=DAILY;COUNT=5;BYMONTH=2;BYMONTHDAY=30",
    ],
)
def test_an_impossible_rule_ends(line: str) -> None:
    event = series(line, start=at(2026, 3, 3, 9))
    assert window(event, "2026-03-01", "2027-03-01") == []
    last_day(event)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (series(start=at(2026, 3, 3, 9)), (date(2026, 3, 3), date(2026, 3, 3))),
        (series(start=EventTime(date(2026, 3, 3)), lasts=timedelta(days=2)), (date(2026, 3, 3), date(2026, 3, 4))),
        (WEEKLY, (date(2026, 3, 3), None)),
        (series("RRULE:FREQ=WEEKLY;COUNT=3", start=at(2026, 3, 3, 9)), (date(2026, 3, 3), date(2026, 3, 17))),
        (
            series("RRULE:FREQ=MONTHLY;BYDAY=1TU;COUNT=3", start=at(2026, 3, 3, 9)),
            (date(2026, 3, 3), date(2026, 5, 5)),
        ),
        (
            replace(
                series("RRULE:FREQ=WEEKLY;COUNT=2", start=at(2026, 3, 3, 9)),
                overrides=(moved(at(2026, 3, 3, 9), at(2026, 2, 1, 9)), moved(at(2026, 3, 10, 9), at(2026, 6, 1, 9))),
            ),
            (date(2026, 2, 1), date(2026, 6, 1)),
        ),
    ],
)
def test_span(event: Event, expected: tuple[date, date | None]) -> None:
    assert span(event) == expected
