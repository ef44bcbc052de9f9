"""Series expanded into occurrences with dateutil, on the wall clock of the event's zone so that DST comes out right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

from .errors import ApiError, Json, invalid
from .times import instant, length, shifted, stamp, unwall, wall, zone, zone_names

HORIZON = timedelta(days=730)
"""How far an endless series is expanded where the caller names no end. Google documents none."""

MOST = 20_000
UNTIL = re.compile(r"UNTIL=(\d{8})(T\d{6}Z?)?", re.IGNORECASE)


def rules(recurrence: list[str], start: Json) -> rruleset:
    """The recurrence set as naive wall clocks. Raises ApiError for a line that is not valid."""
    result = rruleset()
    first = wall(start)
    ruled = False
    for line in recurrence:
        name, _, value = line.partition(":")
        name, *options = name.upper().split(";")
        try:
            if name == "RRULE":
                result.rrule(_rule(value, start, first))
                ruled = True
            elif name == "EXRULE":
                result.exrule(_rule(value, start, first))
            elif name in ("RDATE", "EXDATE"):
                for text in value.split(","):
                    (result.rdate if name == "RDATE" else result.exdate)(_date(text, options, start, first))
            else:
                raise ValueError
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, ApiError):
            raise invalid("Invalid recurrence rule.", "recurrence") from None
    if not ruled:
        result.rdate(first)
    return result


def _rule(value: str, start: Json, first: datetime) -> rrule:
    if re.search(r"FREQ=(SECONDLY|MINUTELY)", value, re.IGNORECASE):
        raise ValueError
    if re.search(r"DTSTART|\n", value, re.IGNORECASE):
        raise ValueError
    parsed = rrulestr("RRULE:" + UNTIL.sub(lambda match: _until(match, start), value), dtstart=first)
    if not isinstance(parsed, rrule):
        raise ValueError
    return parsed


def _until(match: re.Match[str], start: Json) -> str:
    day, time = match.group(1), match.group(2)
    if "date" in start:
        return f"UNTIL={day}"
    if time is None:
        return f"UNTIL={day}T235959"
    if not time.upper().endswith("Z"):
        return f"UNTIL={day}{time}"
    last = datetime.fromisoformat(day + time[:7]).replace(tzinfo=UTC)
    return "UNTIL=" + last.astimezone(ZoneInfo(start["timeZone"])).strftime("%Y%m%dT%H%M%S")


def _date(text: str, options: list[str], start: Json, first: datetime) -> datetime:
    text = text.strip().upper()
    if len(text) == 8:
        day = datetime.fromisoformat(text)
        return day if "date" in start else datetime.combine(day.date(), first.time())
    if "date" in start:
        return datetime.fromisoformat(text[:8])
    naive = datetime.fromisoformat(text.rstrip("Z"))
    own = ZoneInfo(start["timeZone"])
    names = [option.partition("=")[2] for option in options if option.startswith("TZID=")]
    if text.endswith("Z"):
        return naive.replace(tzinfo=UTC).astimezone(own).replace(tzinfo=None)
    return naive.replace(tzinfo=_zone(names[0])).astimezone(own).replace(tzinfo=None) if names else naive


def _zone(upper: str) -> ZoneInfo:
    return zone(next((name for name in zone_names() if name.upper() == upper), upper))


def originals(master: Json, before: datetime | None, now: datetime) -> Iterator[Json]:
    """The original starts of a series in order, up to `before` or the horizon."""
    start = master["start"]
    end = before or max(now, instant(start, "UTC")) + HORIZON
    last = (end + timedelta(days=2)).astimezone(UTC).replace(tzinfo=None)
    for number, naive in enumerate(rules(master["recurrence"], start)):
        if naive > last or number >= MOST:
            return
        yield unwall(naive, start)


def is_occurrence(master: Json, original: Json) -> bool:
    if ("date" in original) != ("date" in master["start"]):
        return False
    naive = wall({**original, "timeZone": master["start"].get("timeZone")} if "dateTime" in original else original)
    found = rules(master["recurrence"], master["start"]).between(
        naive - timedelta(days=1), naive + timedelta(days=1), inc=True
    )
    return any(stamp(unwall(item, master["start"])) == stamp(original) for item in found)


def instance(master: Json, original: Json) -> Json:
    """One occurrence as an event of its own, as the series has it."""
    body = {key: value for key, value in master.items() if key != "recurrence"}
    body |= {"id": f"{master['id']}_{stamp(original)}", "recurringEventId": master["id"]}
    body |= {"originalStartTime": original, "start": original}
    body["end"] = shifted(original, length(master["start"], master["end"]), master["end"])
    return body
