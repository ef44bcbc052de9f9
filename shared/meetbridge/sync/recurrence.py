"""Recurrence lines (RFC 5545, 3.8.5) read and run fast: a far window must not cost all the years since DTSTART.

The arithmetic is dateutil's. Ours is to start it near the window: DTSTART goes forward by whole intervals, so that
every period keeps its place, and what DTSTART would have implied (month, day of month) is said outright. A rule with
COUNT runs from its start, unless its last occurrence is plain. All times here are naive wall clocks of the series.

Calendars are hostile: what can't be read, is finer than HOURLY or would take too many steps is `Unexpandable`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from dateutil import rrule as dateutil_rrule
from dateutil.rrule import DAILY, HOURLY, MONTHLY, WEEKLY, YEARLY, rrule

from meetbridge.model.times import EventTime, at, zone_info

MAX_OCCURRENCES = 10_000
MAX_STEPS = 20_000
MAX_RULES = 10
_LONGEST_CACHED = 200

_EARLIEST, _LATEST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)
_UNITS = {HOURLY: timedelta(hours=1), DAILY: timedelta(days=1), WEEKLY: timedelta(weeks=1)}
_DAYS = {MONTHLY: 28, YEARLY: 365}
_FREQUENCIES = {"YEARLY": YEARLY, "MONTHLY": MONTHLY, "WEEKLY": WEEKLY, "DAILY": DAILY, "HOURLY": HOURLY}
_LISTS = {
    "BYSETPOS": "bysetpos",
    "BYMONTH": "bymonth",
    "BYMONTHDAY": "bymonthday",
    "BYYEARDAY": "byyearday",
    "BYWEEKNO": "byweekno",
    "BYHOUR": "byhour",
    "BYMINUTE": "byminute",
    "BYSECOND": "bysecond",
    "BYEASTER": "byeaster",
}
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_DATE_OR_TIME = re.compile(r"[0-9]{8}(T[0-9]{6})?")
_NUMBER = re.compile(r"[+-]?\d{1,5}")


class Unexpandable(Exception):
    """This rule can't be read or not be run within bounds; never leaves the sync package."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE; `until` is the last wall clock that may count, `until_instant` (UTC) the exact end if there is one."""

    freq: int
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    until_instant: datetime | None = None
    by: dict[str, Any] = field(default_factory=dict)

    @property
    def endless(self) -> bool:
        return self.count is None and self.until is None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The lines of one series; `exdays` are dates that an EXDATE of a timed series names without a time."""

    rules: tuple[Rule, ...] = ()
    exrules: tuple[Rule, ...] = ()
    rdates: frozenset[datetime] = frozenset()
    exdates: frozenset[datetime] = frozenset()
    exdays: frozenset[date] = frozenset()


def parse(lines: tuple[str, ...], start: EventTime) -> RuleSet:
    """The recurrence lines of a series that starts at `start`. Raises Unexpandable."""
    rules: dict[str, list[Rule]] = {"RRULE": [], "EXRULE": []}
    dates: dict[str, list[datetime | date]] = {"RDATE": [], "EXDATE": []}
    for line in lines:
        head, colon, value = line.strip().partition(":")
        name, *parameters = head.upper().split(";")
        if not colon or (name not in rules and name not in dates):
            raise Unexpandable(name)
        if name in rules:
            rules[name].append(_rule(value, start))
        else:
            zone = _zone(head.split(";")[1:] if parameters else [], start)
            dates[name] += [_moment(text.partition("/")[0], zone, start) for text in value.split(",")]
    if sum(map(len, rules.values())) > MAX_RULES:
        raise Unexpandable("too many rules")
    return RuleSet(
        tuple(rules["RRULE"]),
        tuple(rules["EXRULE"]),
        frozenset(d if isinstance(d, datetime) else datetime.combine(d, start.local.time()) for d in dates["RDATE"]),
        frozenset(d for d in dates["EXDATE"] if isinstance(d, datetime)),
        frozenset(d for d in dates["EXDATE"] if not isinstance(d, datetime)),
    )


def run(rule: Rule, start: EventTime, low: datetime, high: datetime) -> Iterator[datetime]:
    """The rule's wall clocks from `low` to `high` (both naive), in order. Raises Unexpandable."""
    rule = _without_count(rule, start.local)
    until = min(high, rule.until) if rule.until else high
    begin, by = (start.local, rule.by) if rule.count is not None else _forward(rule, start.local, low)
    if until < begin:
        return
    _check_steps(rule, begin, until)
    # dateutil takes either COUNT or UNTIL
    end = {"count": rule.count} if rule.count is not None else {"until": until}
    try:
        bounded = _Bounded(_months(begin, until), rule.freq, dtstart=begin, interval=rule.interval, **end, **by)
        for found, wall in enumerate(bounded):
            if wall > until:
                return
            if found > MAX_STEPS:
                raise Unexpandable("too many occurrences")
            if wall >= low and (rule.until_instant is None or not _after_until(rule, start, wall)):
                yield wall
    except _Exhausted:
        return
    except (ValueError, IndexError, OverflowError, TypeError) as error:  # dateutil's, for members out of range
        raise Unexpandable(str(rule.freq)) from error


