"""A page of changes laid over what is stored: series with their exceptions, whichever way they were handed over.

An exception may come before its master, or without one for ever (a guest of one occurrence alone); a cancelled
exception is one occurrence, never the series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from meetbridge.model.changes import Change, EventChanged, EventGone, OccurrenceChanged
from meetbridge.model.event import Content, Event, Override
from meetbridge.model.times import EventTime


@dataclass(frozen=True, slots=True)
class Held:
    """An event as held, the full round that last saw it, and its exceptions (ISO) that this round saw."""

    event: Event
    round: int = 0
    seen: tuple[str, ...] = ()


def ids(changes: Sequence[Change]) -> tuple[tuple[str, str], ...]:
    """The events that a page speaks of, each once."""
    return tuple(dict.fromkeys((_calendar(c), _event_id(c)) for c in changes))


def fold(changes: Sequence[Change], stored: Mapping[str, Held], number: int) -> dict[str, Held | None]:
    """What each event of the page is now, by id, in round `number`; None is gone."""
    now: dict[str, Held | None] = {}
    for change in changes:
        if isinstance(change, EventGone):
            now[change.event_id] = None
        elif isinstance(change, EventChanged):
            now[change.event.id] = _master(change, now.get(change.event.id) or stored.get(change.event.id), number)
    for change in changes:
        if isinstance(change, OccurrenceChanged):
            if change.series_id in now and now[change.series_id] is None:
                continue
            held = now.get(change.series_id) or stored.get(change.series_id)
            now[change.series_id] = _occurrence(change, held, number)
    return now


def needs_all(old: Event | None, new: Event) -> bool:
    """Whether the exceptions that we hold may no longer be those of this master, whose days have moved."""
    if old is None or old.detached or not old.overrides or not new.recurrence:
        return False
    return old.recurrence != new.recurrence or old.content.start != new.content.start


def iso(time: EventTime) -> str:
    return time.value.isoformat()


def without_unseen(held: Held) -> Event:
    """The event with those exceptions alone that its round saw."""
    kept = tuple(o for o in held.event.overrides if iso(o.recurrence_id) in held.seen)
    return replace(held.event, overrides=kept)


def with_override(event: Event, override: Override) -> Event:
    others = [o for o in event.overrides if o.recurrence_id.local != override.recurrence_id.local]
    ordered = sorted([*others, override], key=lambda o: o.recurrence_id.local)
    return replace(event, overrides=tuple(ordered))


def _master(change: EventChanged, held: Held | None, number: int) -> Held:
    event = change.event
    if change.complete:
        return Held(event, number, tuple(iso(o.recurrence_id) for o in event.overrides))
    seen = held.seen if held is not None and held.round == number else ()
    kept = held.event.overrides if held is not None and event.recurrence else ()
    return Held(replace(event, overrides=kept), number, seen)


def _occurrence(change: OccurrenceChanged, held: Held | None, number: int) -> Held | None:
    seen = held.seen if held is not None and held.round == number else ()
    event = with_override(held.event if held is not None else _detached(change), change.override)
    if event.detached and held is not None and all(o.cancelled for o in event.overrides):
        return None
    mark = iso(change.override.recurrence_id)
    return Held(event, number, seen if mark in seen else (*seen, mark))


def _detached(change: OccurrenceChanged) -> Event:
    """The place of a master that has not come (yet)."""
    rid, alone = change.override.recurrence_id, change.event
    if alone is None:
        return Event(change.series_id, change.calendar_id, "", "", Content("", rid, rid), detached=True)
    return replace(
        alone, id=change.series_id, calendar_id=change.calendar_id, etag="", recurrence=(), overrides=(), detached=True
    )


def _calendar(change: Change) -> str:
    return change.event.calendar_id if isinstance(change, EventChanged) else change.calendar_id


def _event_id(change: Change) -> str:
    if isinstance(change, EventChanged):
        return change.event.id
    return change.series_id if isinstance(change, OccurrenceChanged) else change.event_id
