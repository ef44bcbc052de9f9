"""Meetings as the platform sends and reads them.

`exceptions` are `{"original_start", "cancelled", "topic"?, "start"?, "duration_minutes"?, "agenda"?}`; what is left
out is the series' own. `segments` is empty, or all segments of a series that was cut, the first of which is what
the top level says. Times are RFC 3339 or wall clocks of `time_zone`, dates where `all_day`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from meetbridge.api.events import Address, Text, known_zone, parse_time, time, window, wrong
from meetbridge.api.views import ExceptionView, MeetingView, PartView
from meetbridge.model.ids import event_key
from meetbridge.model.meeting import InviteBy, Meeting, MeetingKind, MeetingRecord, Part, PartException
from meetbridge.model.times import EventTime
from meetbridge.services.events import Window
from meetbridge.services.meetings import Put, as_event
from meetbridge.sync import recurrence
from meetbridge.sync.expand import occurrence

MOST_BYTES = 200_000
_DAY_MINUTES = 1440
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_FAR = timedelta(days=3660)

Topic = Annotated[Text, Field(min_length=1, max_length=500)]
Agenda = Annotated[Text, Field(max_length=8000)]
Time = Annotated[str, Field(max_length=40)]
Minutes = Annotated[StrictInt, Field(gt=0, le=527_040)]
Line = Annotated[str, Field(min_length=1, max_length=2000)]


class ExceptionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    original_start: Time
    cancelled: bool = False
    topic: Topic | None = None
    start: Time | None = None
    duration_minutes: Minutes | None = None
    agenda: Agenda | None = None


class SegmentIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    topic: Topic | None = None
    start: Time
    duration_minutes: Minutes
    time_zone: Annotated[str, Field(max_length=64)] | None = None
    all_day: bool = False
    recurrence: Annotated[list[Line], Field(max_length=20)] = []
    exceptions: Annotated[list[ExceptionIn], Field(max_length=500)] = []
    agenda: Agenda | None = None


class MeetingIn(SegmentIn):
    topic: Topic
    agenda: Agenda = ""
    segments: Annotated[list[SegmentIn], Field(max_length=20)] = []
    join_url: Annotated[str, Field(max_length=2000)]
    host_email: Address | None = None
    invitees: Annotated[list[Address], Field(max_length=300)] = []
    invite_by: InviteBy = InviteBy.CALENDAR
    private: bool = False
    kind: MeetingKind = MeetingKind.MEETING
    event_id: Annotated[str, Field(max_length=64)] | None = None
    revision: Annotated[StrictInt, Field(ge=0, le=2**53)]


def put_of(meeting_id: str, body: MeetingIn) -> Put:
    """The body as values. Raises InvalidInput naming the member."""
    if len(body.model_dump_json().encode()) > MOST_BYTES:
        raise wrong("", f"is larger than {MOST_BYTES} bytes")
    first = _part(body, body, "")
    parts = tuple(_part(segment, body, f"/segments/{n}") for n, segment in enumerate(body.segments)) or (first,)
    if parts[0] != first:
        raise wrong("/segments/0", "has to say the same as the top level")
    if any(later.start.instant <= earlier.start.instant for earlier, later in pairwise(parts)):
        raise wrong("/segments", "have to be in order")
    meeting = Meeting(
        meeting_id,
        _join_url(body.join_url),
        (body.host_email or "").lower(),
        parts,
        body.revision,
        body.kind,
        body.invite_by,
    )
    return Put(meeting, body.event_id)


def encode(record: MeetingRecord) -> MeetingView:
    """The stored meeting, whichever side changed it last."""
    meeting = record.meeting
    first = meeting.parts[0]
    link = record.links[0] if record.links else None
    event = (link.calendar_id, link.event_id) if link else record.requested_event
    return {
        "id": meeting.id,
        **encode_part(first),
        "segments": [encode_part(part) for part in meeting.parts] if len(meeting.parts) > 1 else [],
        "join_url": meeting.join_url,
        "host_email": meeting.host_email,
        "invitees": list(first.invitees),
        "invite_by": meeting.invite_by.value,
        "private": first.private,
        "kind": meeting.kind.value,
        "event_id": event_key(*event) if event else None,
        "revision": meeting.revision,
        "origin": meeting.origin.value,
        "cancelled": meeting.cancelled,
        "calendar_state": record.calendar_state.value,
    }


def optional_window(first: str | None, last: str | None) -> Window | None:
    """Both ends or none of them."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise wrong("/to" if last is None else "/from", "is missing")
    return window(first, last)


