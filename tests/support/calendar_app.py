"""The calendar function over everything in memory: one connected user, whose mailbox is a MemoryCalendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from meetbridge.model.connection import Calendar, Connection, ConnectionState, Mailbox, Permissions, Service
from meetbridge.model.event import Content, Event
from meetbridge.model.ids import connection_key, event_key
from meetbridge.model.times import EventTime
from meetbridge.ports.provider import CalendarInfo
from meetbridge.ports.repositories import ChangeSet, Context, StoredEvent

from tests.support.clock import START
from tests.support.memory_provider import MemoryCalendar
from tests.support.small_app import TENANT, SmallApp

ZONE = "Europe/Berlin"


class CalendarApp(SmallApp):
    """`mailbox` is the service; `stored` puts an event into it and into the table."""

    def __init__(self, tenant: str = TENANT, user: str = "ann", permissions: Permissions | None = None) -> None:
        super().__init__()
        self.config = replace(self.config, join_url_patterns="https://meet.example.com/j/")
        self.mailbox = MemoryCalendar(
            email="ann@example.com",
            infos=[
                CalendarInfo("primary", "Work", ZONE, True, True, True),
                CalendarInfo("shared", "Team", ZONE, False, False, False),
                CalendarInfo("home", "Home", ZONE, False, True, True),
            ],
        )
        self.__dict__.update(store=self.memory, mailboxes=self)
        self.user = user
        calendars = (
            Calendar("primary", 0, "Work", ZONE, primary=True, selected=True, proved_at=START),
            Calendar("home", 1, "Home", ZONE, selected=False),
        )
        self.connect(
            Connection(
                tenant,
                user,
                1,
                Service.GOOGLE,
                Mailbox("m1", "ann@example.com"),
                permissions or Permissions(),
                ConnectionState.CONNECTED,
                START,
                calendars=calendars,
                default_calendar="primary",
            )
        )

    def open(self, _: Context) -> Any:
        """As Mailboxes.open."""
        return self.mailbox

    @property
    def connection(self) -> Connection:
        found = self.memory.context(connection_key(TENANT, self.user)).connection
        assert found is not None
        return found

    def stored(self, event: Event, meeting_id: str | None = None) -> str:
        """Its id at the API."""
        saved = self.mailbox.events.get((event.calendar_id, event.id)) or self.mailbox.user_put(event)
        lease = self.memory.acquire(self.connection, "test", START, 60)
        assert lease is not None
        key = event_key(saved.calendar_id, saved.id)
        self.memory.commit(lease, ChangeSet(put=(StoredEvent(key, saved, meeting_id),)))
        self.memory.release(lease, {}, None)
        return key


def at_nine(day: int, month: int = 3) -> EventTime:
    return EventTime(datetime(2026, month, day, 9), ZONE)


def event(name: str = "one", start: EventTime | None = None, *recurrence: str, **content: Any) -> Event:
    begin = start or at_nine(3)
    said = Content(content.pop("title", name), begin, begin.moved(timedelta(hours=1)), **content)
    return Event(name, "primary", f"{name}@x", "", said, recurrence, organizer_email="ann@example.com")