def last(rule: Rule, start: EventTime) -> datetime | None:
    """A wall clock that no occurrence comes after; None where the rule is endless or its end is too far to tell."""
    rule = _without_count(rule, start.local)
    if rule.count is None:
        return rule.until
    try:
        return max(run(rule, start, start.local, plus(start.local, timedelta(days=36525))), default=start.local)
    except Unexpandable:
        return None


def _rule(text: str, start: EventTime) -> Rule:
    rule, end = _read_rule(text) if len(text) <= _LONGEST_CACHED else _read_rule.__wrapped__(text)
    if end is None:
        return rule
    until, until_instant = _until(end, start)
    return replace(rule, until=until, until_instant=until_instant)


@lru_cache(maxsize=1024)
def _read_rule(text: str) -> tuple[Rule, str | None]:
    """The rule without its UNTIL, and that; many series of a mailbox share their text."""
    parts = {name.strip().upper(): value.strip() for name, _, value in (p.partition("=") for p in text.split(";") if p)}
    freq = _FREQUENCIES.get(parts.pop("FREQ", "").upper())
    if freq is None:
        raise Unexpandable("FREQ")
    interval = _number(parts.pop("INTERVAL", "1"))
    count = _number(parts.pop("COUNT")) if "COUNT" in parts else None
    if interval < 1 or (count is not None and count < 1):
        raise Unexpandable("INTERVAL or COUNT")
    end = parts.pop("UNTIL", None)
    return Rule(freq, interval, count, by=_by(parts)), end


def _by(parts: dict[str, str]) -> dict[str, Any]:
    by: dict[str, Any] = {}
    for name, value in parts.items():
        if name == "WKST":
            by["wkst"] = _weekday(value)
        elif name == "BYDAY":
            by["byweekday"] = tuple(_weekday(day) for day in value.split(","))
        elif name in _LISTS:
            by[_LISTS[name]] = tuple(_number(number) for number in value.split(","))
        elif not name.startswith("X-"):
            raise Unexpandable("unknown part")
    return by


def _weekday(text: str) -> Any:
    match = _DAY.fullmatch(text.strip().upper())
    if match is None:
        raise Unexpandable("day of the week")
    day = getattr(dateutil_rrule, match[2])
    return day(int(match[1])) if match[1] and int(match[1]) else day


def _number(text: str) -> int:
    if _NUMBER.fullmatch(text.strip()) is None:
        raise Unexpandable("number")
    return int(text)


def _until(text: str, start: EventTime) -> tuple[datetime, datetime | None]:
    """A date counts to its end; UTC is compared as an instant, whatever the wall clock does (RFC 5545, 3.3.10)."""
    moment = _moment(text, start.zone, start)
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time.max), None
    if start.all_day:
        return datetime.combine(moment.date(), time.max), None
    if text.strip().upper().endswith("Z"):
        instant = _read(text)
        return plus(moment, timedelta(days=1)), instant.replace(tzinfo=UTC) if isinstance(instant, datetime) else None
    return moment, None


