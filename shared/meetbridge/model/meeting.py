"""A meeting as the platform knows it, and what ties it to the events that stand for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from meetbridge.model.times import EventTime


class MeetingKind(StrEnum):
    MEETING = "meeting"
    WEBINAR = "webinar"


class InviteBy(StrEnum):
    CALENDAR = "calendar"
    PLATFORM = "platform"


class Origin(StrEnum):
    """Which side made the latest change."""

    PLATFORM = "platform"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class PartException:
    """One changed or cancelled occurrence; None inherits from the part."""

    recurrence_id: EventTime
    cancelled: bool = False
    topic: str | None = None
    start: EventTime | None = None
    end: EventTime | None = None
    agenda: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The fields that both sides may change, of one segment of a meeting; also the common base.

    A meeting has one part; a series that was cut ('this and following') has one for each segment.
    `exceptions` is ordered by recurrence id, `invitees` are lower-case addresses in order.
    """

    topic: str
    start: EventTime
    end: EventTime
    recurrence: tuple[str, ...] = ()
    exceptions: tuple[PartException, ...] = ()
    agenda: str = ""
    private: bool = False
    invitees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meeting:
    id: str
    join_url: str
    host_email: str
    parts: tuple[Part, ...]
    revision: int
    kind: MeetingKind = MeetingKind.MEETING
    invite_by: InviteBy = InviteBy.CALENDAR
    cancelled: bool = False
    origin: Origin = Origin.PLATFORM


class LinkState(StrEnum):
    LINKED = "linked"
    GONE = "gone"  # not seen any more; counts as deleted after the grace and a search
    OUTSIDE_SELECTION = "outside_selection"  # moved to a calendar that does not sync
    UNLINKED = "unlinked"  # for good: the user took the link out, or it ended
    DORMANT = "dormant"  # the calendar was deselected or disconnected; remembered for 30 days
    AMBIGUOUS = "ambiguous"  # reconnected, and several or no events fit; waits in /v1/me/paused


class MadeBy(StrEnum):
    MEETBRIDGE = "meetbridge"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Link:
    """The tie of one part to one event: ids and etag as last agreed, and the common base.

    Exceptions' etags are not kept here: they stand in the stored event. `since` is when the state began (UTC).
    `join_url` is the one that the event carried when last agreed, empty for none. `invites` False: made anew after
    a change of mailbox, so the guests hold the old organiser's event and no attendee is written or read here.
    `guests` False: the base's invitees are those of a platform that invited by itself, and no attendees.
    `unsettled`: what the platform replaced before it was known to be in the calendar (sync.unsettled).
    """

    calendar_id: str
    event_id: str
    ical_uid: str
    etag: str
    base: Part
    made_by: MadeBy
    generation: int
    state: LinkState = LinkState.LINKED
    since: datetime | None = None
    join_url: str = ""
    invites: bool = True
    guests: bool = True
    unsettled: tuple[Part, ...] = ()


class CalendarState(StrEnum):
    """What the platform is told of a meeting's place in the calendar."""

    PENDING = "pending"
    IN_CALENDAR = "in_calendar"
    WAITING_FOR_HOST = "waiting_for_host"
    READ_ONLY = "read_only"
    SYNC_OFF = "sync_off"
    OUTSIDE_SELECTION = "outside_selection"
    UNLINKED = "unlinked"
    ENDED = "ended"
    PAUSED = "paused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class MeetingRecord:
    """A stored meeting: `links[i]` belongs to `meeting.parts[i]`; `version` counts writes of the record."""

    meeting: Meeting
    links: tuple[Link | None, ...] = (None,)
    calendar_state: CalendarState = CalendarState.PENDING
    version: int = 0
    scheduled_by: str = ""  # the delegate's user id where one scheduled it for the host
    requested_event: tuple[str, str] | None = None  # (calendar id, event id) that the platform's PUT names
