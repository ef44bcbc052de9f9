"""A place never hides an event from a window that it touches."""

from __future__ import annotations

from datetime import date, datetime
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st
from meetbridge.model.event import Content
from meetbridge.model.times import EventTime
from meetbridge.storage.places import place, ranges

from tests.support.stored import event, exception, series

START = datetime(2026, 1, 6, 9)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (("RRULE:FREQ=WEEKLY",), "R#9999-12-31"),
        (("RRULE:FREQ=WEEKLY;UNTIL=20260301T000000Z",), "R#2026-03-03"),
        (("RRULE:FREQ=WEEKLY;UNTIL=20260301",), "R#2026-03-03"),
        (("RRULE:FREQ=DAILY;COUNT=5",), "R#2026-01-13"),
        (("RRULE:FREQ=MONTHLY;BYMONTHDAY=31;COUNT=5",), "R#9999-12-31"),
        (("RRULE:FREQ=DAILY;COUNT=5", "RDATE;TZID=Europe/Berlin:20260401T090000"), "R#2026-04-03"),
        (("RRULE:FREQ=DAILY;COUNT=5", "EXDATE;TZID=Europe/Berlin:20260107T090000"), "R#2026-01-13"),
        (("RRULE:FREQ=DAILY;COUNT=many",), "R#9999-12-31"),
        (("RRULE:FREQ=DAILY;COUNT=99999999999",), "R#9999-12-31"),
        (("RRULE:",), "R#9999-12-31"),
        (("X-ODD:1",), "R#9999-12-31"),
    ],
)
def test_a_series_stands_at_a_day_after_its_last(rules: tuple[str, ...], expected: str) -> None:
    assert place(series(1, START, *rules), "k") == f"{expected}#k"


def test_an_exception_can_be_later_than_the_rule() -> None:
    moved = series(1, START, "RRULE:FREQ=DAILY;COUNT=5", overrides=(exception(datetime(2026, 6, 1, 9)),))
    assert place(moved, "k") == "R#2026-06-01#k"


@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "../etc/passwd"])
def test_a_zone_that_is_none_hides_nothing(zone: str) -> None:
    content = Content("x", EventTime(START, zone), EventTime(START, zone))
    value = series(1, START, content=content)
    assert place(value, "k") == "R#9999-12-31#k"


def test_an_all_day_event_is_one_day() -> None:
    content = Content("x", EventTime(date(2026, 3, 2)), EventTime(date(2026, 3, 3)))
    assert place(event(1, content=content), "k") == "S#2026-03-02#k"


def test_a_window_at_the_edge_of_time_is_one_still() -> None:
    assert ranges(date.min, date.max)[0][0] == "S#0001-01-01"


RULES = st.builds(
    "RRULE:FREQ={};INTERVAL={};COUNT={}{}".format,
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 5),
    st.integers(1, 40),
    st.sampled_from(["", ";BYDAY=MO,FR", ";BYMONTHDAY=31", ";BYDAY=5MO", ";BYMONTH=2", ";WKST=SU"]),
)


@settings(max_examples=80, deadline=None)
@given(RULES, st.datetimes(datetime(2020, 1, 1), datetime(2028, 12, 31)))
def test_no_counted_rule_goes_on_after_its_place(rule: str, start: datetime) -> None:
    occurrences = list(islice(rrulestr(rule.partition(":")[2], dtstart=start), 50))
    last = date.fromisoformat(place(series(1, start, rule), "k").split("#")[1])
    assert all(one.date() < last for one in occurrences)
