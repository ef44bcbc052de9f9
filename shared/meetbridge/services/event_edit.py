"""A user's own edits of events (S11), written to the service; the sync that follows takes the result in.

The service's answer is what the caller gets; nothing is stored here, so that edits come in by one way alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b

from meetbridge.errors import EtagMismatch, FieldError, InvalidInput, ItemNotFound, Refused
from meetbridge.model.account import Identity
from meetbridge.model.changes import EventWrite
from meetbridge.model.event import Content, Event, Override
from meetbridge.model.ids import connection_key, event_key
from meetbridge.model.times import EventTime, at
from meetbridge.policy.reasons import Reason
from meetbridge.ports.jobs import JobQueue, SyncJob
from meetbridge.ports.provider import CalendarProvider
from meetbridge.ports.repositories import ConnectionRepository, StoredEvent
from meetbridge.services.access import Access, access
from meetbridge.services.events import Events, Shown
from meetbridge.services.mailboxes import Mailboxes
from meetbridge.sync import cutting
from meetbridge.sync.expand import Occurrence, whole
from meetbridge.sync.recurrence import Unexpandable

READ_ONLY = Reason.CALENDAR_READ_ONLY
_FIELDS = ("title", "description", "location", "visibility", "attendees")


class Scope(StrEnum):
    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Target:
    """What an edit is about, with the right to edit its calendar."""

    access: Access
    shown: Shown
    provider: CalendarProvider

    @property
    def event(self) -> Event:
        return self.shown.stored.event

    @property
    def rid(self) -> EventTime | None:
        return self.shown.occurrence.recurrence_id

    @property
    def notify(self) -> bool:
        """The user's own act is told to whom it concerns (B9)."""
        return bool(self.event.content.attendees or self.shown.content.attendees)


class EventEditing:
    def __init__(self, connections: ConnectionRepository, events: Events, mailboxes: Mailboxes, jobs: JobQueue) -> None:
        self._connections = connections
        self._events = events
        self._mailboxes = mailboxes
        self._jobs = jobs

    def target(self, caller: Identity, event_id: str) -> Target:
        """Raises NotFound; Refused where the grant or the calendar is for reading only."""
        reached = access(self._connections, caller)
        shown = self._events.event(reached, event_id)
        if not reached.decision.may_edit:
            raise Refused(READ_ONLY, "The connection may read the calendar only.")
        if not shown.calendar.writable:
            raise Refused(READ_ONLY, READ_ONLY.words)
        return Target(reached, shown, self._mailboxes.open(reached.context))

    def change(self, caller: Identity, target: Target, write: EventWrite, scope: Scope | None) -> Shown:
        """The event as the service answers. Raises EtagMismatch where it changed there meanwhile."""
        if not target.event.organized_by_owner:
            raise Refused(Reason.NOT_ORGANIZER, Reason.NOT_ORGANIZER.words)
        chosen = _scope(target, scope)
        if chosen is Scope.THIS:
            shown = self._change_this(target, write)
        elif chosen is Scope.FOLLOWING and not _is_first(target):
            shown = self._change_following(target, write)
        else:
            shown = self._change_all(target, write)
        self._enqueue(caller, target)
        return shown

    def delete(self, caller: Identity, target: Target, scope: Scope | None) -> None:
        """Gone at the service: one occurrence, it and all that follow, or the whole."""
        event, provider, rid = target.event, target.provider, target.rid
        chosen = _scope(target, scope)
        if chosen is Scope.THIS and rid is not None:
            provider.cancel_occurrence(event.calendar_id, event, rid, notify=target.notify)
        elif chosen is Scope.FOLLOWING and rid is not None and not _is_first(target):
            lines = _rewritten(lambda: cutting.before(event.recurrence, event.content.start, rid))
            write = EventWrite(recurrence=lines)
            provider.update(event.calendar_id, event.id, event.etag, write, notify=target.notify)
        else:
            provider.delete(event.calendar_id, event.id, event.etag, notify=target.notify)
        self._enqueue(caller, target)

    def _enqueue(self, caller: Identity, target: Target) -> None:
        key = connection_key(caller.tenant, caller.user)
        generation = target.access.connection.generation
        self._jobs.now([SyncJob(key, generation, (target.shown.calendar.index,))])

    def _change_this(self, target: Target, write: EventWrite) -> Shown:
        event, rid = target.event, target.rid
        if rid is None:
            raise InvalidInput("`scope=this` needs the id of an occurrence.")
        override = target.provider.update_occurrence(
            event.calendar_id, event, rid, write, notify=_notify(target, write)
        )
        others = (o for o in event.overrides if o.recurrence_id.instant != rid.instant)
        stored = replace(target.shown.stored, event=replace(event, overrides=(*others, override)))
        return self._shown(target, stored, whole(rid, override.content or target.shown.content))

    def _change_all(self, target: Target, write: EventWrite) -> Shown:
        event, rid = target.event, target.rid
        moved = write if rid is None else _to_master(event.content, target.shown.content, write)
        if moved.start is not None and event.recurrence:
            start = moved.start
            lines = _rewritten(lambda: cutting.moved(event.recurrence, event.content.start, start))
            moved = replace(moved, recurrence=lines if lines != event.recurrence else None)
        notify = _notify(target, write)
        saved = target.provider.update(event.calendar_id, event.id, event.etag, moved, notify=notify)
        stored = replace(target.shown.stored, event=replace(saved, overrides=event.overrides))
        return self._shown(target, stored, whole(None, saved.content))

    def _change_following(self, target: Target, write: EventWrite) -> Shown:
        """A new series from here on with our marker and link, then the old one cut: a crash between the two shows
        both, and doing it again makes the same new one."""
        event, provider = target.event, target.provider
        rid = target.rid or event.content.start
        current = provider.get(event.calendar_id, event.id)
        if current is None:
            raise ItemNotFound("The event is gone.")
        if current.etag != event.etag:
            raise EtagMismatch("The event has changed.")
        head = _rewritten(lambda: cutting.before(event.recurrence, event.content.start, rid))
        new = _following(target, write, rid)
        notify = _notify(target, write)
        made = provider.create(event.calendar_id, _request_id(event, rid), new, notify=notify)
        try:
            provider.update(event.calendar_id, event.id, event.etag, EventWrite(recurrence=head), notify=False)
        except (EtagMismatch, ItemNotFound):
            provider.delete(made.calendar_id, made.id, made.etag, notify=notify)
            raise
        overrides = self._carried(target, made, rid)
        stored = StoredEvent(event_key(made.calendar_id, made.id), replace(made, overrides=overrides))
        return self._shown(target, stored, whole(None, made.content))

    def _carried(self, target: Target, made: Event, rid: EventTime) -> tuple[Override, ...]:
        """The exceptions after the cut, on the new series."""
        carried: list[Override] = []
        for override in target.event.overrides:
            if override.recurrence_id.instant <= rid.instant:
                continue
            there = _shifted(override.recurrence_id, rid, made.content.start)
            if override.content is None:
                carried.append(target.provider.cancel_occurrence(made.calendar_id, made, there, notify=False))
            else:
                write = _differs(override, override.content, target.event.content)
                carried.append(target.provider.update_occurrence(made.calendar_id, made, there, write, notify=False))
        return tuple(carried)

    def _shown(self, target: Target, stored: StoredEvent, found: Occurrence) -> Shown:
        return self._events.shown(target.access.connection, stored, found, target.shown.calendar)


