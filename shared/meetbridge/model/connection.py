"""A user's authorised link to one service, and where its sync stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Service(StrEnum):
    GOOGLE = "google"
    OFFICE365_GRAPH = "office365_graph"
    OFFICE365_EWS = "office365_ews"
    EXCHANGE_EWS = "exchange_ews"
    EXCHANGE_MAPI = "exchange_mapi"
    CALDAV = "caldav"


class Access(StrEnum):
    NONE = "none"
    READ = "read"
    READ_WRITE = "read_write"


@dataclass(frozen=True, slots=True)
class Permissions:
    calendar: Access = Access.READ_WRITE
    contacts: Access = Access.NONE


@dataclass(frozen=True, slots=True)
class Mailbox:
    """`id` is the service's stable id of the account, `email` the address that the service vouches for."""

    id: str
    email: str


class ConnectionState(StrEnum):
    CONNECTED = "connected"
    NEEDS_REAUTHORIZATION = "needs_reauthorization"
    BLOCKED = "blocked"
    DISCONNECTED = "disconnected"


class MeetingsForEvents(StrEnum):
    """Which events without a link ask the platform for a meeting."""

    NONE = "none"
    MARKED = "marked"
    WITH_GUESTS = "with_guests"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A channel on which the service tells of changes; `id` is ours, `resource_id` the service's."""

    id: str
    resource_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar of the mailbox and its sync state.

    `index` is its short number within the connection and never reused. `token` is set by a completed
    round alone; `page` is where the round under way goes on; `round` counts full rounds. `proved_at`
    is when it was last proved equal to the service. `doubted`: a full round came back empty though events are
    stored; the second one is believed. `no_channel_until`: the service refused a channel, and is not asked before then.
    """

    id: str
    index: int
    name: str = ""
    time_zone: str = "UTC"
    primary: bool = False
    owned: bool = True
    writable: bool = True
    selected: bool = False
    token: str | None = None
    page: str | None = None
    round: int = 0
    full_round: bool = True
    proved_at: datetime | None = None
    doubted: bool = False
    subscription: Subscription | None = None
    no_channel_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConnectionKey:
    """Where a connection lives: the short forms of tenant and user (ids.connection_key)."""

    tenant: str
    user: str


@dataclass(frozen=True, slots=True)
class Connection:
    """At most one for a user. `generation` starts anew with each (re)connection and fences old jobs.

    `events_version` counts changes of what the user's calendars show. `fence` counts leases.
    `relink` is set while the first round of a reconnection matches events again. `version` counts writes of all
    but the sync state (ConnectionRepository.update).
    """

    tenant: str
    user: str
    generation: int
    service: Service
    mailbox: Mailbox
    permissions: Permissions
    state: ConnectionState
    connected_at: datetime
    reason: str | None = None
    calendars: tuple[Calendar, ...] = ()
    default_calendar: str | None = None
    events_version: int = 0
    fence: int = 0
    due_at: datetime | None = None
    failures: int = 0
    relink: bool = False
    previous_mailbox: str | None = None
    version: int = 0

    def calendar(self, calendar_id: str) -> Calendar | None:
        return next((c for c in self.calendars if c.id == calendar_id), None)
