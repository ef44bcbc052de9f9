"""A user's own edits of events (S11), written to the service; the sync that follows takes the result in.

The service's answer is what the caller gets; nothing is stored here, so that edits come in by one way alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from meetbridge.errors import EtagMismatch, InvalidInput, ItemNotFound, Refused
from meetbridge.model.account import Identity
from meetbridge.model.changes import EventWrite
from meetbridge.model.event import Event, Override
from meetbridge.model.ids import connection_key, event_key
from meetbridge.model.times import EventTime
from meetbridge.policy.reasons import Reason
from meetbridge.ports.jobs import JobQueue, SyncJob
from meetbridge.ports.provider import CalendarProvider
from meetbridge.ports.repositories import ConnectionRepository, StoredEvent
from meetbridge.services.access import Access, access
from meetbridge.services.events import Events, Shown
from meetbridge.services.mailboxes import Mailboxes
from meetbridge.services.series_edit import differs, following, request_id, rewritten, shifted, to_master, wrong
from meetbridge.sync import cutting
from meetbridge.sync.expand import Occurrence, whole

READ_ONLY = Reason.CALENDAR_READ_ONLY


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
            lines = rewritten(lambda: cutting.before(event.recurrence, event.content.start, rid))
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
        moved = write if rid is None else to_master(event.content, target.shown.content, write)
        if moved.start is not None and event.recurrence:
            start = moved.start
            lines = rewritten(lambda: cutting.moved(event.recurrence, event.content.start, start))
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
        head = rewritten(lambda: cutting.before(event.recurrence, event.content.start, rid))
        new = following(target.shown.stored, target.shown.content, write, rid)
        notify = _notify(target, write)
        made = provider.create(event.calendar_id, request_id(event, rid), new, notify=notify)
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
            there = shifted(override.recurrence_id, rid, made.content.start)
            if override.content is None:
                carried.append(target.provider.cancel_occurrence(made.calendar_id, made, there, notify=False))
            else:
                write = differs(override, override.content, target.event.content)
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
            raise wrong("scope", "needs the id of an occurrence")
        return Scope.ALL
    return scope or Scope.THIS


def _is_first(target: Target) -> bool:
    return target.rid is None or target.rid.instant <= target.event.content.start.instant


def _notify(target: Target, write: EventWrite) -> bool:
    return target.notify or bool(write.attendees)
