"""A user's own side (S17, S18): the state as their client may show it, and their own switches."""

from __future__ import annotations

from dataclasses import dataclass, replace

from meetbridge.errors import NotFound, Refused, VersionConflict
from meetbridge.model.account import Identity, Settings, User
from meetbridge.model.connection import Connection, ConnectionState, MeetingsForEvents
from meetbridge.model.ids import connection_key
from meetbridge.policy.decision import Decision, decide
from meetbridge.policy.reasons import Reason
from meetbridge.policy.settings import Effective, effective
from meetbridge.ports.jobs import JobQueue, SyncJob
from meetbridge.ports.repositories import By, ConnectionRepository, UserRepository
from meetbridge.services.directory import changed
from meetbridge.services.endings import Endings


@dataclass(frozen=True, slots=True)
class Profile:
    """`connection` is the live one; an ended one shows by state and reason alone."""

    decision: Decision
    settings: Settings
    effective: Effective
    connection: Connection | None


@dataclass(frozen=True, slots=True)
class Switches:
    """None leaves a switch as it is."""

    bidirectional: bool | None = None
    meetings_for_events: MeetingsForEvents | None = None


class Profiles:
    def __init__(
        self, connections: ConnectionRepository, users: UserRepository, endings: Endings, queue: JobQueue
    ) -> None:
        self._connections = connections
        self._users = users
        self._endings = endings
        self._queue = queue

    def read(self, caller: Identity) -> Profile:
        """The profile by one read; the client last seen is written only when it is another one."""
        context = self._connections.context(connection_key(caller.tenant, caller.user))
        if context.user is not None and context.user.client != caller.client:
            self._saw(caller, context.user)
        return profile(context.account.settings, context.user, context.connection, caller)

    def switch(self, caller: Identity, switches: Switches, run: str) -> Profile:
        """The user's own switches. Raises Refused where the account's administrator has locked one (S18)."""
        key = connection_key(caller.tenant, caller.user)
        context = self._connections.context(key)
        settings = context.account.settings
        if switches.bidirectional is not None and settings.bidirectional.locked:
            raise Refused(Reason.BIDIRECTIONAL_LOCKED.value, Reason.BIDIRECTIONAL_LOCKED.words)
        by = By(f"user:{caller.user}", run, "api")
        user = changed(self._users, caller.tenant, caller.user, lambda old: _switched(old, caller, switches), by)
        shown = profile(settings, user, context.connection, caller)
        if shown.decision.may_sync:
            self._queue.bulk([SyncJob(key, meetings=True)])
        return shown

    def disconnect(self, caller: Identity, run: str) -> None:
        """S20: fenced off now; grant, channels and stored data are removed by a job. Raises NotFound."""
        by = By(f"user:{caller.user}", run, "api")
        if not self._endings.end_of(caller.tenant, caller.user, Reason.USER_REMOVED, by):
            raise NotFound("There is no connection.")

    def _saw(self, caller: Identity, user: User) -> None:
        by = By(f"user:{caller.user}", "", "client")
        try:
            self._users.save_user(caller.tenant, replace(user, client=caller.client), expected=user, by=by)
        except VersionConflict:
            return  # somebody wrote the record meanwhile; the next request tells the client again


def profile(settings: Settings, user: User | None, connection: Connection | None, caller: Identity) -> Profile:
    """What the caller is shown."""
    live = connection if connection and connection.state is not ConnectionState.DISCONNECTED else None
    service = live.service if live else settings.service
    permissions = live.permissions if live else settings.permissions
    return Profile(
        decide(settings, user, connection, caller.client),
        settings,
        effective(settings, user, service, permissions),
        live,
    )


def newcomer(caller: Identity) -> User:
    """Somebody whom the platform has not put into the directory yet, as their token says."""
    return User(caller.user, caller.email, caller.groups, client=caller.client)


def _switched(old: User | None, caller: Identity, switches: Switches) -> User:
    user = old or newcomer(caller)
    return replace(
        user,
        bidirectional=user.bidirectional if switches.bidirectional is None else switches.bidirectional,
        meetings_for_events=switches.meetings_for_events or user.meetings_for_events,
    )
