"""An event as a calendar holds it: the master or single event together with all its exceptions.

One Event is what RFC 4791 calls a calendar object resource: a series is never flattened and never
torn apart from its exceptions, whichever way a provider hands them over.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from meetbridge.model.times import EventTime


class Response(StrEnum):
    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"


class Visibility(StrEnum):
    """Who sees the content (RFC 5545 CLASS); UNKNOWN counts as private."""

    DEFAULT = "default"
    PUBLIC = "public"
    PRIVATE = "private"
    CONFIDENTIAL = "confidential"
    UNKNOWN = "unknown"

    @property
    def private(self) -> bool:
        return self not in (Visibility.DEFAULT, Visibility.PUBLIC)


class EventKind(StrEnum):
    """What the service says it is; only DEFAULT can become a meeting."""

    DEFAULT = "default"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Attendee:
    email: str
    name: str = ""
    response: Response = Response.NEEDS_ACTION
    optional: bool = False
    resource: bool = False
    organizer: bool = False
    is_self: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What one event, or one exception of a series, says; `end` is exclusive (for dates too)."""

    title: str
    start: EventTime
    end: EventTime
    description: str = ""
    location: str = ""
    visibility: Visibility = Visibility.DEFAULT
    transparent: bool = False
    attendees: tuple[Attendee, ...] = ()
    attendees_omitted: bool = False
    conference_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """One exception of a series: changed (`content`) or cancelled (`content` is None).

    `event_id` and `etag` are the exception's own at the provider, empty where it has none.
    """

    recurrence_id: EventTime
    content: Content | None
    event_id: str = ""
    etag: str = ""

    @property
    def cancelled(self) -> bool:
        return self.content is None


@dataclass(frozen=True, slots=True)
class Event:
    """`recurrence` holds RRULE, RDATE and EXDATE lines (RFC 5545) without DTSTART; empty for a single event.

    `meeting_id` is our marker as the calendar holds it (who carries it may be a copy). A `detached`
    event is a set of exceptions whose master this mailbox does not have: only `overrides` show.
    """

    id: str
    calendar_id: str
    ical_uid: str
    etag: str
    content: Content
    recurrence: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    kind: EventKind = EventKind.DEFAULT
    organizer_email: str = ""
    organizer_name: str = ""
    organized_by_owner: bool = True
    meeting_id: str | None = None
    detached: bool = False

    @property
    def is_series(self) -> bool:
        return bool(self.recurrence) or self.detached
