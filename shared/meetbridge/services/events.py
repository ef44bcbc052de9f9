"""Reading a user's events (S11, S19): what is stored, expanded on read, and nothing asked of the service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from hashlib import blake2b

from meetbridge.errors import InvalidInput, NotFound, WindowTooLarge
from meetbridge.model.account import Identity
from meetbridge.model.connection import Calendar, Connection
from meetbridge.model.event import Content
from meetbridge.model.meeting import MeetingRecord
from meetbridge.model.times import EventTime
from meetbridge.ports.repositories import ConnectionRepository, EventReader, MeetingRepository, StoredEvent
from meetbridge.services.access import Access, access, glance
from meetbridge.sync.expand import Occurrence, occurrence, occurrences, whole
from meetbridge.sync.links import Patterns, join_links

LONGEST_WINDOW = timedelta(days=400)
_DAY = timedelta(days=1)
_ID = re.compile(r"(?P<key>[a-z2-7]{20})(?:_(?P<rid>\d{8}(?:T\d{6})?))?")


@dataclass(frozen=True, slots=True)
class Joinable:
    """The platform's meeting that an event is or points to; `id` is None where only its link is known."""

    id: str | None
    join_url: str
    start: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One event or occurrence as its owner sees it."""

    stored: StoredEvent
    occurrence: Occurrence
    calendar: Calendar
    meeting: Joinable | None

    @property
    def id(self) -> str:
        return occurrence_id(self.stored.key, self.occurrence.recurrence_id)

    @property
    def content(self) -> Content:
        return self.occurrence.content

    @property
    def version(self) -> str:
        """Changes with the event and with this occurrence; for the ETag."""
        seen = [self.stored.event.etag, *self.stored.event.recurrence]
        rid = self.occurrence.recurrence_id
        seen += [
            o.etag or repr(o.content)
            for o in self.stored.event.overrides
            if rid is None or o.recurrence_id.instant == rid.instant
        ]
        return blake2b("\n".join(seen).encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


@dataclass(frozen=True, slots=True)
class Window:
    """[first, last), both aware."""

    first: datetime
    last: datetime

    def __post_init__(self) -> None:
        if self.first >= self.last:
            raise InvalidInput("`from` has to be before `to`.")
        if self.last - self.first > LONGEST_WINDOW:
            raise WindowTooLarge(f"At most {LONGEST_WINDOW.days} days can be read at once.")


class Events:
    """The read side; `patterns` are the platform's join links."""

    def __init__(
        self,
        connections: ConnectionRepository,
        reader: EventReader,
        meetings: MeetingRepository,
        patterns: Patterns,
    ) -> None:
        self._connections = connections
        self._reader = reader
        self._meetings = meetings
        self._patterns = patterns

    def access(self, caller: Identity) -> Access:
        return access(self._connections, caller, consistent=False)

    def glance(self, caller: Identity) -> tuple[Connection, int] | None:
        return glance(self._connections, caller)

    def listing(self, reached: Access, window: Window) -> list[Shown]:
        """Everything in the window, by start and id."""
        connection = reached.connection
        found = self._reader.window(connection, _day(window.first, -_DAY), _day(window.last, _DAY))
        selected = {calendar.id: calendar for calendar in connection.calendars if calendar.selected}
        stored = [event for event in found if event.event.calendar_id in selected]
        shown = [(s, o) for s in stored for o in occurrences(s.event, window.first, window.last)]
        records = self._records(connection, {s.key: s for s, _ in shown}.values())
        listed = [self._as_shown(s, o, o.source, selected[s.event.calendar_id], records) for s, o in shown]
        return sorted(listed, key=lambda item: (item.occurrence.start.instant, item.id))

    def event(self, reached: Access, event_id: str) -> Shown:
        """One event, series or occurrence by its API id. Raises NotFound."""
        stored, found = find(self._reader, reached.connection, event_id)
        calendar = reached.connection.calendar(stored.event.calendar_id)
        if calendar is None or not calendar.selected:
            raise NotFound("There is no such event.")
        return self.shown(reached.connection, stored, found, calendar)

    def shown(self, connection: Connection, stored: StoredEvent, found: Occurrence, calendar: Calendar) -> Shown:
        records = self._records(connection, [stored])
        return self._as_shown(stored, found, found.content, calendar, records)

    def _records(self, connection: Connection, events: Iterable[StoredEvent]) -> Mapping[str, MeetingRecord]:
        """The meetings of linked events that do not carry their link themselves."""
        ids = {e.meeting_id for e in events if e.meeting_id and not join_links(e.event.content, self._patterns)}
        if not ids:
            return {}
        return self._meetings.meetings(connection.tenant, connection.user, sorted(ids))

    def _as_shown(
        self,
        stored: StoredEvent,
        found: Occurrence,
        content: Content,
        calendar: Calendar,
        records: Mapping[str, MeetingRecord],
    ) -> Shown:
        links = join_links(content, self._patterns)
        record = records.get(stored.meeting_id or "")
        if not links and record is None:
            return Shown(stored, found, calendar, None)
        join_url = links[0] if links else record.meeting.join_url if record else ""
        # In somebody else's calendar the service calls that calendar the organiser, not the user.
        host = stored.event.organized_by_owner and calendar.owned
        return Shown(stored, found, calendar, Joinable(stored.meeting_id, join_url, host))


def occurrence_id(key: str, recurrence_id: EventTime | None) -> str:
    if recurrence_id is None:
        return key
    form = "%Y%m%d" if recurrence_id.all_day else "%Y%m%dT%H%M%S"
    return f"{key}_{recurrence_id.local.strftime(form)}"


def find(reader: EventReader, connection: Connection, event_id: str) -> tuple[StoredEvent, Occurrence]:
    """The stored event of an API id, and the occurrence it names (the event itself without one)."""
    match = _ID.fullmatch(event_id)
    stored = reader.event(connection, match["key"]) if match else None
    if match is None or stored is None:
        raise NotFound("There is no such event.")
    found: Occurrence | None = whole(None, stored.event.content)
    if match["rid"]:
        found = occurrence(stored.event, _recurrence_id(match["rid"], stored.event.content.start.zone))
    if found is None:
        raise NotFound("There is no such occurrence.")
    return stored, found


def _recurrence_id(text: str, zone: str | None) -> EventTime:
    if ("T" in text) != (zone is not None):
        raise NotFound("There is no such occurrence.")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotFound("There is no such occurrence.") from None
    if moment.year in (MINYEAR, MAXYEAR):  # its instant may be beyond the calendar
        raise NotFound("There is no such occurrence.")
    return EventTime(moment, zone) if zone else EventTime(moment.date())


def _day(moment: datetime, by: timedelta) -> date:
    """The UTC day beside it, kept within the calendar; a day more covers all-day events of every zone."""
    day = moment.date()
    return day + by if date.min + _DAY <= day <= date.max - _DAY else day
