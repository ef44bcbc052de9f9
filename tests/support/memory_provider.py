"""A calendar service in memory: what the port promises and nothing more, with the faults that services have.

`complete_masters` chooses how exceptions are handed over: Google's way (masters and exceptions apart) or that of
Graph, EWS and CalDAV (masters with all their exceptions). Methods that begin with `user_` are the owner's own acts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from meetbridge.errors import AlreadyExists, EtagMismatch, ItemNotFound, SyncTokenInvalid, Unavailable
from meetbridge.model.changes import Change, EventChanged, EventGone, EventWrite, OccurrenceChanged, Page
from meetbridge.model.connection import Subscription
from meetbridge.model.event import Attendee, Content, Event, Override
from meetbridge.model.times import EventTime
from meetbridge.ports.provider import CalendarInfo, Capabilities
from meetbridge.sync.expand import occurrence

Key = tuple[str, str]
Hook = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Mail:
    """What the service sent to guests: the act, the event and their addresses."""

    act: str
    event_id: str
    to: tuple[str, ...]
    recurrence_id: EventTime | None = None


@dataclass(frozen=True, slots=True)
class _Logged:
    sequence: int
    event_id: str
    recurrence_id: EventTime | None


Box = tuple[dict[Key, Event], dict[str, list[_Logged]], dict[str, Key]]


@dataclass
class MemoryCalendar:
    """One mailbox. `hook(method, "before" | "after")` is called around every call and may raise."""

    email: str = "owner@example.com"
    complete_masters: bool = False
    page_size: int = 100
    capabilities: Capabilities = field(default_factory=Capabilities)
    infos: list[CalendarInfo] = field(
        default_factory=lambda: [CalendarInfo("primary", "Work", "Europe/Berlin", True, True, True)]
    )
    hook: Hook | None = None
    empty_listings: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    mails: list[Mail] = field(default_factory=list)
    channels: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    events: dict[Key, Event] = field(default_factory=dict)
    _log: dict[str, list[_Logged]] = field(default_factory=dict)
    _rounds: list[tuple[list[Change], int]] = field(default_factory=list)
    _requests: dict[str, Key] = field(default_factory=dict)
    _sequence: int = 0
    _epoch: int = 0

    # -------------------------------------------------------------- CalendarProvider

    def calendars(self) -> Sequence[CalendarInfo]:
        self._called("calendars")
        return tuple(self.infos)

    def changes(self, calendar_id: str, token: str | None, page: str | None) -> Page:
        self._called("changes")
        self._must_have(calendar_id)
        changes, until, number, offset = self._position(calendar_id, token, page)
        part = tuple(changes[offset : offset + self.page_size])
        more = offset + self.page_size < len(changes)
        following = f"{self._epoch}:{number}:{offset + self.page_size}" if more else None
        self._done("changes")
        return Page(part, following, None if more else f"{self._epoch}:{until}")

    def get(self, calendar_id: str, event_id: str) -> Event | None:
        self._called("get")
        return self.events.get((calendar_id, event_id))

    def find(self, ical_uid: str) -> Sequence[Event]:
        self._called("find")
        return tuple(replace(e, overrides=()) for e in self.events.values() if e.ical_uid == ical_uid)

    def create(self, calendar_id: str, request_id: str, write: EventWrite, *, notify: bool) -> Event:
        self._called("create")
        self._must_have(calendar_id)
        known = self._requests.get(request_id)
        if known is not None and known not in self.events:
            raise AlreadyExists("the id was used by an event that is gone")
        if known is None:
            if write.title is None or write.start is None or write.end is None:
                raise ValueError("a new event has title, start and end")
            content = _written(Content(write.title, write.start, write.end), write)
            event = Event(
                request_id,
                calendar_id,
                f"{request_id}@memory",
                "",
                content,
                write.recurrence or (),
                organizer_email=self.email,
                meeting_id=write.meeting_id or None,
            )
            known = self._requests[request_id] = (calendar_id, request_id)
            self._put(event)
            self._mail("create", event.id, content.attendees, notify)
        self._done("create")
        return replace(self.events[known], overrides=())

    def update(self, calendar_id: str, event_id: str, etag: str, write: EventWrite, *, notify: bool) -> Event:
        self._called("update")
        event = self._current(calendar_id, event_id)
        if event.etag != etag:
            raise EtagMismatch("the event changed")
        content = _written(event.content, write)
        marker = event.meeting_id if write.meeting_id is None else write.meeting_id or None
        recurrence = event.recurrence if write.recurrence is None else write.recurrence
        self._put_master(replace(event, content=content, recurrence=recurrence, meeting_id=marker))
        self._mail("update", event_id, (*event.content.attendees, *content.attendees), notify)
        self._done("update")
        return replace(self.events[calendar_id, event_id], overrides=())

    def delete(self, calendar_id: str, event_id: str, etag: str, *, notify: bool) -> None:
        self._called("delete")
        event = self.events.get((calendar_id, event_id))
        if event is not None:
            if event.etag != etag:
                raise EtagMismatch("the event changed")
            self._remove(event)
            self._mail("delete", event_id, event.content.attendees, notify)
        self._done("delete")

    def update_occurrence(
        self, calendar_id: str, event: Event, recurrence_id: EventTime, write: EventWrite, *, notify: bool
    ) -> Override:
        self._called("update_occurrence")
        current = self._matching(calendar_id, event, recurrence_id)
        old = _override(current, recurrence_id)
        content = _written((old and old.content) or occurrence_content(current, recurrence_id), write)
        override = self._put_override(current, recurrence_id, content)
        self._mail("update", event.id, content.attendees, notify, recurrence_id)
        self._done("update_occurrence")
        return override

    def cancel_occurrence(self, calendar_id: str, event: Event, recurrence_id: EventTime, *, notify: bool) -> Override:
        self._called("cancel_occurrence")
        current = self._matching(calendar_id, event, recurrence_id)
        override = self._put_override(current, recurrence_id, None)
        self._mail("delete", event.id, current.content.attendees, notify, recurrence_id)
        self._done("cancel_occurrence")
        return override

    # -------------------------------------------------------------- PushProvider

    def watch(self, calendar_id: str, channel_id: str, address: str, token: str, expires_at: datetime) -> Subscription:
        self._called("watch")
        self._must_have(calendar_id)
        self.channels[channel_id] = (calendar_id, address, token)
        self._done("watch")
        return Subscription(channel_id, f"resource-{calendar_id}", expires_at)

    def unwatch(self, subscription: Subscription) -> None:
        self._called("unwatch")
        self.channels.pop(subscription.id, None)
        self._done("unwatch")

    # -------------------------------------------------------------- the owner's own acts

    def user_put(self, event: Event) -> Event:
        """A new event, or the master of an old one as the owner wants it."""
        if (event.calendar_id, event.id) in self.events:
            return self._put_master(event)
        return self._put(event)

    def user_delete(self, calendar_id: str, event_id: str) -> None:
        self._remove(self.events[calendar_id, event_id])

    def user_move(self, calendar_id: str, event_id: str, target: str) -> Event:
        """To another calendar: the same id and iCalUID there."""
        event = self.events[calendar_id, event_id]
        self._remove(event)
        moved = self._put(replace(event, calendar_id=target))
        for override in event.overrides:
            self._note(target, event_id, override.recurrence_id)
        return moved

    def user_copy(self, calendar_id: str, event_id: str, new_id: str) -> Event:
        """Duplicated: another id and iCalUID, all else the same, our marker too."""
        event = self.events[calendar_id, event_id]
        return self._put(replace(event, id=new_id, ical_uid=f"{new_id}@memory", overrides=()))

    def user_edit_occurrence(
        self, calendar_id: str, event_id: str, recurrence_id: EventTime, write: EventWrite
    ) -> None:
        event = self.events[calendar_id, event_id]
        old = _override(event, recurrence_id)
        self._put_override(
            event, recurrence_id, _written((old and old.content) or occurrence_content(event, recurrence_id), write)
        )

    def user_cancel_occurrence(self, calendar_id: str, event_id: str, recurrence_id: EventTime) -> None:
        self._put_override(self.events[calendar_id, event_id], recurrence_id, None)

    def user_cut(
        self, calendar_id: str, event_id: str, recurrence_id: EventTime, new_id: str, write: EventWrite
    ) -> Event:
        """'This and following' from `recurrence_id` on: the series is cut, a new one goes on from there."""
        event = self.events[calendar_id, event_id]
        kept = tuple(o for o in event.overrides if o.recurrence_id.local < recurrence_id.local)
        self._put(replace(event, recurrence=_cut(event.recurrence, recurrence_id), overrides=kept))
        content = _written(occurrence_content(event, recurrence_id), write)
        return self._put(
            replace(
                event,
                id=new_id,
                ical_uid=f"{new_id}@memory",
                content=content,
                overrides=(),
                recurrence=event.recurrence,
            )
        )

    # -------------------------------------------------------------- faults

    def leave(self) -> Box:
        """The mailbox's content as it is left behind; an empty one takes its place."""
        left = self.events, self._log, self._requests
        self.events, self._log, self._requests = {}, {}, {}
        self.forget_tokens()
        return left

    def enter(self, box: Box) -> None:
        """A mailbox that was left."""
        self.events, self._log, self._requests = box
        self.forget_tokens()

    def forget_tokens(self) -> None:
        """Every token and page that was handed out is invalid from now on."""
        self._epoch += 1

    def fail(self, method: str, error: Exception | None = None, *, after: bool = False, times: int = 1) -> None:
        """The next `times` calls of `method` raise, before or after they took effect (a lost answer)."""
        left = [times]
        stage = "after" if after else "before"
        previous = self.hook

        def hook(name: str, when: str) -> None:
            if previous is not None:
                previous(name, when)
            if name == method and when == stage and left[0]:
                left[0] -= 1
                raise error or Unavailable("the service is down")

        self.hook = hook

    # -------------------------------------------------------------- inside

    def _called(self, method: str) -> None:
        self.calls[method] += 1
        if self.hook is not None:
            self.hook(method, "before")

    def _done(self, method: str) -> None:
        if self.hook is not None:
            self.hook(method, "after")

    def _must_have(self, calendar_id: str) -> None:
        if all(info.id != calendar_id for info in self.infos):
            raise ItemNotFound("no such calendar")

    def _current(self, calendar_id: str, event_id: str) -> Event:
        event = self.events.get((calendar_id, event_id))
        if event is None:
            raise ItemNotFound("no such event")
        return event

    def _matching(self, calendar_id: str, seen: Event, recurrence_id: EventTime) -> Event:
        current = self._current(calendar_id, seen.id)
        if occurrence(replace(current, overrides=()), recurrence_id) is None:
            raise ItemNotFound("the series has no such occurrence")
        stored, known = _override(current, recurrence_id), _override(seen, recurrence_id)
        if stored is not None and (known is None or known.etag != stored.etag):
            raise EtagMismatch("the occurrence changed")
        return current

    def _position(self, calendar_id: str, token: str | None, page: str | None) -> tuple[list[Change], int, int, int]:
        """A round sees the calendar as it was when it began, whatever happens between its pages."""
        if page is not None:
            epoch, number, offset = page.split(":")
            self._must_be_now(epoch)
            changes, until = self._rounds[int(number)]
            return changes, until, int(number), int(offset)
        if token is None:
            changes = self._listing(calendar_id)
            if self.empty_listings:
                self.empty_listings -= 1
                changes = []
        else:
            epoch, since = token.split(":")
            self._must_be_now(epoch)
            changes = self._since(calendar_id, int(since), self._sequence)
        self._rounds.append((changes, self._sequence))
        return changes, self._sequence, len(self._rounds) - 1, 0

    def _must_be_now(self, epoch: str) -> None:
        if int(epoch) != self._epoch:
            raise SyncTokenInvalid("the token is forgotten")

    def _listing(self, calendar_id: str) -> list[Change]:
        found = sorted((e for (c, _), e in self.events.items() if c == calendar_id), key=lambda e: e.id)
        return [change for event in found for change in self._whole(event)]

    def _whole(self, event: Event) -> list[Change]:
        if self.complete_masters:
            return [EventChanged(event, complete=True)]
        master: Change = EventChanged(replace(event, overrides=()), complete=False)
        return [*(self._occurrence(event, o) for o in event.overrides), master]

    def _occurrence(self, event: Event, override: Override) -> OccurrenceChanged:
        alone = None
        if override.content is not None:
            alone = replace(
                event, id=override.event_id, etag=override.etag, content=override.content, recurrence=(), overrides=()
            )
        return OccurrenceChanged(event.calendar_id, event.id, override, alone)

    def _since(self, calendar_id: str, since: int, until: int) -> list[Change]:
        entries = [e for e in self._log.get(calendar_id, []) if since < e.sequence <= until]
        changes: list[Change] = []
        for event_id, recurrence_id in dict.fromkeys((e.event_id, e.recurrence_id) for e in entries):
            event = self.events.get((calendar_id, event_id))
            if event is None:
                changes.append(EventGone(calendar_id, event_id))
            elif self.complete_masters:
                changes.append(EventChanged(event, complete=True))
            elif recurrence_id is None:
                changes.append(EventChanged(replace(event, overrides=()), complete=False))
            else:
                override = _override(event, recurrence_id)
                changes += [self._occurrence(event, override)] if override is not None else []
        return list(dict.fromkeys(changes))

    def _put_master(self, event: Event) -> Event:
        """Exceptions survive; they move with the start of the series."""
        old = self.events[event.calendar_id, event.id]
        moved = event.content.start.local - old.content.start.local
        same_kind = event.content.start.all_day == old.content.start.all_day
        if not event.recurrence or not same_kind:
            return self._put(replace(event, overrides=()))
        overrides = (
            tuple(_shifted(o, event.content.start.zone, moved) for o in old.overrides) if moved else old.overrides
        )
        saved = self._put(replace(event, overrides=overrides))
        for override in overrides if moved else ():
            self._note(event.calendar_id, event.id, override.recurrence_id)
        return saved

    def _put(self, event: Event) -> Event:
        self._note(event.calendar_id, event.id, None)
        saved = replace(event, etag=f'"{self._sequence}"')
        self.events[event.calendar_id, event.id] = saved
        return saved

    def _put_override(self, event: Event, recurrence_id: EventTime, content: Content | None) -> Override:
        self._note(event.calendar_id, event.id, recurrence_id)
        stamp = recurrence_id.local.strftime("%Y%m%dT%H%M%S")
        override = Override(recurrence_id, content, f"{event.id}_{stamp}", f'"{self._sequence}"')
        others = [o for o in event.overrides if o.recurrence_id != recurrence_id]
        ordered = tuple(sorted([*others, override], key=lambda o: o.recurrence_id.local))
        etag = f'"{self._sequence}"' if self.complete_masters else event.etag
        self.events[event.calendar_id, event.id] = replace(event, overrides=ordered, etag=etag)
        return override

    def _remove(self, event: Event) -> None:
        del self.events[event.calendar_id, event.id]
        self._note(event.calendar_id, event.id, None)

    def _note(self, calendar_id: str, event_id: str, recurrence_id: EventTime | None) -> None:
        self._sequence += 1
        self._log.setdefault(calendar_id, []).append(_Logged(self._sequence, event_id, recurrence_id))

    def _mail(
        self,
        act: str,
        event_id: str,
        attendees: Sequence[Attendee],
        notify: bool,
        recurrence_id: EventTime | None = None,
    ) -> None:
        to = tuple(sorted({a.email for a in attendees if not a.organizer and a.email != self.email}))
        if to and (notify or not self.capabilities.silent_writes):
            self.mails.append(Mail(act, event_id, to, recurrence_id))


