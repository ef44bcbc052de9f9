"""What one run of a connection holds: the lease, the mailbox, the rules, and the meetings as they now stand."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from meetbridge.model.account import User
from meetbridge.model.connection import Calendar, Connection
from meetbridge.model.event import Event
from meetbridge.model.ids import event_key
from meetbridge.model.meeting import LinkState, MeetingRecord
from meetbridge.policy.decision import Decision
from meetbridge.ports.clock import Clock
from meetbridge.ports.provider import CalendarProvider
from meetbridge.ports.repositories import By, ChangeSet, Lease, MeetingRepository, StoredEvent, SyncRepository
from meetbridge.sync import links
from meetbridge.sync.merge import Loser

MEETINGS_AT_ONCE = 200
LEASE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """What the deployment decides; `marker` is the text by which a user asks for a meeting."""

    patterns: links.Patterns = ()
    marker: str = "@meet"
    grace: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Known:
    """Meetings of the user by what an event may show of them."""

    by_event: dict[tuple[str, str], str]
    by_uid: dict[str, str]
    by_url: dict[str, str]


@dataclass
class Session:
    connection: Connection
    user: User
    decision: Decision
    provider: CalendarProvider
    lease: Lease
    sync: SyncRepository
    meetings: MeetingRepository
    clock: Clock
    settings: SyncSettings
    run: str
    cause: str
    due_at: datetime | None = None
    to_push: set[str] = field(default_factory=set)
    _known: Known | None = None

    def __post_init__(self) -> None:
        self.provider = cast(CalendarProvider, _Keeping(self.provider, self.keep))

    def keep(self) -> None:
        """Extend the lease where less than half of it is left. Raises LeaseLost."""
        now = self.now()
        if self.lease.until - now < timedelta(seconds=LEASE_SECONDS) / 2:
            self.lease = self.sync.extend(self.lease, now, LEASE_SECONDS)

    @property
    def generation(self) -> int:
        return self.connection.generation

    def now(self) -> datetime:
        return self.clock.now()

    def by(self, losers: Iterable[Loser] = ()) -> By:
        return By("sync", self.run, self.cause, tuple(losers))

    def records(self, ids: Iterable[str]) -> dict[str, MeetingRecord]:
        wanted = list(dict.fromkeys(ids))
        return dict(self.meetings.meetings(self.connection.tenant, self.connection.user, wanted)) if wanted else {}

    def record(self, meeting_id: str) -> MeetingRecord | None:
        return self.records([meeting_id]).get(meeting_id)

    def all_records(self) -> Iterable[MeetingRecord]:
        cursor: str | None = None
        while True:
            found = self.meetings.all_meetings(self.connection.tenant, self.connection.user, cursor, MEETINGS_AT_ONCE)
            yield from found.items
            cursor = found.next
            if cursor is None:
                return

    def known(self) -> Known:
        """Read once a run, and only when an event calls for it."""
        if self._known is None:
            self._known = _known(self.all_records())
        return self._known

    def mark(self, ids: Iterable[str], at: datetime) -> None:
        """Meetings to be looked at again; made before the commit that calls for it, so that no crash loses it."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return
        self.meetings.mark(self.connection.tenant, self.connection.user, wanted, at)
        if at <= self.now():
            self.to_push.update(wanted)
        else:
            self.wake(at)

    def wake(self, at: datetime) -> None:
        """Be due again at this moment, or earlier."""
        self.due_at = at if self.due_at is None else min(self.due_at, at)

    def commit(self, changes: ChangeSet) -> None:
        self.keep()
        self.sync.commit(self.lease, changes)
        for calendar in changes.calendars:
            self.saw(calendar)

    def saw(self, calendar: Calendar) -> None:
        calendars = tuple(calendar if c.id == calendar.id else c for c in self.connection.calendars)
        self.connection = replace(self.connection, calendars=calendars)

    def stored(self, calendar_id: str, event_id: str) -> StoredEvent | None:
        return self.sync.load(self.lease, [(calendar_id, event_id)]).get((calendar_id, event_id))

    def as_stored(self, event: Event, old: StoredEvent | None, meeting_id: str | None) -> StoredEvent:
        """The event as it shall be stored after a write of ours or a fresh read."""
        calendar = self.connection.calendar(event.calendar_id)
        seen = tuple(o.recurrence_id.value.isoformat() for o in event.overrides)
        if old is None:
            number = calendar.round if calendar is not None else 0
            return StoredEvent(event_key(event.calendar_id, event.id), event, meeting_id, None, number, seen)
        return replace(old, event=event, meeting_id=meeting_id, seen=tuple(dict.fromkeys((*old.seen, *seen))))

    def request_id(self, meeting_id: str, index: int, seed: str) -> str:
        """The same for the same event to be made, so that a repeated create makes one."""
        who = "\x00".join((self.connection.tenant, self.connection.user, meeting_id, str(index), seed))
        digest = hashlib.blake2b(who.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        return base64.b32hexencode(digest).decode().rstrip("=").lower()


class _Keeping:
    """The mailbox, before each call of which the lease is made to last."""

    def __init__(self, provider: CalendarProvider, keep: Callable[[], None]) -> None:
        self._provider = provider
        self._keep = keep

    def __getattr__(self, name: str) -> Any:
        self._keep()
        return getattr(self._provider, name)


def _known(records: Iterable[MeetingRecord]) -> Known:
    known = Known({}, {}, {})
    for record in records:
        url = links.normalise(record.meeting.join_url)
        if url is not None and not record.meeting.cancelled:
            known.by_url[url] = record.meeting.id
        for link in record.links:
            if link is None or record.meeting.cancelled or link.state is LinkState.AMBIGUOUS:
                continue
            known.by_event[link.calendar_id, link.event_id] = record.meeting.id
            if link.ical_uid:
                known.by_uid[link.ical_uid] = record.meeting.id
    return known
