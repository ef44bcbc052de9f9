"""The table, as the services see it.

Every method names tenant (full account id) and user (full id) unless it takes a ConnectionKey.
`by` says who or what caused a write; the stream carries it into ledger and outgoing events.
Writes that carry an expected version or fence raise VersionConflict or LeaseLost when it no longer holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, Protocol, TypeVar

from meetbridge.model.account import AccountSettings, Settings, User
from meetbridge.model.connection import Calendar, Connection, ConnectionKey, Permissions
from meetbridge.model.event import Event
from meetbridge.model.meeting import MeetingRecord
from meetbridge.ports.provider import AccessToken

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class By:
    """Who changed something and why.

    `actor` is 'user:ID', 'platform', 'sync' or 'settings', `run` the request's or job's id, `cause` webhook,
    sweep, api, ...; `losers` are the fields (and their values) that lost in a merge.
    """

    actor: str
    run: str
    cause: str
    losers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """Some of many; `next` is an opaque cursor, None at the end."""

    items: tuple[T, ...]
    next: str | None = None


# ------------------------------------------------------------------ account


class AccountRepository(Protocol):
    def settings(self, tenant: str) -> AccountSettings: ...

    def save_settings(
        self, tenant: str, settings: Settings, *, expected: int, by: By, now: datetime, job_id: str
    ) -> AccountSettings:
        """Settings, the audit entry and the clean-up job in one transaction. Raises VersionConflict."""

    def audit(self, tenant: str, cursor: str | None, limit: int) -> Slice[Mapping[str, Any]]: ...


class UserRepository(Protocol):
    def user(self, tenant: str, user: str) -> User | None: ...

    def save_user(self, tenant: str, user: User, *, expected: User | None, by: By) -> None:
        """`expected` is the record as it was read (None: there was none), so that a request that stores the
        client last seen never brings a leaver back. Raises VersionConflict where it is not stored any more."""

    def users(self, tenant: str, cursor: str | None, limit: int) -> Slice[User]: ...


@dataclass(frozen=True, slots=True)
class AccountJobRecord:
    """An account-wide job's progress; `state` is running, done, superseded or failed."""

    id: str
    tenant: str
    kind: str
    state: str
    settings_version: int
    done: int = 0
    total: int | None = None
    cursor: str | None = None
    result: Mapping[str, Any] = field(default_factory=dict)


