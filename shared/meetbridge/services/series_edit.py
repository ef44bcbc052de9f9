"""What an edit of one occurrence means for its series, as writes; pure, beside `event_edit` which sends them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b

from meetbridge.errors import FieldError, InvalidInput
from meetbridge.model.changes import EventWrite
from meetbridge.model.event import Content, Event, Override
from meetbridge.model.times import EventTime, at
from meetbridge.ports.repositories import StoredEvent
from meetbridge.sync import cutting
from meetbridge.sync.recurrence import Unexpandable

_FIELDS = ("title", "description", "location", "visibility", "attendees")


def to_master(master: Content, seen: Content, write: EventWrite) -> EventWrite:
    """Times given for one occurrence, as times of the whole series: the wall clock moves as far."""
    if write.start is None or write.end is None:
        return write
    length = write.end.instant - write.start.instant
    if write.start.all_day != master.start.all_day:
        raise wrong("all_day", "can't change for a series")
    by = write.start.local - seen.start.local
    local = master.start.local + by
    start = EventTime(local, write.start.zone) if write.start.zone else EventTime(local.date())
    return replace(write, start=start, end=start.moved(length))


def following(stored: StoredEvent, seen: Content, write: EventWrite, rid: EventTime) -> EventWrite:
    """The new series that begins with this occurrence: what is given, else what it said there."""
    event = stored.event
    start = write.start or seen.start
    end = write.end or start.moved(seen.end.instant - seen.start.instant)
    tail = rewritten(lambda: cutting.moved(cutting.after(event.recurrence, event.content.start, rid), rid, start))
    given = {name: getattr(write, name) for name in _FIELDS}
    fields = {name: getattr(seen, name) if value is None else value for name, value in given.items()}
    marker = event.meeting_id or stored.meeting_id
    return EventWrite(start=start, end=end, recurrence=tail, meeting_id=marker, **fields)


def differs(override: Override, content: Content, master: Content) -> EventWrite:
    """What the exception says otherwise than its series did; its times only where it was moved."""
    found = {name: getattr(content, name) for name in _FIELDS if getattr(content, name) != getattr(master, name)}
    length = master.end.instant - master.start.instant
    moved = content.start.instant != override.recurrence_id.instant
    if moved or content.end.instant - content.start.instant != length:
        found |= {"start": content.start, "end": content.end}
    return EventWrite(**found)


def shifted(time: EventTime, old: EventTime, new: EventTime) -> EventTime:
    """Where an occurrence stands after its series went from `old` to `new`, by wall clock."""
    if time.all_day or new.zone is None:
        return EventTime((time.local + (new.local - old.local)).date())
    return at(EventTime(time.local + (new.local - old.local), new.zone).instant, new.zone)


def rewritten(lines: Callable[[], Sequence[str]]) -> tuple[str, ...]:
    """Recurrence lines; raises InvalidInput where the rule can't be changed so."""
    try:
        return tuple(lines())
    except Unexpandable:
        raise wrong("start", "the rule of the series does not allow this; change single occurrences") from None


def wrong(member: str, detail: str) -> InvalidInput:
    """The error that names a member of the edit."""
    return InvalidInput("The series can't be changed so.", [FieldError(f"/{member}", detail)])


def request_id(event: Event, rid: EventTime) -> str:
    """The same for the same cut, so that a repeated request makes one series; 26 characters of [0-9a-f]."""
    text = "\n".join((event.calendar_id, event.id, event.etag, rid.instant.isoformat()))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=13).hexdigest()
