"""One VEVENT as the body of an Event resource."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Component
from icalendar.timezone.tzid import is_utc, tzids_from_tzinfo
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from .errors import Json
from .people import DEFAULT_ZONE
from .times import shifted, utc_text, zone, zone_names

VISIBILITY = {"PRIVATE": "private", "CONFIDENTIAL": "confidential"}
ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}


class Refused(Exception):
    """The event can't be taken; `name` is the property at fault."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


def zone_name(prop: Any) -> str:
    """The IANA name of a time's zone (Windows' names by CLDR); empty for floating, UTC for a Z."""
    if prop.dt.tzinfo is None and not prop.params.get("TZID"):
        return ""
    if prop.dt.tzinfo and is_utc(prop.dt):
        return "UTC"
    given = str(prop.params.get("TZID", "")).strip('"')
    tail = "/".join(given.split("/")[-2:])
    for name in (given, WINDOWS_TO_OLSON.get(given, ""), tail):
        if name in zone_names():
            return str(name)
    return _like(prop.dt.tzinfo, prop.dt.year) if prop.dt.tzinfo else "?"


@cache
def _like(found: tzinfo, year: int) -> str:
    """The IANA zone that keeps the same time in this year and the next as a zone that only the file defines."""
    known = [name for name in tzids_from_tzinfo(found) if name in zone_names()]
    samples = [datetime(year, 1, 1) + timedelta(days=5 * n) for n in range(146)]
    wanted = [moment.replace(tzinfo=found).utcoffset() for moment in samples]
    for name in (*known, DEFAULT_ZONE, *sorted(n for n in zone_names() if "/" in n and not n.startswith("Etc"))):
        own = ZoneInfo(name)
        if all(
            moment.replace(tzinfo=own).utcoffset() == offset for moment, offset in zip(samples, wanted, strict=True)
        ):
            return name
    return "?"


def time(prop: Any, default_zone: str, name: str) -> Json:
    """An EventDateTime in its kept form; a floating time stands in the calendar's zone."""
    value = prop.dt
    if not isinstance(value, datetime):
        if not isinstance(value, date):
            raise Refused(name, f"{name} is no time")
        return {"date": value.isoformat()}
    found = zone_name(prop) or default_zone
    if found == "?":
        raise Refused(name, f"unknown time zone {str(prop.params.get('TZID'))[:60]}")
    return {"dateTime": utc_text(value.replace(tzinfo=zone(found))), "timeZone": found}


def _all(event: Component, name: str) -> list[Any]:
    value = event.get(name)
    return [] if value is None else value if isinstance(value, list) else [value]


def recurrence(event: Component, start: Json) -> list[str]:
    lines = [f"RRULE:{rule.to_ical().decode()}" for rule in _all(event, "RRULE")]
    lines += [f"EXRULE:{rule.to_ical().decode()}" for rule in _all(event, "EXRULE")]
    for name in ("RDATE", "EXDATE"):
        for group in _all(event, name):
            lines += [_date(name, item.dt, start) for item in group.dts]
    return lines


def _date(name: str, value: Any, start: Json) -> str:
    value = value[0] if isinstance(value, tuple) else value
    if not isinstance(value, datetime):
        return f"{name};VALUE=DATE:{value:%Y%m%d}"
    if "date" in start:
        return f"{name};VALUE=DATE:{value:%Y%m%d}"
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone(start["timeZone"]))
    return f"{name}:{value.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _end(event: Component, start: Json, default_zone: str) -> Json:
    if "DTEND" in event:
        end = time(event["DTEND"], default_zone, "DTEND")
        if end == start and "date" in start:
            return _later(start, event, days=1)
        return end
    if "DURATION" in event:
        return _later(start, event, days=None)
    return _later(start, event, days=1) if "date" in start else start


def _later(start: Json, event: Component, days: int | None) -> Json:
    return shifted(start, timedelta(days=days) if days else _duration(event), start)


def _duration(event: Component) -> timedelta:
    value: Any = event["DURATION"]
    if not isinstance(value.dt, timedelta):
        raise Refused("DURATION", "DURATION is no duration")
    return value.dt


def _address(value: Any) -> str:
    text = str(value).strip()
    return (text[7:] if text.lower().startswith("mailto:") else text).lower()


def _attendee(value: Any) -> Json:
    answer = ANSWERS.get(value.params.get("PARTSTAT"), "needsAction")
    result: Json = {"email": _address(value), "responseStatus": answer}
    if value.params.get("CN"):
        result["displayName"] = str(value.params["CN"])
    if value.params.get("ROLE") == "OPT-PARTICIPANT":
        result["optional"] = True
    if value.params.get("CUTYPE") in ("RESOURCE", "ROOM"):
        result["resource"] = True
    return result


def body(event: Component, calendar: str, default_zone: str) -> Json:
    """Times are in their kept form. Raises Refused."""
    for name, reason in event.errors:
        raise Refused(name or "", str(reason)[:200])
    if "DTSTART" not in event:
        raise Refused("", "no DTSTART")
    if isinstance(event["DTSTART"], list) or isinstance(event.get("DTEND"), list):
        raise Refused("DTSTART", "more than one DTSTART or DTEND")
    start = time(event["DTSTART"], default_zone, "DTSTART")
    result: Json = {"start": start, "end": _end(event, start, default_zone)}
    for name, member in (("SUMMARY", "summary"), ("DESCRIPTION", "description"), ("LOCATION", "location")):
        if _all(event, name):
            result[member] = str(_all(event, name)[0])
    lines = recurrence(event, start)
    if lines and "RECURRENCE-ID" not in event:
        result["recurrence"] = lines
    result["status"] = str(event.get("STATUS", "CONFIRMED")).lower()
    if result["status"] not in ("tentative", "cancelled"):
        result["status"] = "confirmed"
    result["visibility"] = VISIBILITY.get(str(event.get("CLASS", "")).upper(), "default")
    if str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        result["transparency"] = "transparent"
    return result | _people(event, calendar)


def _people(event: Component, calendar: str) -> Json:
    """Organiser and attendees where this calendar takes part; what belongs to others alone becomes one's own."""
    attendees = [_attendee(value) for value in _all(event, "ATTENDEE") if "@" in str(value)]
    organizer = _address(_all(event, "ORGANIZER")[0]) if _all(event, "ORGANIZER") else calendar
    if organizer != calendar and calendar not in [item["email"] for item in attendees]:
        return {}
    return {"organizer": {"email": organizer}, **({"attendees": attendees} if attendees else {})}
