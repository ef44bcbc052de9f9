"""What moves between a calendar service and the engine: changes seen, and changes to write."""

from __future__ import annotations

from dataclasses import dataclass

from meetbridge.model.event import Attendee, Event, Override, Visibility
from meetbridge.model.times import EventTime


@dataclass(frozen=True, slots=True)
class EventChanged:
    """A master or single event. `complete`: `event.overrides` is all of them; else keep the stored ones."""

    event: Event
    complete: bool


@dataclass(frozen=True, slots=True)
class OccurrenceChanged:
    """One exception of a series; the master may come later, or never (the mailbox has only this one).

    `event` is the exception seen as a single event (its own id, content, organiser, no recurrence), for
    the case that the master is unknown; None when it is a cancellation.
    """

    calendar_id: str
    series_id: str
    override: Override
    event: Event | None


@dataclass(frozen=True, slots=True)
class EventGone:
    """This event (a master with its series, or a single one) is no longer in this calendar."""

    calendar_id: str
    event_id: str


Change = EventChanged | OccurrenceChanged | EventGone


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a round: `next_page` goes on, or `token` ends it (exactly one of both is set)."""

    changes: tuple[Change, ...]
    next_page: str | None
    token: str | None


@dataclass(frozen=True, slots=True)
class EventWrite:
    """What to write; None leaves a member as it is. `attendees` is the whole list.

    `meeting_id` is our marker; the empty string takes it away.
    """

    title: str | None = None
    start: EventTime | None = None
    end: EventTime | None = None
    recurrence: tuple[str, ...] | None = None
    description: str | None = None
    location: str | None = None
    visibility: Visibility | None = None
    attendees: tuple[Attendee, ...] | None = None
    meeting_id: str | None = None