def _part(segment: SegmentIn, body: MeetingIn, pointer: str) -> Part:
    zone = None
    if not segment.all_day:
        if not segment.time_zone:
            raise wrong(f"{pointer}/time_zone", "is missing")
        zone = known_zone(segment.time_zone, f"{pointer}/time_zone")
    start = parse_time(segment.start, zone, f"{pointer}/start")
    plain = Part(
        segment.topic or body.topic,
        start,
        _end(start, segment.duration_minutes, f"{pointer}/duration_minutes"),
        _lines(segment.recurrence, start, f"{pointer}/recurrence"),
        agenda=body.agenda if segment.agenda is None else segment.agenda,
        private=body.private,
        invitees=tuple(sorted({address.lower() for address in body.invitees})),
    )
    if not segment.exceptions:
        return plain
    found = [_exception(e, plain, f"{pointer}/exceptions/{n}") for n, e in enumerate(segment.exceptions)]
    ordered = sorted(found, key=lambda e: e.recurrence_id.instant)
    if len({e.recurrence_id.instant for e in ordered}) < len(ordered):
        raise wrong(f"{pointer}/exceptions", "names an occurrence twice")
    return replace(plain, exceptions=tuple(ordered))


def _exception(given: ExceptionIn, part: Part, pointer: str) -> PartException:
    rid = parse_time(given.original_start, part.start.zone, f"{pointer}/original_start")
    if not part.recurrence or occurrence(as_event(part), rid) is None:
        raise wrong(f"{pointer}/original_start", "is no occurrence of the series")
    if given.cancelled:
        return PartException(rid, cancelled=True)
    start = end = None
    if given.start is not None:
        start = parse_time(given.start, part.start.zone, f"{pointer}/start")
    if given.duration_minutes is not None:
        start = start or rid
        end = _end(start, given.duration_minutes, f"{pointer}/duration_minutes")
    elif start is not None:
        end = start.moved(part.end.instant - part.start.instant)
    return PartException(rid, topic=given.topic, start=start, end=end, agenda=given.agenda)


def _lines(lines: list[str], start: EventTime, pointer: str) -> tuple[str, ...]:
    for number, line in enumerate(lines):
        try:
            parsed = recurrence.parse((line,), start)
            far = recurrence.plus(start.local, _FAR)
            empty = any(next(recurrence.run(r, start, start.local, far), None) is None for r in parsed.rules)
        except recurrence.Unexpandable:
            raise wrong(f"{pointer}/{number}", "is no recurrence (RFC 5545) that can be followed") from None
        if empty:
            raise wrong(f"{pointer}/{number}", "has no occurrence")
    return tuple(lines)


def _end(start: EventTime, minutes: int, pointer: str) -> EventTime:
    if start.all_day and minutes % _DAY_MINUTES:
        raise wrong(pointer, "has to be whole days")
    try:
        return start.moved(timedelta(minutes=minutes))
    except OverflowError:
        raise wrong(pointer, "reaches beyond the calendar") from None


def _join_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, user = parts.hostname or "", parts.username
    except ValueError:
        host, user = "", None
    secure = bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))
    if not secure or user is not None or not url.isprintable() or " " in url:
        raise wrong("/join_url", "has to be an https address")
    return url


def encode_part(part: Part) -> PartView:
    return {
        "topic": part.topic,
        "start": time(part.start),
        "duration_minutes": _minutes(part.start, part.end),
        "time_zone": part.start.zone,
        "all_day": part.start.all_day,
        "recurrence": list(part.recurrence),
        "exceptions": [_encode_exception(e) for e in part.exceptions],
        "agenda": part.agenda,
    }


def _encode_exception(exception: PartException) -> ExceptionView:
    shown: ExceptionView = {"original_start": time(exception.recurrence_id), "cancelled": exception.cancelled}
    if exception.topic is not None:
        shown["topic"] = exception.topic
    if exception.start is not None:
        shown["start"] = time(exception.start)
    if exception.end is not None:
        shown["duration_minutes"] = _minutes(exception.start or exception.recurrence_id, exception.end)
    if exception.agenda is not None:
        shown["agenda"] = exception.agenda
    return shown


def _minutes(start: EventTime, end: EventTime) -> int:
    return int((end.instant - start.instant) / timedelta(minutes=1))
