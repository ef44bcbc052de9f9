"""Whatever the rule, the shortcut shows what dateutil alone shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from meetbridge.model.event import Content, Event
from meetbridge.model.times import EventTime
from meetbridge.sync.expand import last_day, occurrences

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def numbers(name: str, low: int, high: int, most: int = 3) -> st.SearchStrategy[str]:
    values = st.lists(st.integers(low, high).filter(bool), min_size=1, max_size=most, unique=True)
    return st.one_of(st.just(""), values.map(lambda found: f";{name}=" + ",".join(map(str, found))))


@st.composite
def rules(draw: st.DrawFn) -> str:
    freq = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]))
    rule = f"FREQ={freq};INTERVAL={draw(st.integers(1, 13))}"
    rule += draw(numbers("BYMONTH", 1, 12))
    by = draw(st.sampled_from(["day", "monthday", "yearday", "weekno", "easter", "", ""]))
    if by == "day":
        ordinals = freq in ("YEARLY", "MONTHLY") and draw(st.booleans())
        days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True))
        rule += ";BYDAY=" + ",".join(
            (str(draw(st.sampled_from([1, 2, 3, 4, 5, -1, -2]))) if ordinals else "") + day for day in days
        )
    if by == "monthday":
        rule += draw(numbers("BYMONTHDAY", -31, 31))
    if by == "yearday" and freq == "YEARLY":
        rule += draw(numbers("BYYEARDAY", -366, 366))
    if by == "weekno" and freq == "YEARLY":
        rule += draw(numbers("BYWEEKNO", -53, 53)) + ";BYDAY=MO,SU"
    if by == "easter" and freq == "YEARLY":
        rule += draw(st.sampled_from([";BYEASTER=0", ";BYEASTER=-2,1"]))
    if freq != "HOURLY":
        rule += draw(numbers("BYHOUR", 1, 23, 2))
        rule += draw(numbers("BYSETPOS", -3, 3, 2)) if by else ""
    rule += draw(st.sampled_from(["", ";WKST=SU", ";WKST=TH"]))
    return rule


moments = st.datetimes(datetime(1995, 1, 1), datetime(2025, 12, 31)).map(lambda m: m.replace(microsecond=0, second=0))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(rules(), moments, st.sampled_from(ZONES), st.integers(0, 8000), st.integers(1, 60), st.data())
def test_equals_dateutil_alone(
    rule: str, start: datetime, zone: str, offset: int, days: int, data: st.DataObject
) -> None:
    ending = data.draw(st.sampled_from(["", "", "COUNT", "UNTIL"]))
    if ending == "COUNT":
        rule += f";COUNT={data.draw(st.integers(1, 400))}"
    if ending == "UNTIL":
        rule += (start + timedelta(days=data.draw(st.integers(0, 9000)))).strftime(";UNTIL=%Y%m%dT%H%M%S")
    event = series(f"RRULE:{rule}", start, zone)
    first = start.replace(tzinfo=UTC) + timedelta(days=offset if ending != "COUNT" else offset % 500)
    last = first + timedelta(days=days)
    assume("HOURLY" not in rule or offset < 400)
    shown = [o.content.start.instant for o in occurrences(event, first, last)]
    assert shown == alone(rule, start, zone, first, last)
    end = last_day(event)
    assert end is None or not shown or shown[-1].date() <= end


def series(line: str, start: datetime, zone: str) -> Event:
    begin = EventTime(start, zone)
    return Event("e", "c", "u", "", Content("t", begin, begin.moved(timedelta(minutes=30))), (line,))


def alone(rule: str, start: datetime, zone: str, first: datetime, last: datetime) -> list[datetime]:
    # dateutil looks for ever where nothing comes
    low, high = (m.replace(tzinfo=None) for m in (first - timedelta(days=2), last + timedelta(days=2)))
    text = rule if "COUNT" in rule or "UNTIL" in rule else rule + high.strftime(";UNTIL=%Y%m%dT%H%M%S")
    try:
        walls = rrulestr(text, dtstart=start).between(low, high, inc=True)
    except (ValueError, IndexError):
        assume(False)
    instants = {EventTime(wall, zone).instant for wall in walls}
    return sorted(m for m in instants if m < last and m + timedelta(minutes=30) > first)
