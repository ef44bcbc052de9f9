"""What the calendar's routes answer, as types: checked where it is made, and described in docs/openapi.json."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class HostView(TypedDict):
    name: str
    email: str


class AttendeeView(TypedDict):
    email: str
    name: str
    response: str
    optional: bool


class JoinView(TypedDict):
    """The platform's meeting; `id` is null where only its link is known, `role` is start or join."""

    id: str | None
    join_url: str
    role: str


class EventView(TypedDict):
    """One occurrence; `rule_ignored` where its rule could not be followed."""

    id: str
    series_id: str | None
    calendar_id: str
    title: str
    start: str
    end: str
    time_zone: str | None
    all_day: bool
    host: HostView | None
    attendees: list[AttendeeView]
    private: bool
    meeting: JoinView | None
    freshness: str | None
    rule_ignored: NotRequired[bool]


class WholeEventView(EventView):
    description: str
    location: str
    recurrence: list[str]


class EventPage(TypedDict):
    items: list[EventView]
    next: str | None


class CalendarView(TypedDict):
    id: str
    name: str
    time_zone: str
    primary: bool
    owned: bool
    writable: bool
    selected: bool
    default: bool
    freshness: str | None


class CalendarPage(TypedDict):
    items: list[CalendarView]
    next: str | None


class EntryView(TypedDict):
    """A change: who made it, by which run and why; `losers` are the values that a merge left behind."""

    id: str
    at: str
    actor: str
    run: str
    cause: str
    changed: list[str]
    losers: list[list[str]]


class HistoryPage(TypedDict):
    items: list[EntryView]
    next: str | None


class ExceptionView(TypedDict):
    original_start: str
    cancelled: bool
    topic: NotRequired[str]
    start: NotRequired[str]
    duration_minutes: NotRequired[int]
    agenda: NotRequired[str]


class PartView(TypedDict):
    topic: str
    start: str
    duration_minutes: int
    time_zone: str | None
    all_day: bool
    recurrence: list[str]
    exceptions: list[ExceptionView]
    agenda: str


class MeetingView(PartView):
    """`origin` is who changed it last: platform or calendar."""

    id: str
    segments: list[PartView]
    join_url: str
    host_email: str
    invitees: list[str]
    invite_by: str
    private: bool
    kind: str
    event_id: str | None
    revision: int
    origin: str
    cancelled: bool
    calendar_state: str


class PausedView(MeetingView):
    """A meeting that waits for its user's word; `reason` says why."""

    reason: str | None


class PausedPage(TypedDict):
    items: list[PausedView]
    next: str | None


class MeetingPage(TypedDict):
    items: list[MeetingView]
    next: str | None