class AccountJobRepository(Protocol):
    def job(self, tenant: str, job_id: str) -> AccountJobRecord | None: ...

    def save_job(self, job: AccountJobRecord, *, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """An authorisation under way, for its initiator alone; single use. `code` is parked by the callback.

    `id` is the public handle, `state_hash` the hash of the OAuth state. Expired ones read as None.
    """

    id: str
    state_hash: str
    tenant: str
    user: str
    service: str
    permissions: Permissions
    code_verifier: str
    redirect_uri: str
    expires_at: datetime
    code: str | None = None
    error: str | None = None


class AttemptRepository(Protocol):
    """The code, the verifier and the state rest sealed or hashed."""

    def begin(self, attempt: Attempt) -> None: ...

    def park(
        self, tenant_user: ConnectionKey, state_hash: str, code: str | None, error: str | None, now: datetime
    ) -> Attempt:
        """The callback's part, once: raises Unauthenticated for a state that is unknown, used or stale."""

    def take(self, tenant: str, user: str, attempt_id: str, now: datetime) -> Attempt:
        """The initiator's part, once: raises NotFound where it is not theirs, used, or stale; Conflict
        where the callback has not come yet (it stays)."""


# ------------------------------------------------------------------ connections


@dataclass(frozen=True, slots=True)
class SealedToken:
    """An access token as it rests; `ConnectionRepository.opened` opens it, for the few that call the service."""

    sealed: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Context:
    """All that a job or a request decides by, read at once."""

    account: AccountSettings
    user: User | None
    connection: Connection | None
    access_token: SealedToken | None


@dataclass(frozen=True, slots=True)
class Gone:
    """An ended generation whose grant, channels and events still have to be removed."""

    tenant: str
    user: str
    generation: int
    service: str
    calendars: tuple[Calendar, ...]
    revoke: bool = True


class ConnectionRepository(Protocol):
    def context(self, key: ConnectionKey, *, consistent: bool = True) -> Context:
        """One BatchGetItem: settings, user, connection, access token. Opens no secret."""

    def opened(self, connection: Connection, token: SealedToken) -> AccessToken:
        """The context's token, fit for use."""

    def glance(self, key: ConnectionKey) -> Context:
        """Settings and connection alone, eventually consistent: one read unit."""

    def connect(
        self, connection: Connection, refresh_secret: str, token: AccessToken, *, replaced: Connection | None, by: By
    ) -> None:
        """A new generation in one transaction; what it replaces becomes a Gone that is due at once."""

    def refresh_secret(self, connection: Connection) -> str | None: ...

    def save_tokens(self, connection: Connection, token: AccessToken, refresh_secret: str | None) -> None:
        """`refresh_secret` None keeps the stored one."""

    def update(self, connection: Connection, *, expected: Connection, by: By) -> Connection:
        """State, reason, calendars' selection, default and due_at; not what sync writes. Raises VersionConflict."""

    def end(
        self, ended: Sequence[Connection], *, reason: str, due_at: datetime, by: By, job: AccountJobRecord | None = None
    ) -> None:
        """Up to 25 connections disconnected in one transaction (with the job's progress): each is stored as
        state DISCONNECTED with the reason, fenced off from running jobs, and leaves a Gone."""

    def connections(self, tenant: str, cursor: str | None, limit: int) -> Slice[Connection]: ...

    def gone(self, key: ConnectionKey, generation: int) -> Gone | None: ...

    def gone_secret(self, gone: Gone) -> str | None: ...

    def forget(self, gone: Gone, *, limit: int) -> bool:
        """Delete up to `limit` of its items; True when the last one and the Gone itself are away."""

    def due(self, now: datetime, limit: int) -> Sequence[SyncDue]: ...

    def postpone(
        self, key: ConnectionKey, generation: int, due_at: datetime, *, expected: datetime | None = None
    ) -> None:
        """Move a connection's (or its Gone's) due time; where `expected` is given, only if it is still that one."""


@dataclass(frozen=True, slots=True)
class SyncDue:
    """What the sweep finds: a connection, or (`gone`) an ended generation."""

    key: ConnectionKey
    generation: int
    due_at: datetime
    gone: bool = False


# ------------------------------------------------------------------ sync


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to sync this connection until `until`; every write of the run carries `fence`.

    `tenant` and `user` are the full ids, which what is written carries into the stream. `resume`: the connection is
    due at `until`, so that the sweep goes on with this work if the run dies.
    """

    key: ConnectionKey
    generation: int
    fence: int
    until: datetime
    tenant: str = ""
    user: str = ""
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Marked:
    """Ids of the meetings that are dirty now, and when the next one will be (None: none, or not looked for)."""

    ids: tuple[str, ...] = ()
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as stored. `key` is its opaque id at the API, `place` its sort key (None: not stored yet).

    `meeting_id` is set for a linked one (its marker alone doesn't link). `round` is the full round that last
    saw it, `seen` the recurrence ids (ISO) of the exceptions that this round saw. `requested`: the platform
    has been asked for a meeting (the stream publishes meeting.requested when it becomes true).
    """

    key: str
    event: Event
    meeting_id: str | None = None
    place: str | None = None
    round: int = 0
    seen: tuple[str, ...] = ()
    requested: bool = False


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """What one page of a round, or one push, leaves behind; written as one."""

    put: tuple[StoredEvent, ...] = ()
    remove: tuple[StoredEvent, ...] = ()
    meetings: tuple[MeetingRecord, ...] = ()  # `version` is the one read; 0 is new
    clean: tuple[str, ...] = ()  # meetings whose dirty mark is done
    calendars: tuple[Calendar, ...] = ()  # new sync state of these
    by: By = field(default_factory=lambda: By("sync", "", ""))


class SyncRepository(Protocol):
    def acquire(
        self, connection: Connection, owner: str, now: datetime, seconds: int, *, resume: bool = False
    ) -> Lease | None:
        """None where another run holds it: that run is told to go on (it finds so at `release`), and the connection
        is due when its lease ends, for it may be dead. Raises LeaseLost where it is replaced or not connected."""

    def extend(self, lease: Lease, now: datetime, seconds: int) -> Lease:
        """The same lease until `now` + `seconds`. Raises LeaseLost."""

    def load(self, lease: Lease, ids: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], StoredEvent]:
        """Stored events by (calendar id, event id)."""

    def commit(self, lease: Lease, changes: ChangeSet) -> None:
        """One TransactWriteItems with the fence where it fits (at most 100 actions), else the events first
        (unconditional batches, idempotent) and then meetings and calendars' state with the fence. Bumps
        events_version where an event changed. Raises LeaseLost, VersionConflict."""

    def unseen(self, lease: Lease, calendar: Calendar, cursor: str | None, limit: int) -> Slice[StoredEvent]:
        """Events of this calendar that the calendar's current round has not seen (or whose exceptions it hasn't)."""

    def release(self, lease: Lease, proved: Mapping[str, datetime], due_at: datetime | None) -> bool:
        """Give it back. False (and still held) where work came in meanwhile: run again. `due_at` None keeps it."""

    def dirty(self, lease: Lease, limit: int) -> Marked:
        """Meetings that the platform changed, or whose grace is over; where they are `limit`, there may be more."""


class MeetingRepository(Protocol):
    def meeting(self, tenant: str, user: str, meeting_id: str) -> MeetingRecord | None: ...

    def meetings(self, tenant: str, user: str, ids: Sequence[str]) -> Mapping[str, MeetingRecord]: ...

    def all_meetings(self, tenant: str, user: str, cursor: str | None, limit: int) -> Slice[MeetingRecord]: ...

    def save(
        self, tenant: str, user: str, record: MeetingRecord, *, dirty: bool, by: By, now: datetime
    ) -> MeetingRecord:
        """Raises VersionConflict. `dirty` leaves the mark that the next run of the connection finds."""

    def mark(self, tenant: str, user: str, meeting_ids: Sequence[str], at: datetime) -> None:
        """Dirty from `at` on, without a change."""


class EventReader(Protocol):
    """What the API reads; two Queries for a window."""

    def window(self, connection: Connection, first: date, last: date) -> Sequence[StoredEvent]:
        """All that may touch these UTC days."""

    def event(self, connection: Connection, key: str) -> StoredEvent | None: ...


class LedgerRepository(Protocol):
    def append(self, entries: Sequence[Mapping[str, Any]]) -> None: ...

    def history(
        self, tenant: str, user: str, subject: str, cursor: str | None, limit: int
    ) -> Slice[Mapping[str, Any]]: ...
