"""Times of events between their three forms: as sent, as kept (UTC instant and zone) and as shown.

Google shows an instant with the offset of the calendar's zone, and the event's own zone beside it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from .errors import Json, invalid, required

DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
YEARS = range(2, 9990)


@cache
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(name: str) -> ZoneInfo:
    """Raises ApiError for a name that is not in the IANA database."""
    if name not in zone_names():
        raise invalid(f"Invalid time zone definition: {name[:60]}", "timeZone")
    return ZoneInfo(name)


def now_text(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text.upper().replace("Z", "+00:00"))


def keep(value: Json, field: str, calendar_zone: str) -> Json:
    """An EventDateTime as it is kept: `date`, or `dateTime` in UTC and `timeZone`."""
    if ("date" in value) == ("dateTime" in value):
        raise invalid(f"Invalid {field} time.", field)
    if value.get("timeZone"):
        zone(value["timeZone"])
    try:
        if "date" in value:
            if not DATE.fullmatch(value["date"]):
                raise ValueError
            day = date.fromisoformat(value["date"])
            if day.year not in YEARS:
                raise ValueError
            return {"date": day.isoformat()}
        if not DATE_TIME.fullmatch(value["dateTime"]):
            raise ValueError
        parsed = moment_of(value["dateTime"])
        if parsed.tzinfo is None:
            if not value.get("timeZone"):
                raise required(field, f"Missing time zone definition for {field} time.")
            parsed = parsed.replace(tzinfo=zone(value["timeZone"]))
        if parsed.year not in YEARS:
            raise ValueError
        return {"dateTime": utc_text(parsed), "timeZone": value.get("timeZone") or calendar_zone}
    except (ValueError, OverflowError):
        raise invalid(f"Invalid value for {field}.", field) from None


def instant(kept: Json, calendar_zone: str) -> datetime:
    """When it is; an all-day date begins at midnight of the calendar's zone."""
    if "date" in kept:
        day = date.fromisoformat(kept["date"])
        return datetime(day.year, day.month, day.day, tzinfo=zone(calendar_zone)).astimezone(UTC)
    return moment_of(kept["dateTime"])


def show(kept: Json, calendar_zone: str) -> Json:
    if "date" in kept:
        return dict(kept)
    text = moment_of(kept["dateTime"]).astimezone(ZoneInfo(calendar_zone)).isoformat().replace("+00:00", "Z")
    return {"dateTime": text, "timeZone": kept["timeZone"]}


def wall(kept: Json) -> datetime:
    """The naive wall clock in the event's own zone; midnight for a date."""
    if "date" in kept:
        return datetime.fromisoformat(kept["date"])
    return moment_of(kept["dateTime"]).astimezone(ZoneInfo(kept["timeZone"])).replace(tzinfo=None)


def unwall(naive: datetime, like: Json) -> Json:
    """The kept form of a wall clock, of the same kind and zone as `like`."""
    if "date" in like:
        return {"date": naive.date().isoformat()}
    return {"dateTime": utc_text(naive.replace(tzinfo=ZoneInfo(like["timeZone"]))), "timeZone": like["timeZone"]}


def shifted(start: Json, length: timedelta, like_end: Json) -> Json:
    """The end of an occurrence: whole days for dates, exact seconds for instants."""
    if "date" in start:
        return {"date": (date.fromisoformat(start["date"]) + length).isoformat()}
    return {"dateTime": utc_text(moment_of(start["dateTime"]) + length), "timeZone": like_end["timeZone"]}


def length(start: Json, end: Json) -> timedelta:
    if "date" in start:
        return date.fromisoformat(end["date"]) - date.fromisoformat(start["date"])
    return moment_of(end["dateTime"]) - moment_of(start["dateTime"])


def stamp(original: Json) -> str:
    """The part of an instance's id behind the underscore."""
    if "date" in original:
        return str(original["date"]).replace("-", "")
    return str(original["dateTime"]).replace("-", "").replace(":", "")
