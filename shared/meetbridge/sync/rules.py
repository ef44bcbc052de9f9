"""Recurrence lines compared by what they say, and the few questions that the engine asks of a rule.

Services rewrite rules (order, case, defaults, the form of UNTIL); compared as text they would be written back and
forth for ever. Which days a rule yields is the library's (dateutil's) to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from dateutil.rrule import rrulestr

from meetbridge.model.event import Event
from meetbridge.model.meeting import Part
from meetbridge.model.times import EventTime, at, zone_info

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SLOW = ("SECONDLY", "MINUTELY", "HOURLY")
_COUNTED = 5000


def canonical(lines: Sequence[str], start: EventTime) -> tuple[str, ...]:
    """Lines that are equal exactly when the rules are (as far as text can tell)."""
    return tuple(sorted({_line(line.strip(), start) for line in lines if line.strip()}))


def same(one: Part, other: Part) -> bool:
    """Whether both series recur alike; their starts are compared elsewhere."""
    return canonical(one.recurrence, one.start) == canonical(other.recurrence, other.start)


def is_over(start: EventTime, end: EventTime, recurrence: Sequence[str], now: datetime) -> bool:
    """Whether its last occurrence has ended; what can't be told has not."""
    if end.instant > now:
        return False
    return all(_line_is_over(line, start, now - (end.instant - start.instant)) for line in recurrence)


def part_is_over(part: Part, now: datetime) -> bool:
    later = any(e.end is not None and e.end.instant > now for e in part.exceptions)
    return not later and is_over(part.start, part.end, part.recurrence, now)


def event_is_over(event: Event, now: datetime) -> bool:
    content = event.content
    later = any(o.content is not None and o.content.end.instant > now for o in event.overrides)
    return not later and is_over(content.start, content.end, event.recurrence, now)


def until(lines: Sequence[str], start: EventTime) -> datetime | None:
    """The wall clock of the rule's UNTIL (a date's last second); None without one."""
    values = [_parts(line).get("UNTIL") for line in lines if _name(line) == "RRULE"]
    found = [_local(value, start) for value in values if value]
    return min(found) if found else None


def goes_on_at(cut: Event, start: EventTime) -> bool:
    """Whether a series beginning at `start` goes on where the (cut) series `cut` ends.

    It begins after the last occurrence and before the second one that the rule would have had after it, so that
    the day and the hour may have been edited together with the cut.
    """
    rules = [line for line in cut.recurrence if _name(line) == "RRULE"]
    if len(rules) != 1 or _parts(rules[0]).get("FREQ", "") in ("", *_SLOW):
        return False
    first = cut.content.start
    end = until(rules, first)
    count = _parts(rules[0]).get("COUNT", "")
    if (end is None and not count.isdigit()) or start.all_day != first.all_day:
        return False
    try:
        endless = rrulestr(_without(rules[0], "UNTIL", "COUNT"), dtstart=first.local)
        if end is None:
            days = list(islice(endless, max(int(count) - 1, 0), min(int(count), _COUNTED) + 2))
            end, following = days[0], days[1:]
        else:
            following = list(islice(endless.xafter(end), 2))
    except (ValueError, IndexError, OverflowError):
        return False
    return end < start.local and (len(following) < 2 or start.local < following[1])


def in_zone_of(time: EventTime, wanted: EventTime) -> EventTime:
    """The same moment in the other's zone (dates stay)."""
    return time if time.zone is None or wanted.zone is None else at(time.instant, wanted.zone)


def _line(line: str, start: EventTime) -> str:
    name = _name(line)
    try:
        if name in ("RRULE", "EXRULE"):
            return f"{name}:{_rule(_parts(line), start)}"
        if name in ("RDATE", "EXDATE"):
            return f"{name}:{','.join(sorted(_moment(v, _zone(line, start), start) for v in _values(line)))}"
    except ValueError:
        return line.upper()
    return line.upper()


