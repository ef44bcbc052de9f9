"""A moment as calendars know it, so that a zone is never lost and a date never becomes an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=512)
def zone_info(name: str) -> ZoneInfo:
    """The IANA zone; raises ZoneInfoNotFoundError or ValueError for a name that is none."""
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class EventTime:
    """A date (all-day), or a wall-clock time with its IANA zone (RFC 5545, 3.3.4 and 3.3.5).

    `value` is a date exactly when `zone` is None; a datetime is naive (wall clock in `zone`), and its
    `fold` tells the second of two equal wall clocks apart (PEP 495).
    """

    value: date | datetime
    zone: str | None = None

    def __post_init__(self) -> None:
        timed = isinstance(self.value, datetime)
        if timed == (self.zone is None) or (isinstance(self.value, datetime) and self.value.tzinfo is not None):
            raise ValueError("an EventTime is a date without a zone, or a naive datetime with one")

    @property
    def all_day(self) -> bool:
        return self.zone is None

    @property
    def instant(self) -> datetime:
        """The moment in UTC; a date counts from midnight UTC."""
        if isinstance(self.value, datetime) and self.zone is not None:
            return self.value.replace(tzinfo=zone_info(self.zone)).astimezone(UTC)
        return datetime(self.value.year, self.value.month, self.value.day, tzinfo=UTC)

    @property
    def local(self) -> datetime:
        """The wall clock without a zone; a date counts from its midnight."""
        if isinstance(self.value, datetime):
            return self.value
        return datetime(self.value.year, self.value.month, self.value.day)

    def moved(self, by: timedelta) -> EventTime:
        """The same kind of time, `by` later: in real time for a timed one, in days for a date."""
        if isinstance(self.value, datetime) and self.zone is not None:
            return at(self.instant + by, self.zone)
        return EventTime(self.value + by)


def at(moment: datetime, zone: str) -> EventTime:
    """The wall clock in `zone` at an aware `moment`."""
    return EventTime(moment.astimezone(zone_info(zone)).replace(tzinfo=None), zone)
