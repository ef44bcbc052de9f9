"""Google's event resources as our events.

A mailbox's items can hold anything: what has no readable id or time is refused (Unavailable), any other odd
value is read as if it were absent, except that an unknown visibility is UNKNOWN, which counts as private.
https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

from __future__ import annotations

from typing import Any

from meetbridge.errors import Unavailable
from meetbridge.model.event import Attendee, Content, Event, EventKind, Override, Response, Visibility
from meetbridge.model.times import EventTime
from meetbridge.providers.google.times import event_time

MARKER = "meetbridge"
RULES = ("RRULE", "EXRULE", "RDATE", "EXDATE")
RESPONSES = {
    "needsAction": Response.NEEDS_ACTION,
    "accepted": Response.ACCEPTED,
    "declined": Response.DECLINED,
    "tentative": Response.TENTATIVE,
}
VISIBILITIES = {
    None: Visibility.DEFAULT,
    "default": Visibility.DEFAULT,
    "public": Visibility.PUBLIC,
    "private": Visibility.PRIVATE,
    "confidential": Visibility.CONFIDENTIAL,
}


def event(item: Any, calendar_id: str, zone: str) -> Event:
    """A master, a single event, or an exception seen as one; `zone` is the calendar's."""
    organizer = _object(item, "organizer")
    return Event(
        id=item_id(item),
        calendar_id=calendar_id,
        ical_uid=text(item, "iCalUID"),
        etag=text(item, "etag"),
        content=_content(item, zone),
        recurrence=_recurrence(item),
        kind=EventKind.DEFAULT if item.get("eventType", "default") == "default" else EventKind.OTHER,
        organizer_email=text(organizer, "email"),
        organizer_name=text(organizer, "displayName"),
        organized_by_owner=not organizer or organizer.get("self") is True,
        meeting_id=text(_object(_object(item, "extendedProperties"), "private"), MARKER) or None,
    )


def override(item: Any, zone: str, series_zone: str | None) -> Override:
    """An exception; its recurrence id is in the zone of the series where that is known, else in its own."""
    return Override(
        recurrence_id=original_start(item, zone, series_zone),
        content=None if cancelled(item) else _content(item, zone),
        event_id=item_id(item),
        etag=text(item, "etag"),
    )


def original_start(item: Any, zone: str, series_zone: str | None) -> EventTime:
    return event_time(item.get("originalStartTime"), zone, series_zone)


def names_zones(item: Any) -> bool:
    """Whether each time of the item names a zone or is a date, so that the calendar's zone doesn't matter."""
    times = [_object(item, name) for name in ("start", "end", "originalStartTime")]
    return all("timeZone" in time for time in times if "dateTime" in time)


def item_id(item: Any) -> str:
    found = text(item, "id") if isinstance(item, dict) else ""
    if not found:
        raise Unavailable("an event has no id")
    return found


def series_id(item: Any) -> str:
    """The master's id of an exception; empty for a master and a single event."""
    return text(item, "recurringEventId")


def cancelled(item: Any) -> bool:
    return bool(item.get("status") == "cancelled")


def text(item: Any, name: str) -> str:
    """A member's text, fit for storage; empty for a member that is absent or no text."""
    value = item.get(name)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _content(item: Any, zone: str) -> Content:
    start, end = event_time(item.get("start"), zone), event_time(item.get("end"), zone)
    if start.all_day != end.all_day or end.instant < start.instant:
        raise Unavailable("an event ends before it starts")
    visibility = item.get("visibility")
    return Content(
        title=text(item, "summary"),
        start=start,
        end=end,
        description=text(item, "description"),
        location=text(item, "location"),
        visibility=VISIBILITIES.get(visibility, Visibility.UNKNOWN) if _plain(visibility) else Visibility.UNKNOWN,
        transparent=item.get("transparency") == "transparent",
        attendees=tuple(_attendee(a) for a in objects(item, "attendees") if text(a, "email")),
        attendees_omitted=item.get("attendeesOmitted") is True,
        conference_urls=_conference_urls(item),
    )


def _attendee(raw: Any) -> Attendee:
    response = raw.get("responseStatus")
    return Attendee(
        email=text(raw, "email"),
        name=text(raw, "displayName"),
        response=RESPONSES.get(response, Response.NEEDS_ACTION) if _plain(response) else Response.NEEDS_ACTION,
        optional=raw.get("optional") is True,
        resource=raw.get("resource") is True,
        organizer=raw.get("organizer") is True,
        is_self=raw.get("self") is True,
    )


def _conference_urls(item: Any) -> tuple[str, ...]:
    entries = objects(_object(item, "conferenceData"), "entryPoints")
    urls = [text(item, "hangoutLink"), *(text(entry, "uri") for entry in entries)]
    return tuple(dict.fromkeys(url for url in urls if url.lower().startswith(("https://", "http://"))))


def _recurrence(item: Any) -> tuple[str, ...]:
    raw = item.get("recurrence")
    values = [text({"line": line}, "line") for line in raw] if isinstance(raw, list) else []
    lines = [line.strip() for value in values for line in value.splitlines()]
    return tuple(line for line in lines if line.upper().startswith(RULES))


def _object(item: Any, name: str) -> dict[str, Any]:
    value = item.get(name)
    return value if isinstance(value, dict) else {}


def objects(item: Any, name: str) -> list[dict[str, Any]]:
    """The objects of a member that is an array; empty for any other."""
    value = item.get(name)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str)
