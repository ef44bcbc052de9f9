"""Where an event stands among a user's events, so that two queries answer any window of days.

`S#{UTC day}#{key}` for what lasts up to a day, by its first day; `R#{last day}#{key}` for series and what is longer,
by a day after which nothing of it can happen. That day may be later than the true last one (a series then is read
in vain), never earlier; what can't be told is endless.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from meetbridge.model.event import Event
from meetbridge.model.times import EventTime

ENDLESS = date.max
_DAYS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
_PLAIN = {"FREQ", "INTERVAL", "COUNT", "WKST"}


def place(event: Event, key: str) -> str:
    """The event's sort key."""
    try:
        kind, day = _place(event)
    except (ValueError, OverflowError, KeyError):
        kind, day = "R", ENDLESS
    return f"{kind}#{day.isoformat()}#{key}"


def ranges(first: date, last: date) -> tuple[tuple[str, str], tuple[str, str]]:
    """The sort keys (from, to, both inclusive) that hold all that may touch these UTC days."""
    before = first - timedelta(days=1) if first > date.min else first
    return (f"S#{before.isoformat()}", f"S#{last.isoformat()}$"), (f"R#{first.isoformat()}", "R$")


def _place(event: Event) -> tuple[str, date]:
    start, end = event.content.start.instant, event.content.end.instant
    single = not (event.is_series or event.overrides)
    if single and end - start <= timedelta(days=1):
        return "S", start.date()
    days = [_last_of_master(event, start, end)]
    days += [o.content.end.instant.date() for o in event.overrides if o.content is not None]
    return "R", max(days)


def _last_of_master(event: Event, start: datetime, end: datetime) -> date:
    lasts = max(end - start, timedelta(0)) + timedelta(days=1)
    days = [start.date(), *(_last_start(line, event.content.start) for line in event.recurrence)]
    latest = max(days)
    return ENDLESS if latest == ENDLESS else latest + lasts


def _last_start(line: str, start: EventTime) -> date:
    """A day after which no occurrence of this line starts (RFC 5545, 3.8.5)."""
    name, _, value = line.upper().partition(":")
    if name.startswith("EXDATE"):
        return date.min
    if name.startswith("RDATE"):
        return max(_day(part.partition("/")[0]) for part in value.split(",")) + timedelta(days=1)
    parts = dict(part.split("=", 1) for part in value.split(";") if part)
    if name.startswith("RRULE") and "UNTIL" in parts:
        return _day(parts["UNTIL"]) + timedelta(days=1)
    if name.startswith("RRULE") and "COUNT" in parts and _every_period_has_one(parts, start.local):
        periods = int(parts["COUNT"]) * int(parts.get("INTERVAL", "1"))
        return start.local.date() + timedelta(days=(periods + 1) * _DAYS[parts["FREQ"]])
    return ENDLESS


def _every_period_has_one(parts: dict[str, str], start: datetime) -> bool:
    """True where each interval is sure to hold an occurrence, so that COUNT bounds the end."""
    if parts["FREQ"] == "WEEKLY":
        return parts.keys() <= _PLAIN | {"BYDAY"}
    return parts.keys() <= _PLAIN and parts["FREQ"] in _DAYS and (parts["FREQ"] == "DAILY" or start.day <= 28)


def _day(text: str) -> date:
    return datetime.strptime(text.strip()[:8], "%Y%m%d").date()  # noqa: DTZ007
