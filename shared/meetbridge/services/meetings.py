"""The platform's meetings: kept here first, and brought into the calendar by the next run of the host's connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from meetbridge.errors import Conflict, FieldError, InvalidInput, NotFound, StaleRevision, VersionConflict
from meetbridge.model.connection import Access as Permission
from meetbridge.model.connection import ConnectionKey
from meetbridge.model.event import Content, Event, Override
from meetbridge.model.ids import connection_key
from meetbridge.model.meeting import CalendarState, Link, Meeting, MeetingRecord, Origin, Part, PartException
from meetbridge.policy.decision import decide
from meetbridge.ports.clock import Clock
from meetbridge.ports.jobs import JobQueue, SyncJob
from meetbridge.ports.repositories import (
    By,
    ConnectionRepository,
    Context,
    EventReader,
    MeetingRepository,
    Slice,
)
from meetbridge.services.events import Window, find
from meetbridge.sync import unsettled
from meetbridge.sync.expand import occurrences

ATTEMPTS = 4
_STANDING = (CalendarState.WAITING_FOR_HOST, CalendarState.SYNC_OFF, CalendarState.READ_ONLY)


@dataclass(frozen=True, slots=True)
class Put:
    """A meeting as the platform sends it; `host_email` empty is the user's, `event_id` the API's id of an event."""

    meeting: Meeting
    event_id: str | None = None


class Meetings:
    def __init__(
        self,
        connections: ConnectionRepository,
        meetings: MeetingRepository,
        reader: EventReader,
        jobs: JobQueue,
        clock: Clock,
    ) -> None:
        self._connections = connections
        self._meetings = meetings
        self._reader = reader
        self._jobs = jobs
        self._clock = clock

    def get(self, tenant: str, user: str, meeting_id: str) -> MeetingRecord:
        """Raises NotFound."""
        self._context(tenant, user)
        record = self._meetings.meeting(tenant, user, meeting_id)
        if record is None:
            raise NotFound("There is no such meeting.")
        return record

    def listing(
        self, tenant: str, user: str, window: Window | None, cursor: str | None, limit: int
    ) -> Slice[MeetingRecord]:
        """Those with an occurrence in the window; a page may hold fewer than `limit`, or none."""
        self._context(tenant, user)
        found = self._meetings.all_meetings(tenant, user, cursor, limit)
        if window is None:
            return found
        return Slice(tuple(r for r in found.items if in_window(r.meeting, window)), found.next)

    def put(self, tenant: str, user: str, put: Put, run: str) -> tuple[MeetingRecord, bool]:
        """The meeting stored, and whether it is new. Raises StaleRevision, Conflict for a cancelled one."""
        context = self._context(tenant, user)
        requested = self._requested(context, put.event_id)
        meeting = put.meeting
        if not meeting.host_email and context.user is not None:
            meeting = replace(meeting, host_email=context.user.email.lower())
        wanted = replace(put, meeting=meeting)

        def changed(stored: MeetingRecord | None) -> MeetingRecord:
            return _put(stored, wanted, requested, context)

        return self._change(tenant, user, meeting.id, changed, context, run)

    def cancel(self, tenant: str, user: str, meeting_id: str, revision: int | None, run: str) -> MeetingRecord:
        """Kept as cancelled; once more is no error. Raises NotFound, StaleRevision."""

        def changed(stored: MeetingRecord | None) -> MeetingRecord:
            return _cancelled(stored, revision)

        return self._change(tenant, user, meeting_id, changed, self._context(tenant, user), run)[0]

    def _context(self, tenant: str, user: str) -> Context:
        context = self._connections.context(connection_key(tenant, user))
        if context.user is None:
            raise NotFound("The user is not in the directory.")
        return context

    def _requested(self, context: Context, event_id: str | None) -> tuple[str, str] | None:
        if event_id is None:
            return None
        try:
            if context.connection is None:
                raise NotFound("The user has no calendar.")
            event = find(self._reader, context.connection, event_id.partition("_")[0])[0].event
            calendar = context.connection.calendar(event.calendar_id)
            if calendar is None or not calendar.selected:
                raise NotFound("The calendar is not selected.")
        except NotFound:
            fault = FieldError("/event_id", "is no event of this user")
            raise InvalidInput("Members of the request are wrong.", [fault]) from None
        return event.calendar_id, event.id

    def _change(
        self,
        tenant: str,
        user: str,
        meeting_id: str,
        changed: Callable[[MeetingRecord | None], MeetingRecord],
        context: Context,
        run: str,
    ) -> tuple[MeetingRecord, bool]:
        for _ in range(ATTEMPTS):
            stored = self._meetings.meeting(tenant, user, meeting_id)
            new = changed(stored)
            if new == stored and stored is not None:
                # Said again, perhaps because the first answer and its job were lost.
                self._enqueue(context, connection_key(tenant, user))
                return stored, False
            try:
                saved = self._save(tenant, user, new, run)
            except VersionConflict:
                continue
            self._enqueue(context, connection_key(tenant, user))
            return saved, stored is None
        raise VersionConflict("The meeting keeps changing; try again.")

    def _save(self, tenant: str, user: str, record: MeetingRecord, run: str) -> MeetingRecord:
        by = By("platform", run, "api")
        return self._meetings.save(tenant, user, record, dirty=True, by=by, now=self._clock.now())

    def _enqueue(self, context: Context, key: ConnectionKey) -> None:
        if decide(context.account.settings, context.user, context.connection, None).may_sync:
            self._jobs.now([SyncJob(key, meetings=True)])


def in_window(meeting: Meeting, window: Window) -> bool:
    return any(next(occurrences(as_event(part), window.first, window.last), None) is not None for part in meeting.parts)


def as_event(part: Part) -> Event:
    """The part as an event, to be expanded like one."""
    content = Content(part.topic, part.start, part.end)
    overrides = tuple(Override(e.recurrence_id, _content(e, content)) for e in part.exceptions)
    return Event("", "", "", "", content, recurrence=part.recurrence, overrides=overrides)


def _content(exception: PartException, content: Content) -> Content | None:
    if exception.cancelled:
        return None
    start = exception.start or exception.recurrence_id
    length = content.end.instant - content.start.instant
    return replace(content, start=start, end=exception.end or start.moved(length))


def _put(stored: MeetingRecord | None, put: Put, requested: tuple[str, str] | None, context: Context) -> MeetingRecord:
    """The record to write, or the stored one where it says the same already."""
    meeting = put.meeting
    if stored is None:
        return MeetingRecord(
            meeting, (None,) * len(meeting.parts), _standing(context, CalendarState.PENDING), requested_event=requested
        )
    if stored.meeting.cancelled:
        raise Conflict("The meeting was cancelled.")
    if meeting.revision < stored.meeting.revision:
        raise StaleRevision("A newer revision is stored.")
    if meeting.revision == stored.meeting.revision:
        same = replace(stored.meeting, origin=meeting.origin) == meeting
        if same and requested in (None, stored.requested_event):
            return stored
        raise StaleRevision("This revision is stored with another content.")
    return replace(
        stored,
        meeting=meeting,
        links=_links(unsettled.remembered(stored.links, stored.meeting), len(meeting.parts)),
        calendar_state=_standing(context, stored.calendar_state),
        requested_event=requested or stored.requested_event,
    )


def _links(links: tuple[Link | None, ...], parts: int) -> tuple[Link | None, ...]:
    if any(link is not None for link in links[parts:]):
        fault = FieldError("/segments", "can't become fewer than those in the calendar")
        raise InvalidInput("Members of the request are wrong.", [fault])
    return (*links[:parts], *(None for _ in range(parts - len(links))))


def _cancelled(stored: MeetingRecord | None, revision: int | None) -> MeetingRecord:
    if stored is None:
        raise NotFound("There is no such meeting.")
    if stored.meeting.cancelled:
        return stored
    if revision is not None and revision < stored.meeting.revision:
        raise StaleRevision("A newer revision is stored.")
    newest = max(stored.meeting.revision + 1, revision or 0)
    return replace(stored, meeting=replace(stored.meeting, cancelled=True, revision=newest, origin=Origin.PLATFORM))


def _standing(context: Context, present: CalendarState) -> CalendarState:
    """What keeps the meeting out of the calendar now, or else where it stands."""
    decision = decide(context.account.settings, context.user, context.connection, None)
    if not context.account.settings.enabled or (decision.may_sync and not decision.meets):
        return CalendarState.SYNC_OFF
    if context.connection is None or not decision.may_sync:
        return CalendarState.WAITING_FOR_HOST
    if context.connection.permissions.calendar is not Permission.READ_WRITE:
        return CalendarState.READ_ONLY
    return CalendarState.PENDING if present in _STANDING else present
