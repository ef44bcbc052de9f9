"""Values for tests of what is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from meetbridge.model.connection import (
    Calendar,
    Connection,
    ConnectionState,
    Mailbox,
    Permissions,
    Service,
    Subscription,
)
from meetbridge.model.event import Attendee, Content, Event, Override, Response
from meetbridge.model.ids import event_key
from meetbridge.model.meeting import Meeting, MeetingRecord, Part
from meetbridge.model.times import EventTime
from meetbridge.ports.provider import AccessToken
from meetbridge.ports.repositories import By, StoredEvent

from tests.support.clock import START

TENANT, USER = "acme", "anna"
CALENDAR = "anna.schmidt@example.com"
ZONE = "Europe/Berlin"
BY = By("sync", "0" * 26, "webhook")
TOKEN = AccessToken("ya29.token", START + timedelta(hours=1))
SECRET = "1//refresh"


def calendar(id_: str = CALENDAR, index: int = 0, **members: Any) -> Calendar:
    given: dict[str, Any] = {"name": "Anna", "time_zone": ZONE, "primary": index == 0, "selected": True}
    return Calendar(id_, index, **(given | members))


def synced(index: int = 0, **members: Any) -> Calendar:
    """A calendar as a run leaves it."""
    subscription = Subscription("s" * 26, "r" * 27, START + timedelta(days=7))
    token = "CPDAlvWDx70CEPDAlvWDx70CGAUggI" + "x" * 20
    state: dict[str, Any] = {"token": token, "round": 1, "full_round": False, "subscription": subscription}
    return calendar(index=index, **(state | members))


def connection(user: str = USER, tenant: str = TENANT, generation: int = 1, **members: Any) -> Connection:
    given: dict[str, Any] = {
        "service": Service.GOOGLE,
        "mailbox": Mailbox("108201", CALENDAR),
        "permissions": Permissions(),
        "state": ConnectionState.CONNECTED,
        "connected_at": START,
        "calendars": (calendar(),),
        "due_at": START,
    }
    return Connection(tenant, user, generation, **(given | members))


def timed(moment: datetime, zone: str = ZONE) -> EventTime:
    return EventTime(moment, zone)


def event(n: int, start: datetime = datetime(2026, 3, 10, 10), hours: float = 1, **members: Any) -> Event:
    """A typical event: four attendees, a link, a description of a hundred characters or so."""
    id_ = f"{n * 7919:0>26x}"
    people = tuple(
        Attendee(f"{name}@example.com", response=Response.ACCEPTED, organizer=name == "omar", is_self=name == "anna")
        for name in ("omar", "anna", "bea", f"guest{n}")
    )
    content = Content(
        f"Planning {n}",
        timed(start),
        timed(start + timedelta(hours=hours)),
        description=f"What we decide this time, point by point, for the release number {n} and what follows from it.",
        location=f"Room {n % 40}",
        attendees=people,
        conference_urls=(f"https://meet.google.com/{n:0>10x}",),
    )
    made = Event(id_, CALENDAR, f"{id_}@google.com", f'"{3_400_000_000_000_000 + n}"', content)
    given: dict[str, Any] = {"organizer_email": "omar@example.com", "organized_by_owner": False}
    return replace(made, **(given | members))


def series(n: int, start: datetime = datetime(2026, 1, 6, 9), *rules: str, **members: Any) -> Event:
    return event(n, start, recurrence=rules or ("RRULE:FREQ=WEEKLY;BYDAY=TU",), **members)


def exception(at: datetime, note: str = "") -> Override:
    content = Content("Moved", timed(at + timedelta(hours=1)), timed(at + timedelta(hours=2)), description=note)
    return Override(timed(at), content, event_id=f"x_{at:%Y%m%dT%H%M%S}Z", etag='"1"')


def stored(value: Event, **members: Any) -> StoredEvent:
    return replace(StoredEvent(event_key(value.calendar_id, value.id), value), **members)


def record(id_: str = "m1", revision: int = 1, **members: Any) -> MeetingRecord:
    start = datetime(2026, 3, 10, 10)
    part = Part("Planning", timed(start), timed(start + timedelta(hours=1)), agenda="What to do")
    meeting = Meeting(id_, f"https://meet.example.com/j/{id_}", CALENDAR, (part,), revision)
    return replace(MeetingRecord(meeting), **members)
