"""Events as JSON, and the edits that clients send."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from meetbridge.api.paging import MOST_BYTES
from meetbridge.api.views import AttendeeView, EventView, HostView, JoinView, WholeEventView
from meetbridge.errors import FieldError, InvalidInput
from meetbridge.model.changes import EventWrite
from meetbridge.model.connection import Connection
from meetbridge.model.event import Attendee, Content, Visibility
from meetbridge.model.times import EventTime, at, zone_info
from meetbridge.services.events import Shown, Window

YEARS = range(1900, 3000)
_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"  # RFC 5545, 3.1: no CONTROL but tab and line ends

Address = Annotated[str, Field(pattern=r"^[^@\s<>\",;\x00-\x1f\x7f]{1,64}@[^@\s<>\",;\x00-\x1f\x7f]{1,255}$")]
Text = Annotated[str, Field(pattern=_TEXT)]


class AttendeeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    email: Address
    name: Annotated[Text, Field(max_length=256)] = ""
    optional: bool = False


class EventPatch(BaseModel):
    """What a client may change; times are RFC 3339 or wall clocks of `time_zone`, dates where `all_day`."""

    model_config = ConfigDict(extra="forbid")
    title: Annotated[Text, Field(max_length=1024)] | None = None
    start: Annotated[str, Field(max_length=40)] | None = None
    end: Annotated[str, Field(max_length=40)] | None = None
    time_zone: Annotated[str, Field(max_length=64)] | None = None
    all_day: bool | None = None
    description: Annotated[Text, Field(max_length=8192)] | None = None
    location: Annotated[Text, Field(max_length=1024)] | None = None
    attendees: Annotated[list[AttendeeIn], Field(max_length=200)] | None = None
    private: bool | None = None


def window(first: str, last: str) -> Window:
    """From the query's `from` and `to`: RFC 3339, or dates (midnight UTC; `to` is exclusive)."""
    return Window(_moment(first, "from"), _moment(last, "to"))


def window_tag(c: Connection, settings_version: int, wanted: Window, cursor: str | None, limit: int) -> str:
    """The version of a listing, known from the connection and the settings alone."""
    asked = f"{wanted.first.isoformat()} {wanted.last.isoformat()} {cursor} {limit}"
    digest = blake2b(asked.encode(), digest_size=6).hexdigest()
    return f"{c.generation}.{c.events_version}.{c.version}.{settings_version}.{digest}"


def page(items: Sequence[Shown], after: str | None, limit: int) -> tuple[list[EventView], str | None]:
    """Up to `limit` items after the position, fewer where they would not fit into an answer; and the next position."""
    taken: list[EventView] = []
    size = 0
    left = [item for item in items if after is None or _position(item) > after]
    for number, item in enumerate(left):
        encoded = encode(item)
        size += len(json.dumps(encoded))
        if taken and (number >= limit or size > MOST_BYTES):
            return taken, _position(left[number - 1])
        taken.append(encoded)
    return taken, None


def encode(shown: Shown) -> EventView:
    """One occurrence, the members of a listing."""
    content, event = shown.content, shown.stored.event
    host: HostView | None = (
        {"name": event.organizer_name, "email": event.organizer_email} if event.organizer_email else None
    )
    view: EventView = {
        "id": shown.id,
        "series_id": shown.stored.key if event.is_series else None,
        "calendar_id": shown.calendar.id,
        "title": content.title,
        "start": time(content.start),
        "end": time(content.end),
        "time_zone": content.start.zone,
        "all_day": content.start.all_day,
        "host": host,
        "attendees": [_attendee(attendee) for attendee in content.attendees],
        "private": content.visibility.private,
        "meeting": _meeting(shown),
        "freshness": shown.calendar.proved_at.isoformat() if shown.calendar.proved_at else None,
    }
    if shown.occurrence.rule_ignored:
        view["rule_ignored"] = True
    return view


def encode_whole(shown: Shown) -> WholeEventView:
    """One event with what a listing leaves out."""
    return {
        **encode(shown),
        "description": shown.content.description,
        "location": shown.content.location,
        "recurrence": list(shown.stored.event.recurrence),
    }


