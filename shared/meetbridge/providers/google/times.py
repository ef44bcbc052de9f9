"""Google's EventDateTime and our EventTime, each made of the other.

https://developers.google.com/workspace/calendar/api/v3/reference/events (start, originalStartTime)
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, TypeVar

from meetbridge.errors import Unavailable
from meetbridge.model.times import EventTime, at
from meetbridge.providers.zones import iana

T = TypeVar("T", bound=date)
FIRST_YEAR, LAST_YEAR = 2, 9998  # so that no zone's offset leads out of what datetime can hold


def event_time(raw: Any, fallback_zone: str, zone: str | None = None) -> EventTime:
    """The wall clock in `zone`, else in the zone that it names, else in `fallback_zone`; raises Unavailable."""
    try:
        if "dateTime" not in raw:
            return EventTime(_in_range(date.fromisoformat(raw["date"])))
        moment = _in_range(datetime.fromisoformat(raw["dateTime"]))
        named = iana(raw.get("timeZone"), fallback_zone)
        if moment.tzinfo is None:
            moment = EventTime(moment, named).instant
        return at(moment, zone or named)
    except (LookupError, TypeError, ValueError, OverflowError, AttributeError):
        raise Unavailable("a time of an event is unreadable") from None


def event_date_time(time: EventTime) -> dict[str, str]:
    """The instant in UTC with the zone beside it, so that a repeated or skipped hour stays what it is."""
    if time.zone is None:
        return {"date": time.value.isoformat()}
    return {"dateTime": _utc(time).isoformat() + "Z", "timeZone": time.zone}


def instance_id(series_id: str, recurrence_id: EventTime) -> str:
    """The id of an occurrence; those of a series that was cut carry the id from before the cut."""
    base, _, cut = series_id.partition("_R")
    form = "%Y%m%dT%H%M%SZ" if recurrence_id.zone else "%Y%m%d"
    start = _utc(recurrence_id) if recurrence_id.zone else recurrence_id.local
    return f"{base if cut else series_id}_{start.strftime(form)}"


def _utc(time: EventTime) -> datetime:
    return time.instant.astimezone(UTC).replace(tzinfo=None)


def _in_range(value: T) -> T:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError("out of range")
    return value
