"""What may happen for a user now: pure and total, so that requests, jobs and the preview decide alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from meetbridge.model.account import Client, Settings, User
from meetbridge.model.connection import Access, Connection, ConnectionState, Permissions, Service
from meetbridge.policy import domains
from meetbridge.policy.reasons import Reason, reason_of
from meetbridge.policy.services import AVAILABLE
from meetbridge.policy.settings import asked, bidirectional

PROMPTS_SINCE = (5, 2, 2)


class State(StrEnum):
    """A user's side of the integration, as the API shows it."""

    DISABLED = "disabled"
    NOT_CONNECTED = "not_connected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    NEEDS_REAUTHORIZATION = "needs_reauthorization"
    BLOCKED = "blocked"
    UNAVAILABLE_ON_PLATFORM = "unavailable_on_platform"


class Prompt(StrEnum):
    CONFIGURE = "configure"
    REAUTHORIZE = "reauthorize"


@dataclass(frozen=True, slots=True)
class Decision:
    """`may_sync`: this connection may be synced now. `may_edit`: the user may change events (S11).
    `may_write`: meetings may be written to the calendar. `meets`: events may become or change meetings."""

    state: State
    reason: Reason | None = None
    prompt: Prompt | None = None
    may_sync: bool = False
    may_connect: bool = False
    may_edit: bool = False
    may_write: bool = False
    meets: bool = False


def decide(settings: Settings, user: User | None, connection: Connection | None, client: Client | None) -> Decision:
    """The decision by the settings of this moment; `client` None (a job) is shown no prompt."""
    if not settings.enabled:
        return Decision(State.DISABLED, Reason.ACCOUNT_OFF)
    if user is not None and not user.active:
        return Decision(State.DISABLED, Reason.USER_INACTIVE)
    if settings.locked and settings.service not in AVAILABLE:
        return Decision(State.UNAVAILABLE_ON_PLATFORM, Reason.SERVICE_NOT_AVAILABLE)
    state, reason = standing(settings, connection)
    if connection is None or state not in (State.CONNECTED, State.CONNECTING):
        return Decision(state, reason, _prompt(settings, state, reason, client), may_connect=True)
    if user is None:
        return Decision(State.BLOCKED, Reason.USER_UNKNOWN, may_connect=True)
    both_ways = bidirectional(settings, user)
    writable = connection.permissions.calendar is Access.READ_WRITE
    return Decision(
        state,
        may_sync=True,
        may_connect=True,
        may_edit=writable,
        may_write=writable and both_ways,
        meets=both_ways,
    )


def standing(settings: Settings, connection: Connection | None) -> tuple[State, Reason | None]:
    """Where a connection stands under the settings, whoever its user is."""
    if connection is None:
        return State.NOT_CONNECTED, None
    if connection.state is ConnectionState.DISCONNECTED:
        return State.NOT_CONNECTED, reason_of(connection.reason)
    against = violation(settings, connection)
    if against is not None:
        return State.NOT_CONNECTED, against
    if connection.state is ConnectionState.BLOCKED:
        return State.BLOCKED, reason_of(connection.reason)
    if connection.state is ConnectionState.NEEDS_REAUTHORIZATION:
        return State.NEEDS_REAUTHORIZATION, reason_of(connection.reason) or Reason.AUTHORIZATION_LOST
    if connection.permissions.calendar is Access.NONE:
        return State.NEEDS_REAUTHORIZATION, Reason.PERMISSIONS_MISSING
    return (State.CONNECTED if _shown(connection) else State.CONNECTING), None


def violation(settings: Settings, connection: Connection) -> Reason | None:
    """What the settings hold against a connection, so that it must end; None where it may stay.

    The address that counts is the mailbox's, which the service vouches for (S13).
    """
    if not settings.enabled:
        return Reason.ACCOUNT_OFF
    against = choice_violation(settings, connection.service, connection.permissions)
    if against is None and not domains.allows(settings.allowed_domains, connection.mailbox.email):
        return Reason.DOMAIN_NOT_ALLOWED
    return against


def choice_violation(settings: Settings, service: Service, permissions: Permissions) -> Reason | None:
    """What the lock (S8) or this release holds against a service with these permissions."""
    if settings.locked and service is not settings.service:
        return Reason.SERVICE_LOCKED
    if service not in AVAILABLE:
        return Reason.SERVICE_NOT_AVAILABLE
    if settings.locked and asked(permissions) != asked(settings.permissions):
        return Reason.PERMISSIONS_LOCKED
    return None


def _shown(connection: Connection) -> bool:
    """Whether a first round has ended, so that there is something to show."""
    selected = [calendar for calendar in connection.calendars if calendar.selected]
    return not selected or any(calendar.proved_at is not None for calendar in selected)


def _prompt(settings: Settings, state: State, reason: Reason | None, client: Client | None) -> Prompt | None:
    """What the client shows; those below 5.2.2, and those that do not say, show nothing (S8)."""
    if client is None or client.version < PROMPTS_SINCE:
        return None
    if state is State.NEEDS_REAUTHORIZATION:
        return Prompt.REAUTHORIZE
    wanted = settings.locked or reason is not Reason.USER_REMOVED
    return Prompt.CONFIGURE if state is State.NOT_CONNECTED and wanted else None