def occurrence_content(event: Event, recurrence_id: EventTime) -> Content:
    """What an occurrence without an exception says."""
    content = event.content
    lasts = content.end.local - content.start.local
    end = EventTime((recurrence_id.local + lasts).date()) if recurrence_id.all_day else _later(recurrence_id, lasts)
    return replace(content, start=recurrence_id, end=end)


def _later(time: EventTime, by: timedelta) -> EventTime:
    return EventTime(time.local + by, time.zone)


def _override(event: Event, recurrence_id: EventTime) -> Override | None:
    return next((o for o in event.overrides if o.recurrence_id.local == recurrence_id.local), None)


def _shifted(override: Override, zone: str | None, by: timedelta) -> Override:
    local = override.recurrence_id.local + by
    return replace(override, recurrence_id=EventTime(local, zone) if zone else EventTime(local.date()))


def _written(content: Content, write: EventWrite) -> Content:
    named = ("title", "start", "end", "description", "location", "visibility", "attendees")
    return replace(content, **{n: getattr(write, n) for n in named if getattr(write, n) is not None})


def _cut(recurrence: tuple[str, ...], recurrence_id: EventTime) -> tuple[str, ...]:
    if recurrence_id.all_day:
        until = (recurrence_id.local - timedelta(days=1)).strftime("%Y%m%d")
    else:
        until = (recurrence_id.instant - timedelta(seconds=1)).strftime("%Y%m%dT%H%M%SZ")
    return tuple(_with_until(line, until) if line.startswith("RRULE:") else line for line in recurrence)


def _with_until(line: str, until: str) -> str:
    parts = [p for p in line.removeprefix("RRULE:").split(";") if not p.startswith(("UNTIL=", "COUNT="))]
    return "RRULE:" + ";".join([*parts, f"UNTIL={until}"])
