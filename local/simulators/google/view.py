"""A stored event as the Event resource that a caller is shown."""

from __future__ import annotations

import base64

from .calendars import etag
from .errors import Json
from .store import Row
from .times import show

MINIMAL = ("id", "status", "recurringEventId", "originalStartTime")
HIDDEN = (*MINIMAL, "kind", "etag", "start", "end", "recurrence", "visibility", "iCalUID", "created", "updated",
          "sequence", "htmlLink", "eventType")  # fmt: skip


def resource(row: Row, zone: str) -> Json:
    """The resource in the calendar's zone. Cancelled exceptions and an attendee's cancelled copy carry the least."""
    body = row.body
    organized = body.get("organizer", {}).get("email") == row.calendar
    if row.cancelled and (row.master or not organized):
        shown: Json = {"kind": "calendar#event", "etag": etag(row.version)}
        shown |= {name: body[name] for name in MINIMAL if name in body}
    else:
        shown = {"kind": "calendar#event", "etag": etag(row.version), **body}
        shown["htmlLink"] = "https://www.google.com/calendar/event?eid=" + _eid(row)
        for name in ("start", "end"):
            shown[name] = show(body[name], zone)
        for name in ("organizer", "creator"):
            if name in body and body[name].get("email") == row.calendar:
                shown[name] = {**body[name], "self": True}
        if "attendees" in body:
            organizer = body.get("organizer", {}).get("email")
            shown["attendees"] = [_attendee(item, row.calendar, organizer) for item in body["attendees"]]
    if "originalStartTime" in body:
        shown["originalStartTime"] = show(body["originalStartTime"], zone)
    return shown


def _eid(row: Row) -> str:
    return base64.urlsafe_b64encode(f"{row.id} {row.calendar}".encode()).decode().rstrip("=")


def _attendee(attendee: Json, calendar: str, organizer: str | None) -> Json:
    shown = dict(attendee)
    if attendee["email"] == organizer:
        shown["organizer"] = True
    if attendee["email"] == calendar:
        shown["self"] = True
    return shown


def hidden(shown: Json) -> Json:
    """Somebody else's private event: its times and nothing else."""
    return {name: value for name, value in shown.items() if name in HIDDEN}


def cut_attendees(shown: Json, most: int) -> Json:
    """With more attendees than `maxAttendees` only the participant is returned."""
    attendees = shown.get("attendees", [])
    if len(attendees) <= most:
        return shown
    return {**shown, "attendees": [item for item in attendees if item.get("self")], "attendeesOmitted": True}
