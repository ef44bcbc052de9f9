"""Recurrence lines compared by what they say, and the few questions that the engine asks of a rule.

Services rewrite rules (order, case, defaults, the form of UNTIL); compared as text they would be written back and
forth for ever. What can't be read is compared as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from dateutil.rrule import HOURLY, MO, MONTHLY, WEEKLY, YEARLY

from meetbridge.model.event import Event
from meetbridge.model.meeting import Part
from meetbridge.model.times import EventTime, at
from meetbridge.sync import recurrence
from meetbridge.sync.recurrence import Rule, Unexpandable

_TWO_MORE = timedelta(days=3300)  # for each interval: enough for the 29th of February
_SECOND = timedelta(seconds=1)


def canonical(lines: Sequence[str], start: EventTime) -> tuple[str, ...]:
    """Texts that are equal exactly when the lines say the same (as far as reading them can tell)."""
    try:
        read = recurrence.parse(tuple(line for line in lines if line.strip()), start)
    except Unexpandable:
        return tuple(sorted({line.strip().upper() for line in lines if line.strip()}))
    days = (datetime.combine(day, start.local.time()) for day in read.exdays)
    found = {
        *(f"RRULE {_rule(rule, start)}" for rule in read.rules),
        *(f"EXRULE {_rule(rule, start)}" for rule in read.exrules),
        *(f"RDATE {wall.isoformat()}" for wall in read.rdates),
        *(f"EXDATE {wall.isoformat()}" for wall in (*read.exdates, *days)),
    }
    return tuple(sorted(found))


def same(one: Part, other: Part) -> bool:
    """Whether both series recur alike; their starts are compared elsewhere."""
    if (one.recurrence, one.start) == (other.recurrence, other.start):
        return True
    return canonical(one.recurrence, one.start) == canonical(other.recurrence, other.start)


def is_over(start: EventTime, end: EventTime, lines: Sequence[str], now: datetime) -> bool:
    """Whether its last occurrence has ended; what can't be told has not."""
    if end.instant > now:
        return False
    try:
        read = recurrence.parse(tuple(lines), start)
        lasts = [_end(rule, start) or recurrence.last(rule, start) for rule in read.rules]
    except Unexpandable:
        return False
    walls = [*lasts, *read.rdates]
    latest = now - (end.instant - start.instant)
    return all(wall is not None and _instant(wall, start) <= latest for wall in walls)


def part_is_over(part: Part, now: datetime) -> bool:
    later = any(e.end is not None and e.end.instant > now for e in part.exceptions)
    return not later and is_over(part.start, part.end, part.recurrence, now)


def event_is_over(event: Event, now: datetime) -> bool:
    content = event.content
    later = any(o.content is not None and o.content.end.instant > now for o in event.overrides)
    return not later and is_over(content.start, content.end, event.recurrence, now)


def until(lines: Sequence[str], start: EventTime) -> datetime | None:
    """The wall clock of the rule's UNTIL (a date's last moment); None without one."""
    try:
        found = [_end(rule, start) for rule in recurrence.parse(tuple(lines), start).rules]
    except Unexpandable:
        return None
    return min((end for end in found if end is not None), default=None)


def goes_on_at(cut: Event, start: EventTime) -> bool:
    """Whether a series beginning at `start` goes on where the (cut) series `cut` ends.

    It begins after the last occurrence and before the second one that the rule would have had after it, so that
    the day and the hour may have been edited together with the cut.
    """
    first = cut.content.start
    try:
        found = recurrence.parse(cut.recurrence, first).rules
        if len(found) != 1 or found[0].endless or found[0].freq == HOURLY or start.all_day != first.all_day:
            return False
        end = _end(found[0], first) or recurrence.last(found[0], first)
        if end is None or start.local <= end:
            return False
        following = _two_after(found[0], first, end)
    except Unexpandable:
        return False
    return len(following) < 2 or start.local < following[1]


def _two_after(rule: Rule, first: EventTime, end: datetime) -> list[datetime]:
    endless = replace(rule, count=None, until=None, until_instant=None)
    far = recurrence.plus(end, _TWO_MORE * min(rule.interval, 100))
    return list(islice(recurrence.run(endless, first, end + _SECOND, far), 2))


def _end(rule: Rule, start: EventTime) -> datetime | None:
    """UNTIL as wall clock."""
    if rule.until_instant is not None and start.zone is not None:
        return at(rule.until_instant, start.zone).local
    return rule.until


def _rule(rule: Rule, start: EventTime) -> str:
    by = {**_implied(rule, start), **rule.by}
    if by.get("wkst") == MO:
        del by["wkst"]
    members = {name: _listed(value) for name, value in by.items()}
    end = _end(rule, start)
    said = {"freq": rule.freq, "interval": rule.interval, "count": rule.count, "until": end and end.isoformat()}
    return " ".join(f"{name}={value}" for name, value in sorted({**said, **members}.items()) if value is not None)


def _implied(rule: Rule, start: EventTime) -> dict[str, Any]:
    """What DTSTART says where the rule names no day."""
    day = start.local
    if any(name.startswith("by") for name in rule.by):
        return {}
    if rule.freq == WEEKLY:
        return {"byweekday": (MO.__class__(day.weekday()),)}
    if rule.freq == MONTHLY:
        return {"bymonthday": (day.day,)}
    return {"bymonth": (day.month,), "bymonthday": (day.day,)} if rule.freq == YEARLY else {}


def _listed(value: Any) -> str:
    return ",".join(sorted({str(one) for one in (value if isinstance(value, tuple) else (value,))}))


def _instant(wall: datetime, start: EventTime) -> datetime:
    return EventTime(wall, start.zone).instant if start.zone else wall.replace(tzinfo=UTC)