def write_of(patch: EventPatch, content: Content) -> EventWrite:
    """The patch against what the client saw. Raises InvalidInput naming the member."""
    start, end = _times(patch, content)
    attendees = None if patch.attendees is None else _attendees(patch.attendees, content)
    visibility = None
    if patch.private is not None and patch.private != content.visibility.private:
        visibility = Visibility.PRIVATE if patch.private else Visibility.DEFAULT
    return EventWrite(
        title=patch.title,
        start=start,
        end=end,
        description=patch.description,
        location=patch.location,
        visibility=visibility,
        attendees=attendees,
    )


def time(value: EventTime) -> str:
    """A date, or RFC 3339 with the zone's offset."""
    if value.zone is None:
        return value.local.date().isoformat()
    return value.instant.astimezone(zone_info(value.zone)).isoformat()


def parse_time(text: str, zone: str | None, pointer: str) -> EventTime:
    """A date where `zone` is None, else RFC 3339 (taken into the zone) or a wall clock of it; of YEARS, so that it
    can be moved and taken into any zone."""
    try:
        moment = datetime.fromisoformat(text)
        dated = len(text) == 10
        if zone is None and dated and moment.year in YEARS:
            return EventTime(moment.date())
        if zone is not None and not dated and moment.year in YEARS:
            return EventTime(moment.replace(microsecond=0), zone) if moment.tzinfo is None else at(moment, zone)
    except (ValueError, OverflowError):
        pass
    kind = "date" if zone is None else "time (RFC 3339)"
    raise wrong(pointer, f"has to be a {kind} of the years {YEARS[0]} to {YEARS[-1]}")


def known_zone(name: str, pointer: str) -> str:
    try:
        return zone_info(name).key
    except (ValueError, KeyError, OSError):
        raise wrong(pointer, "is not an IANA time zone") from None


def wrong(pointer: str, detail: str) -> InvalidInput:
    return InvalidInput("Members of the request are wrong.", [FieldError(pointer, detail)])


def _times(patch: EventPatch, content: Content) -> tuple[EventTime | None, EventTime | None]:
    all_day = content.start.all_day if patch.all_day is None else patch.all_day
    turned = all_day != content.start.all_day
    if turned and (patch.start is None or patch.end is None):
        raise wrong("/all_day", "can only change together with start and end")
    if patch.start is None and patch.end is None and patch.time_zone is None:
        return None, None
    if all_day and patch.time_zone is not None:
        raise wrong("/time_zone", "an all-day event has none")
    zone = None
    if not all_day:
        zone = known_zone(patch.time_zone or content.start.zone or "UTC", "/time_zone")
    start = _start(patch, content, zone)
    if patch.end is not None:
        end = parse_time(patch.end, zone, "/end")
    else:
        end = start.moved(content.end.instant - content.start.instant)
    if end.instant < start.instant or (all_day and end.instant == start.instant):
        raise wrong("/end", "has to be after start")
    return start, end


def _start(patch: EventPatch, content: Content, zone: str | None) -> EventTime:
    if patch.start is not None:
        return parse_time(patch.start, zone, "/start")
    return at(content.start.instant, zone) if zone else content.start


def _attendees(wanted: Sequence[AttendeeIn], content: Content) -> tuple[Attendee, ...]:
    """Who stays keeps their response; rooms and the organiser are not taken out."""
    known = {attendee.email.lower(): attendee for attendee in content.attendees}
    kept = [a for a in content.attendees if a.organizer or a.resource]
    names = {a.email.lower() for a in kept}
    for item in wanted:
        email = item.email.lower()
        if email not in names:
            names.add(email)
            kept.append(known.get(email) or Attendee(email, item.name, optional=item.optional))
    return tuple(kept)


def _position(shown: Shown) -> str:
    return f"{shown.occurrence.start.instant.isoformat()}|{shown.id}"


def _moment(text: str, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is not None and (moment.tzinfo is not None or len(text) == 10):
        try:
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except OverflowError:
            moment = None
    raise wrong(f"/{name}", "has to be a date or a time with its offset (RFC 3339)")


def _attendee(attendee: Attendee) -> AttendeeView:
    return {
        "email": attendee.email,
        "name": attendee.name,
        "response": attendee.response.value,
        "optional": attendee.optional,
    }


def _meeting(shown: Shown) -> JoinView | None:
    meeting = shown.meeting
    if meeting is None:
        return None
    return {"id": meeting.id, "join_url": meeting.join_url, "role": "start" if meeting.start else "join"}