def _rule(parts: dict[str, str], start: EventTime) -> str:
    kept = {k: ",".join(sorted(v.split(","))) for k, v in parts.items()}
    if kept.get("INTERVAL") == "1":
        del kept["INTERVAL"]
    if kept.get("WKST") == "MO":
        del kept["WKST"]
    if kept.get("FREQ") == "WEEKLY" and not any(k.startswith("BY") for k in kept):
        kept["BYDAY"] = _DAYS[start.local.weekday()]
    if "UNTIL" in kept:
        kept["UNTIL"] = _local(kept["UNTIL"], start).isoformat()
    return ";".join(f"{k}={v}" for k, v in sorted(kept.items()))


def _line_is_over(line: str, start: EventTime, last_start: datetime) -> bool:
    """Whether no occurrence of this line begins after the moment `last_start`."""
    name, parts = _name(line), _parts(line)
    try:
        if name == "RDATE":
            return all(_instant(v, _zone(line, start), start) <= last_start for v in _values(line))
        if name != "RRULE":
            return True
        if "UNTIL" in parts:
            return _aware(_local(parts["UNTIL"], start), start) <= last_start
        return _counted_is_over(line, parts, start, last_start)
    except (ValueError, OverflowError):
        return False


def _counted_is_over(line: str, parts: dict[str, str], start: EventTime, last_start: datetime) -> bool:
    count = parts.get("COUNT", "")
    if not count.isdigit() or int(count) > _COUNTED or parts.get("FREQ", "") in ("", *_SLOW):
        return False
    return all(_aware(day, start) <= last_start for day in rrulestr(line.upper(), dtstart=start.local))


def _name(line: str) -> str:
    return line.partition(":")[0].partition(";")[0].strip().upper()


def _parts(line: str) -> dict[str, str]:
    pairs = (p.partition("=") for p in line.partition(":")[2].upper().split(";") if "=" in p)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _values(line: str) -> list[str]:
    return [v.partition("/")[0].strip() for v in line.partition(":")[2].upper().split(",") if v.strip()]


def _zone(line: str, start: EventTime) -> str | None:
    for parameter in line.partition(":")[0].split(";")[1:]:
        key, _, value = parameter.partition("=")
        if key.strip().upper() == "TZID":
            return value.strip().strip('"')
    return start.zone


def _instant(value: str, zone: str | None, start: EventTime) -> datetime:
    wall = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S" if "T" in value else "%Y%m%d")  # noqa: DTZ007
    if value.endswith("Z") or zone is None:
        return wall.replace(tzinfo=UTC)
    if "T" not in value and not start.all_day:
        wall = datetime.combine(wall.date(), start.local.time())
    return wall.replace(tzinfo=zone_info(zone)).astimezone(UTC)


def _moment(value: str, zone: str | None, start: EventTime) -> str:
    return value[:8] if start.all_day else _instant(value, zone, start).isoformat()


def _local(value: str, start: EventTime) -> datetime:
    """UNTIL as wall clock; raises ValueError. An already converted one (ISO) passes."""
    if "-" in value:
        return datetime.fromisoformat(value)
    if start.all_day or "T" not in value:
        day = datetime.strptime(value[:8], "%Y%m%d").date()  # noqa: DTZ007
        return _last_second(day)
    if value.endswith("Z") and start.zone is not None:
        return at(_instant(value, None, start), start.zone).local
    return datetime.strptime(value, "%Y%m%dT%H%M%S")  # noqa: DTZ007


def _last_second(day: date) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(days=1, seconds=-1)


def _aware(local: datetime, start: EventTime) -> datetime:
    return EventTime(local, start.zone).instant if start.zone else local.replace(tzinfo=UTC)


def _without(line: str, *names: str) -> str:
    kept = [f"{k}={v}" for k, v in _parts(line).items() if k not in names]
    return "RRULE:" + ";".join(kept)
