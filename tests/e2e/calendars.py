"""Calendars to import: many events, and series of every kind across the changes of the clocks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
RULES = (
    "FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=40", "FREQ=MONTHLY;BYDAY=2TU",
    "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=YEARLY", "FREQ=WEEKLY;INTERVAL=2;UNTIL=20270630T235959Z", "FREQ=DAILY;COUNT=15",
)  # fmt: skip


def write(path: Path, singles: int, series: int, first: date = date(2027, 1, 4)) -> Path:
    """`singles` single events and `series` series, every tenth all-day, with exceptions and cancelled occurrences."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//tests//EN")
    calendar.add("version", "2.0")
    for number in range(singles):
        calendar.add_component(_single(number, first))
    for number in range(series):
        for component in _series(number, first):
            calendar.add_component(component)
    path.write_bytes(calendar.to_ical())
    return path


def _event(uid: str, title: str, start: date | datetime, length: timedelta) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", uid)
    event.add("dtstamp", datetime(2026, 11, 1, tzinfo=ZoneInfo("UTC")))
    event.add("summary", title)
    event.add("dtstart", start)
    event.add("dtend", start + length)
    return event


def _start(number: int, first: date) -> tuple[date | datetime, timedelta]:
    day = first + timedelta(days=number % 180)
    if number % 10 == 9:
        return day, timedelta(days=1 + number % 3)
    zone = ZoneInfo(ZONES[number % len(ZONES)])
    moment = datetime(day.year, day.month, day.day, 7 + number % 10, 15 * (number % 4), tzinfo=zone)
    return moment, timedelta(minutes=30 + 15 * (number % 5))


def _single(number: int, first: date) -> icalendar.Event:
    return _event(f"single-{number}@tests", f"Single {number}", *_start(number, first))


def _series(number: int, first: date) -> list[icalendar.Event]:
    start, length = _start(number, first)
    master = _event(f"series-{number}@tests", f"Series {number}", start, length)
    rule = RULES[number % len(RULES)]
    if not isinstance(start, datetime):
        rule = rule.replace("T235959Z", "")
    master.add("rrule", icalendar.vRecur.from_ical(rule))
    if rule == "FREQ=DAILY;COUNT=15":
        later = start + timedelta(days=4)
        master.add("exdate", start + timedelta(days=2))
        changed = _event(f"series-{number}@tests", f"Series {number}, moved", later + timedelta(days=1), length)
        changed.add("recurrence-id", later)
        return [master, changed]
    return [master]
