"""EventDateTime and EventTime, each made of the other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meetbridge.errors import Unavailable
from meetbridge.model.times import EventTime, at
from meetbridge.providers.google.times import event_date_time, event_time, instance_id


def wall(*values: int, zone: str = "Europe/Berlin", fold: int = 0) -> EventTime:
    return EventTime(datetime(*values, fold=fold), zone)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "time"),
    [
        ({"date": "2026-03-02"}, EventTime(date(2026, 3, 2))),
        ({"dateTime": "2026-03-02T09:00:00+01:00", "timeZone": "Europe/Berlin"}, wall(2026, 3, 2, 9)),
        ({"dateTime": "2026-03-02T08:00:00Z", "timeZone": "Europe/Berlin"}, wall(2026, 3, 2, 9)),
        ({"dateTime": "2026-03-02T03:00:00-05:00", "timeZone": "Europe/Berlin"}, wall(2026, 3, 2, 9)),
        ({"dateTime": "2026-03-02T09:00:00", "timeZone": "Europe/Berlin"}, wall(2026, 3, 2, 9)),
        ({"dateTime": "2026-03-02T08:00:00Z"}, wall(2026, 3, 2, 17, zone="Asia/Tokyo")),
        ({"dateTime": "2026-03-02T08:00:00Z", "timeZone": "No/Where"}, wall(2026, 3, 2, 17, zone="Asia/Tokyo")),
        ({"dateTime": "2026-10-25T00:30:00Z", "timeZone": "Europe/Berlin"}, wall(2026, 10, 25, 2, 30)),
        ({"dateTime": "2026-10-25T01:30:00Z", "timeZone": "Europe/Berlin"}, wall(2026, 10, 25, 2, 30, fold=1)),
    ],
)
def test_what_google_says_is_a_wall_clock_in_its_zone(raw: Any, time: EventTime) -> None:
    found = event_time(raw, "Asia/Tokyo")
    assert found == time
    assert getattr(found.value, "fold", 0) == getattr(time.value, "fold", 0)


def test_an_original_start_is_told_in_the_zone_of_its_series() -> None:
    raw = {"dateTime": "2026-03-02T09:00:00+01:00", "timeZone": "Europe/Berlin"}
    assert event_time(raw, "UTC", "America/New_York") == wall(2026, 3, 2, 3, zone="America/New_York")
    assert event_time({"date": "2026-03-02"}, "UTC", "America/New_York") == EventTime(date(2026, 3, 2))


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "2026-03-02",
        [],
        {},
        {"date": None},
        {"date": "2026-02-30"},
        {"date": 20260302},
        {"date": "0001-01-01"},
        {"dateTime": None},
        {"dateTime": "soon"},
        {"dateTime": 7},
        {"dateTime": "2026-03-02T25:00:00Z"},
        {"dateTime": "0001-01-01T00:00:00+14:00"},
        {"dateTime": "9999-12-31T23:59:59-12:00"},
        {"date": "9999-12-31"},
    ],
)
def test_what_is_no_time_is_unreadable(raw: Any) -> None:
    with pytest.raises(Unavailable):
        event_time(raw, "UTC")


moments = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"])


@settings(max_examples=60, deadline=None)
@given(moments.map(lambda m: m.replace(microsecond=0)), zones)
def test_every_moment_in_every_zone_comes_back(moment: datetime, zone: str) -> None:
    time = at(moment, zone)
    back = event_time(event_date_time(time), "UTC")
    assert (back, back.instant) == (time, moment)


@settings(max_examples=20, deadline=None)
@given(st.dates(date(1980, 1, 1), date(2100, 1, 1)))
def test_every_date_comes_back(day: date) -> None:
    assert event_date_time(EventTime(day)) == {"date": day.isoformat()}
    assert event_time(event_date_time(EventTime(day)), "UTC") == EventTime(day)


@pytest.mark.parametrize(
    ("series", "recurrence_id", "instance"),
    [
        ("abc", wall(2026, 3, 2, 9), "abc_20260302T080000Z"),
        ("abc", wall(2026, 10, 25, 2, 30, fold=1), "abc_20261025T013000Z"),
        ("abc", EventTime(date(2026, 3, 2)), "abc_20260302"),
        ("abc_R20260105T080000", wall(2026, 3, 2, 9), "abc_20260302T080000Z"),
        ("abc_R20260105", EventTime(date(2026, 3, 2)), "abc_20260302"),
        (
            "_60o30c1g60o30e1g60o4ac1g60rj8gpl",
            wall(2026, 3, 2, 9),
            "_60o30c1g60o30e1g60o4ac1g60rj8gpl_20260302T080000Z",
        ),
    ],
)
def test_an_occurrence_is_named_by_its_series_and_original_start(
    series: str, recurrence_id: EventTime, instance: str
) -> None:
    assert instance_id(series, recurrence_id) == instance


def test_a_repeated_hour_is_two_moments() -> None:
    first, second = wall(2026, 10, 25, 2, 30), wall(2026, 10, 25, 2, 30, fold=1)
    assert second.instant - first.instant == timedelta(hours=1)
    assert event_date_time(first) != event_date_time(second)