def _scope(target: Target, scope: Scope | None) -> Scope:
    """An occurrence's own id means that one, any other the whole, where nothing is said."""
    if not target.event.is_series:
        return Scope.ALL
    if target.event.detached and scope in (Scope.FOLLOWING, Scope.ALL):
        raise Refused(Reason.NOT_ORGANIZER, "Only these occurrences are in this calendar.")
    if target.rid is None:
        if scope in (Scope.THIS, Scope.FOLLOWING):
            raise _wrong("scope", "needs the id of an occurrence")
        return Scope.ALL
    return scope or Scope.THIS


def _is_first(target: Target) -> bool:
    return target.rid is None or target.rid.instant <= target.event.content.start.instant


def _notify(target: Target, write: EventWrite) -> bool:
    return target.notify or bool(write.attendees)


def _to_master(master: Content, seen: Content, write: EventWrite) -> EventWrite:
    """Times given for one occurrence, as times of the whole series: the wall clock moves as far."""
    if write.start is None or write.end is None:
        return write
    length = write.end.instant - write.start.instant
    if write.start.all_day != master.start.all_day:
        raise _wrong("all_day", "can't change for a series")
    by = write.start.local - seen.start.local
    local = master.start.local + by
    start = EventTime(local, write.start.zone) if write.start.zone else EventTime(local.date())
    return replace(write, start=start, end=start.moved(length))


def _following(target: Target, write: EventWrite, rid: EventTime) -> EventWrite:
    event, seen = target.event, target.shown.content
    start = write.start or seen.start
    end = write.end or start.moved(seen.end.instant - seen.start.instant)
    tail = _rewritten(lambda: cutting.moved(cutting.after(event.recurrence, event.content.start, rid), rid, start))
    given = {name: getattr(write, name) for name in _FIELDS}
    fields = {name: getattr(seen, name) if value is None else value for name, value in given.items()}
    marker = event.meeting_id or target.shown.stored.meeting_id
    return EventWrite(start=start, end=end, recurrence=tail, meeting_id=marker, **fields)


def _differs(override: Override, content: Content, master: Content) -> EventWrite:
    """What the exception says otherwise than its series did; its times only where it was moved."""
    found = {name: getattr(content, name) for name in _FIELDS if getattr(content, name) != getattr(master, name)}
    length = master.end.instant - master.start.instant
    moved = content.start.instant != override.recurrence_id.instant
    if moved or content.end.instant - content.start.instant != length:
        found |= {"start": content.start, "end": content.end}
    return EventWrite(**found)


def _shifted(time: EventTime, old: EventTime, new: EventTime) -> EventTime:
    if time.all_day or new.zone is None:
        return EventTime((time.local + (new.local - old.local)).date())
    return at(EventTime(time.local + (new.local - old.local), new.zone).instant, new.zone)


def _rewritten(lines: Callable[[], Sequence[str]]) -> tuple[str, ...]:
    try:
        return tuple(lines())
    except Unexpandable:
        raise _wrong("start", "the rule of the series does not allow this; change single occurrences") from None


def _wrong(member: str, detail: str) -> InvalidInput:
    return InvalidInput("The series can't be changed so.", [FieldError(f"/{member}", detail)])


def _request_id(event: Event, rid: EventTime) -> str:
    """The same for the same cut, so that a repeated request makes one series; 26 characters of [0-9a-f]."""
    text = "\n".join((event.calendar_id, event.id, event.etag, rid.instant.isoformat()))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=13).hexdigest()
