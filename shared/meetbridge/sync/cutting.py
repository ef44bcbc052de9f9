"""What a series' recurrence lines become when it is moved in time or cut in two ('this and following').

Exclusions and additions are rewritten as wall clocks of the series' zone, so that they move with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from meetbridge.model.times import EventTime
from meetbridge.sync import recurrence
from meetbridge.sync.recurrence import Unexpandable

_EARLIEST, _LATEST = datetime(1, 1, 1), datetime(9999, 12, 31)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BOUND = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS", "BYEASTER")
_TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")


def moved(lines: tuple[str, ...], old: EventTime, new: EventTime) -> tuple[str, ...]:
    """The lines of a series whose start moves from `old` to `new`. Raises Unexpandable where the rule names days
    (or times) that can't move along."""
    if old == new or not lines:
        return lines
    parsed = recurrence.parse(lines, old)
    result = [_moved_rule(line, old, new) for line in lines if _is_rule(line)]
    by = new.local - old.local
    result += _dates("RDATE", [wall + by for wall in parsed.rdates], new)
    return (*result, *_dates("EXDATE", [wall + by for wall in _excluded(parsed, old)], new))


def before(lines: tuple[str, ...], start: EventTime, cut: EventTime) -> tuple[str, ...]:
    """The lines of the part that ends just before the occurrence at `cut`."""
    parsed = recurrence.parse(lines, start)
    if cut.all_day:
        until = (cut.local - timedelta(days=1)).strftime("%Y%m%d")
    else:
        until = _utc(cut.instant - timedelta(seconds=1))
    rules = [_with(line, UNTIL=until, COUNT=None) for line in lines if _is_rule(line)]
    return (*rules, *_part(parsed, start, _EARLIEST, cut.local))


def after(lines: tuple[str, ...], start: EventTime, cut: EventTime) -> tuple[str, ...]:
    """The lines of the part that begins with the occurrence at `cut`; COUNT is what is left of it."""
    parsed = recurrence.parse(lines, start)
    result: list[str] = []
    rules = iter(parsed.rules)
    for line in lines:
        if line.upper().startswith("RRULE"):
            rule = next(rules)
            if rule.count is None:
                result.append(line)
                continue
            gone = sum(1 for _ in recurrence.run(rule, start, start.local, cut.local - timedelta(seconds=1)))
            if rule.count > gone:
                result.append(_with(line, COUNT=str(rule.count - gone)))
        elif _is_rule(line):
            result.append(line)
    return (*result, *_part(parsed, start, cut.local, _LATEST))


def _part(parsed: recurrence.RuleSet, start: EventTime, since: datetime, until: datetime) -> tuple[str, ...]:
    """Additions and exclusions in [since, until)."""
    added = [wall for wall in parsed.rdates if since <= wall < until]
    excluded = [wall for wall in _excluded(parsed, start) if since <= wall < until]
    return (*_dates("RDATE", added, start), *_dates("EXDATE", excluded, start))


def _excluded(parsed: recurrence.RuleSet, start: EventTime) -> set[datetime]:
    return {*parsed.exdates, *(datetime.combine(day, start.local.time()) for day in parsed.exdays)}


def _dates(name: str, walls: Iterable[datetime], start: EventTime) -> tuple[str, ...]:
    ordered = sorted(walls)
    if not ordered:
        return ()
    if start.all_day:
        return (f"{name};VALUE=DATE:" + ",".join(wall.strftime("%Y%m%d") for wall in ordered),)
    return (f"{name};TZID={start.zone}:" + ",".join(wall.strftime("%Y%m%dT%H%M%S") for wall in ordered),)


def _moved_rule(line: str, old: EventTime, new: EventTime) -> str:
    parts = _parts(line)
    if old.all_day != new.all_day or any(name in parts for name in _TIMES):
        raise Unexpandable("the rule names times")
    days = (new.local.date() - old.local.date()).days
    change: dict[str, str | None] = {}
    if days and any(name in parts for name in _BOUND):
        named = parts.get("BYDAY", "").upper().split(",")
        if parts["FREQ"].upper() != "WEEKLY" or any(n in parts for n in _BOUND[1:]) or not set(named) <= set(_DAYS):
            raise Unexpandable("the rule names days")
        change["BYDAY"] = ",".join(_DAYS[(_DAYS.index(day) + days) % 7] for day in named)
    rule = recurrence.parse((line,), old).rules
    if rule and rule[0].until is not None:
        change["UNTIL"] = _until(rule[0], old, new)
    return _with(line, **change)


def _until(rule: recurrence.Rule, old: EventTime, new: EventTime) -> str:
    if rule.until_instant is not None:
        return _utc(rule.until_instant + (new.instant - old.instant))
    end = recurrence.plus(rule.until or old.local, new.local - old.local)
    return end.strftime("%Y%m%d") if new.all_day else _utc(EventTime(end.replace(microsecond=0), new.zone).instant)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _is_rule(line: str) -> bool:
    return line.strip().upper().startswith(("RRULE", "EXRULE"))


def _parts(line: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in line.partition(":")[2].split(";") if part)
    return {name.strip().upper(): value.strip() for name, _, value in pairs}


def _with(line: str, **changes: str | None) -> str:
    parts = {**_parts(line), **changes}
    return f"{line.partition(':')[0]}:" + ";".join(f"{name}={value}" for name, value in parts.items() if value)
