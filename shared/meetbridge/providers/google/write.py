"""What we write, as members of Google's event resource; nothing that isn't ours is ever named.

https://developers.google.com/workspace/calendar/api/v3/reference/events/patch
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from meetbridge.model.changes import EventWrite
from meetbridge.model.event import Attendee, Visibility
from meetbridge.providers.google.client import Json
from meetbridge.providers.google.read import MARKER, objects
from meetbridge.providers.google.times import event_date_time

WRITABLE = frozenset(Visibility) - {Visibility.UNKNOWN}


def members(write: EventWrite) -> Json:
    """The members to change, without attendees and without the taking away of the marker."""
    body: Json = {
        "summary": write.title,
        "start": None if write.start is None else event_date_time(write.start),
        "end": None if write.end is None else event_date_time(write.end),
        "recurrence": None if write.recurrence is None else list(write.recurrence),
        "description": write.description,
        "location": write.location,
        "visibility": write.visibility.value if write.visibility in WRITABLE else None,
        "extendedProperties": {"private": {MARKER: write.meeting_id}} if write.meeting_id else None,
    }
    return {name: value for name, value in body.items() if value is not None}


def attendees(raw: Json, wanted: Sequence[Attendee] | None) -> Json:
    """The member `attendees`; none where nothing is wanted, or where Google shows only some of them.

    Entries that stay keep all that Google holds of them. Rooms, the organiser's and the owner's own entry and those
    without an address stay whatever is wanted.
    """
    if wanted is None or raw.get("attendeesOmitted") is True:
        return {}
    held = {str(entry.get("email", "")).lower() for entry in objects(raw, "attendees")}
    names = {attendee.email.lower() for attendee in wanted}
    kept = [entry for entry in objects(raw, "attendees") if _stays(entry, names)]
    return {"attendees": kept + [_entry(attendee) for attendee in wanted if attendee.email.lower() not in held]}


def whole(raw: Json, write: EventWrite) -> Json:
    """The whole resource with the changes in it, for what a patch can't say without naming members null."""
    body = {**raw, **members(write), **attendees(raw, write.attendees)}
    properties = raw.get("extendedProperties")
    properties = properties if isinstance(properties, dict) else {}
    private = properties.get("private")
    private = {name: value for name, value in private.items() if name != MARKER} if isinstance(private, dict) else {}
    marker = write.meeting_id if write.meeting_id is not None else _marker(properties)
    if marker:
        private[MARKER] = marker
    return {**body, "extendedProperties": {**properties, "private": private}}


def _marker(properties: Json) -> Any:
    private = properties.get("private")
    return private.get(MARKER) if isinstance(private, dict) else None


def _stays(entry: Json, names: set[str]) -> bool:
    email = str(entry.get("email", "")).lower()
    return not email or email in names or any(entry.get(role) is True for role in ("resource", "organizer", "self"))


def _entry(attendee: Attendee) -> Json:
    entry: Json = {"email": attendee.email}
    if attendee.name:
        entry["displayName"] = attendee.name
    if attendee.optional:
        entry["optional"] = True
    if attendee.resource:
        entry["resource"] = True
    return entry
