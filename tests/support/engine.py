"""The whole engine over memory: one user, one mailbox, and the platform's side of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from meetbridge.model.account import User
from meetbridge.model.connection import Access, Calendar, Connection, ConnectionState, Mailbox, Permissions, Service
from meetbridge.model.event import Attendee, Content, Event
from meetbridge.model.ids import connection_key
from meetbridge.model.meeting import InviteBy, Link, Meeting, MeetingRecord, Part
from meetbridge.model.times import EventTime
from meetbridge.ports.jobs import Job, SyncJob
from meetbridge.ports.provider import AccessToken, CalendarInfo
from meetbridge.ports.repositories import By, StoredEvent
from meetbridge.services.endings import Endings
from meetbridge.services.sync_run import SyncRuns
from meetbridge.services.sync_session import SyncSettings
from meetbridge.services.sync_watch import Watcher
from meetbridge.storage.memory import MemoryStore
from meetbridge.sync import unsettled
from meetbridge.sync.links import patterns

from tests.support.clock import CountingIds, FakeClock
from tests.support.memory_provider import MemoryCalendar

TENANT, USER, OWNER = "acme", "anna", "owner@example.com"
KEY = connection_key(TENANT, USER)
BY = By("platform", "run", "api")
ZONE = "Europe/Berlin"
KEYS = "k1:MDEyMzQ1Njc4OWFiY2RlZg=="
INTERVAL = timedelta(hours=6)
WEEKLY = ("RRULE:FREQ=WEEKLY;BYDAY=TU",)


def timed(text: str, zone: str = ZONE) -> EventTime:
    return EventTime(datetime.fromisoformat(text), zone)


def part(topic: str = "Planning", begin: str = "2026-03-10T10:00", minutes: int = 60, **members: object) -> Part:
    start = timed(begin)
    return replace(Part(topic, start, EventTime(start.local + timedelta(minutes=minutes), ZONE)), **members)  # type: ignore[arg-type]


def link_of(meeting_id: str) -> str:
    return f"https://meet.example.com/j/{meeting_id}"


def meeting(id_: str = "m1", *parts: Part, revision: int = 1, invite_by: InviteBy = InviteBy.CALENDAR) -> Meeting:
    return Meeting(id_, link_of(id_), OWNER, parts or (part(),), revision, invite_by=invite_by)


def user_event(id_: str, title: str = "Lunch", start: str = "2026-03-11T12:00", **members: object) -> Event:
    begin = timed(start)
    content = Content(title, begin, EventTime(begin.local + timedelta(hours=1), ZONE))
    event = Event(id_, "primary", f"{id_}@memory", "", content, organizer_email=OWNER)
    inside = {k: v for k, v in members.items() if k in Content.__dataclass_fields__}
    outside = {k: v for k, v in members.items() if k not in inside}
    return replace(event, content=replace(content, **inside), **outside)  # type: ignore[arg-type]


def guests(*emails: str) -> tuple[Attendee, ...]:
    return tuple(Attendee(email) for email in emails)


@dataclass
class Queue:
    jobs: list[Job] = field(default_factory=list)

    def now(self, jobs: Sequence[Job]) -> None:
        self.jobs += jobs

    def bulk(self, jobs: Sequence[Job]) -> None:
        self.jobs += jobs

    def notified(self, jobs: Sequence[SyncJob], *, bucket: int) -> None:
        self.jobs += jobs


class OpenMailboxes:
    """Any context opens the one mailbox."""

    def __init__(self, provider: MemoryCalendar) -> None:
        self.provider = provider

    def open(self, _context: object) -> MemoryCalendar:
        return self.provider

    def push(self, _context: object) -> MemoryCalendar:
        return self.provider


class Engine:
    """`store` may be wrapped; `public_url` empty opens no channels."""

    def __init__(
        self, provider: MemoryCalendar | None = None, *, public_url: str = "", access: Access = Access.READ_WRITE
    ) -> None:
        self.clock, self.ids, self.queue = FakeClock(), CountingIds(), Queue()
        self.provider = provider or MemoryCalendar()
        self.store = MemoryStore(self.clock)
        self.user = User(USER, OWNER)
        self.store.save_user(TENANT, self.user, expected=None, by=BY)
        self.connect(access=access)
        self.mailboxes = OpenMailboxes(self.provider)
        self.settings = SyncSettings(patterns("https://meet.example.com/"), "@meet", timedelta(minutes=10))
        self.watcher = Watcher(public_url, KEYS, self.ids)
        self.runs = self.made_of(self.store)

    def made_of(self, store: object) -> SyncRuns:
        return SyncRuns(
            connections=store,  # type: ignore[arg-type]
            meetings=store,  # type: ignore[arg-type]
            sync=store,  # type: ignore[arg-type]
            mailboxes=self.mailboxes,  # type: ignore[arg-type]
            queue=self.queue,
            clock=self.clock,
            ids=self.ids,
            watcher=self.watcher,
            settings=self.settings,
            endings=Endings(store, self.queue, self.clock),  # type: ignore[arg-type]
            interval=INTERVAL,
            chance=lambda: 0.5,
        )

    # -------------------------------------------------------------- the connection

    @property
    def connection(self) -> Connection:
        connection = self.store.context(KEY).connection
        assert connection is not None
        return connection

    def connect(self, *, mailbox: str = "box", access: Access = Access.READ_WRITE) -> None:
        old = self.store.context(KEY).connection
        same = old is not None and old.mailbox.id == mailbox
        new = Connection(
            TENANT,
            USER,
            old.generation + 1 if old else 1,
            Service.GOOGLE,
            Mailbox(mailbox, OWNER),
            Permissions(calendar=access),
            ConnectionState.CONNECTED,
            self.clock.now(),
            calendars=tuple(_calendar(n, info) for n, info in enumerate(self.provider.infos)),
            default_calendar="primary",
            due_at=self.clock.now(),
            relink=same,
            previous_mailbox=None if old is None or same else old.mailbox.email,
        )
        token = AccessToken("token", self.clock.now() + timedelta(days=999))
        self.store.connect(new, "secret", token, replaced=old, by=BY)

    def select(self, *ids: str) -> None:
        now = self.connection
        calendars = tuple(replace(c, selected=c.id in ids) for c in now.calendars)
        self.store.update(replace(now, calendars=calendars), expected=now, by=BY)

    # -------------------------------------------------------------- the platform

    def put(self, wanted: Meeting, requested: tuple[str, str] | None = None) -> MeetingRecord:
        old = self.store.meeting(TENANT, USER, wanted.id)
        if old is None:
            record = MeetingRecord(wanted, (None,) * len(wanted.parts), requested_event=requested)
        else:
            revision = max(wanted.revision, old.meeting.revision + 1)
            links = unsettled.remembered(old.links, old.meeting) + (None,) * (len(wanted.parts) - len(old.links))
            record = replace(
                old,
                meeting=replace(wanted, revision=revision),
                links=links,
                requested_event=requested or old.requested_event,
            )
        return self.store.save(TENANT, USER, record, dirty=True, by=BY, now=self.clock.now())

    def change(self, meeting_id: str, index: int = 0, **members: object) -> MeetingRecord:
        now = self.record(meeting_id).meeting
        changed = replace(now.parts[index], **members)  # type: ignore[arg-type]
        return self.put(replace(now, parts=(*now.parts[:index], changed, *now.parts[index + 1 :])))

    def cancel(self, meeting_id: str) -> MeetingRecord:
        return self.put(replace(self.record(meeting_id).meeting, cancelled=True))

    def record(self, meeting_id: str = "m1") -> MeetingRecord:
        record = self.store.meeting(TENANT, USER, meeting_id)
        assert record is not None
        return record

    def part(self, meeting_id: str = "m1", index: int = 0) -> Part:
        return self.record(meeting_id).meeting.parts[index]

    def link(self, meeting_id: str = "m1", index: int = 0) -> Link:
        link = self.record(meeting_id).links[index]
        assert link is not None
        return link

    def event(self, meeting_id: str = "m1", index: int = 0) -> Event:
        """The event of a meeting, as the service has it."""
        link = self.link(meeting_id, index)
        return self.provider.events[link.calendar_id, link.event_id]

    # -------------------------------------------------------------- runs

    def sync(self, runs: SyncRuns | None = None) -> None:
        """One whole job and all that it enqueues."""
        self.queue.jobs.append(SyncJob(KEY, meetings=True))
        self.work(runs)

    def notified(self, *calendars: int) -> None:
        self.runs.run(SyncJob(KEY, calendars=calendars), lambda: 100.0)

    def work(self, runs: SyncRuns | None = None) -> None:
        for _ in range(200):
            if not self.queue.jobs:
                return
            job = self.queue.jobs.pop(0)
            if isinstance(job, SyncJob):
                (runs or self.runs).run(job, lambda: 100.0)
        raise AssertionError("the jobs never end")

    def quiet(self) -> None:
        """Grace and back-off passed: everything that waits is done."""
        for _ in range(4):
            self.sync()
            self.clock.advance(timedelta(minutes=11))
        self.sync()

    def stored(self) -> dict[str, StoredEvent]:
        events = self.store._state.events.get((KEY, self.connection.generation), {})
        return {s.event.id: s for s in events.values()}


def _calendar(index: int, info: CalendarInfo) -> Calendar:
    return Calendar(
        info.id,
        index,
        info.name,
        info.time_zone,
        primary=info.primary,
        owned=info.owned,
        writable=info.writable,
        selected=True,
    )