def _zone(parameters: list[str], start: EventTime) -> str | None:
    """The zone of a line's values; one that we don't know is taken for the series' own."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.upper() == "TZID" and not start.all_day:
            try:
                return zone_info(value.strip('"')).key
            except (ValueError, KeyError, OSError):
                return start.zone
    return start.zone


def _moment(text: str, zone: str | None, start: EventTime) -> datetime | date:
    """A value as the wall clock of the series, or a date (always a date's midnight in an all-day series)."""
    value = _read(text)
    if start.zone is None:
        return datetime.combine(value.date() if isinstance(value, datetime) else value, time.min)
    if not isinstance(value, datetime):
        return value
    try:
        if text.strip().upper().endswith("Z"):
            return at(value.replace(tzinfo=UTC), start.zone).local
        if zone is None or zone == start.zone:
            return value
        return at(EventTime(value, zone).instant, start.zone).local
    except OverflowError:  # UNTIL=99991231T235959Z, east of Greenwich
        return value


def _read(text: str) -> datetime | date:
    text = text.strip().upper().removesuffix("Z")
    if _DATE_OR_TIME.fullmatch(text) is None:
        raise Unexpandable("date")
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError as error:
        raise Unexpandable("date") from error


def _without_count(rule: Rule, start: datetime) -> Rule:
    """COUNT as UNTIL, where each interval has exactly one occurrence."""
    if rule.count is None or rule.until is not None or rule.freq not in (DAILY, WEEKLY):
        return rule
    members = {name: value for name, value in rule.by.items() if name != "wkst"}
    same_day = [getattr(day, "weekday", None) for day in members.pop("byweekday", ())] == [start.weekday()]
    if members or ("byweekday" in rule.by and not (rule.freq == WEEKLY and same_day)):
        return rule
    end = plus(start, _UNITS[rule.freq] * rule.interval * (rule.count - 1))
    return Rule(rule.freq, rule.interval, None, end, None, rule.by)


def _forward(rule: Rule, start: datetime, low: datetime) -> tuple[datetime, dict[str, Any]]:
    """A DTSTART in the same place of its period, at least a period before `low`, and what it no longer implies."""
    if rule.freq in _UNITS:
        step = _UNITS[rule.freq] * rule.interval
        return start + max(0, (low - start) // step - 1) * step, rule.by
    by = _explicit(rule, start)
    if rule.freq == YEARLY:
        years = max(0, (low.year - start.year - 2) // rule.interval) * rule.interval
        return (start.replace(year=start.year + years, month=1, day=1) if years else start), by
    between = (low.year - start.year) * 12 + low.month - start.month - 2
    months = max(0, between // rule.interval) * rule.interval
    if not months:
        return start, by
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return start.replace(year=year, month=month + 1, day=1), by


def _explicit(rule: Rule, start: datetime) -> dict[str, Any]:
    if any(rule.by.get(name) for name in ("byweekno", "byyearday", "bymonthday", "byweekday", "byeaster")):
        return rule.by
    implied: dict[str, Any] = {"bymonthday": (start.day,)}
    if rule.freq == YEARLY and "bymonth" not in rule.by:
        implied["bymonth"] = (start.month,)
    return {**rule.by, **implied}


def _check_steps(rule: Rule, begin: datetime, until: datetime) -> None:
    period = _UNITS.get(rule.freq) or timedelta(days=_DAYS[rule.freq])
    if (until - begin) // (period * rule.interval) > MAX_STEPS:
        raise Unexpandable("too many periods")


def _after_until(rule: Rule, start: EventTime, wall: datetime) -> bool:
    return rule.until_instant is not None and EventTime(wall, start.zone).instant > rule.until_instant


def _months(begin: datetime, until: datetime) -> int:
    return (until.year - begin.year) * 12 + until.month - begin.month


def plus(moment: datetime, by: timedelta) -> datetime:
    """The sum, kept within the calendar."""
    try:
        return moment + by
    except OverflowError:
        return _LATEST if by > timedelta(0) else _EARLIEST


class _Exhausted(Exception):
    """The rule yields nothing more within its bound."""


class _Bounded(rrule):
    """dateutil's rule, given up after `months`: one that never yields would go on to the year 9999.

    dateutil reads `_byeaster` once for each month or year that it enters, a few times besides, and looks at
    UNTIL only when it yields; a test shows that an impossible rule ends.
    """

    def __init__(self, months: int, *arguments: Any, **members: Any) -> None:
        self._left = months + 8
        super().__init__(*arguments, **members)

    @property
    def _byeaster(self) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _Exhausted
        return self._easter

    @_byeaster.setter
    def _byeaster(self, value: Any) -> None:
        self._easter = value
