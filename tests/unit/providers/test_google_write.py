"""What is written holds the given members and nothing else."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from meetbridge.model.changes import EventWrite
from meetbridge.model.event import Attendee, Visibility
from meetbridge.model.times import EventTime
from meetbridge.providers.google.write import attendees, members, whole

ANN = {"email": "Ann@x.example", "responseStatus": "accepted", "comment": "Late", "additionalGuests": 1}
ROOM = {"email": "room@x.example", "resource": True}
HOST = {"email": "host@x.example", "organizer": True, "self": True, "responseStatus": "accepted"}
NAMELESS = {"displayName": "Somebody"}


@pytest.mark.parametrize(
    ("write", "body"),
    [
        (EventWrite(), {}),
        (EventWrite(title=""), {"summary": ""}),
        (EventWrite(start=EventTime(date(2026, 3, 2))), {"start": {"date": "2026-03-02"}}),
        (
            EventWrite(end=EventTime(datetime(2026, 3, 2, 9), "Europe/Berlin")),
            {"end": {"dateTime": "2026-03-02T08:00:00Z", "timeZone": "Europe/Berlin"}},
        ),
        (EventWrite(recurrence=("RRULE:FREQ=DAILY",)), {"recurrence": ["RRULE:FREQ=DAILY"]}),
        (EventWrite(recurrence=()), {"recurrence": []}),
        (EventWrite(description="D", location="L"), {"description": "D", "location": "L"}),
        (EventWrite(visibility=Visibility.CONFIDENTIAL), {"visibility": "confidential"}),
        (EventWrite(visibility=Visibility.UNKNOWN), {}),
        (EventWrite(meeting_id="m1"), {"extendedProperties": {"private": {"meetbridge": "m1"}}}),
        (EventWrite(meeting_id=""), {}),
    ],
)
def test_only_given_members_are_named(write: EventWrite, body: dict[str, Any]) -> None:
    assert members(write) == body


@pytest.mark.parametrize(
    ("held", "wanted", "written"),
    [
        ([ANN], [Attendee("ann@x.example")], [ANN]),
        ([ANN], [], []),
        ([HOST, ANN, ROOM, NAMELESS], [], [HOST, ROOM, NAMELESS]),
        (
            [],
            [Attendee("b@x.example", "Ben", optional=True)],
            [{"email": "b@x.example", "displayName": "Ben", "optional": True}],
        ),
        ([ANN], [Attendee("b@x.example"), Attendee("ANN@x.example", "Other")], [ANN, {"email": "b@x.example"}]),
        (None, [Attendee("r@x.example", resource=True)], [{"email": "r@x.example", "resource": True}]),
    ],
)
def test_attendees_join_what_google_holds(held: Any, wanted: list[Attendee], written: list[Any]) -> None:
    assert attendees({"attendees": held}, wanted) == {"attendees": written}


def test_attendees_that_are_not_all_shown_are_never_written() -> None:
    assert attendees({"attendees": [HOST], "attendeesOmitted": True}, [Attendee("b@x.example")]) == {}
    assert attendees({"attendees": [HOST]}, None) == {}


@pytest.mark.parametrize(
    ("properties", "marker", "after"),
    [
        (
            {"private": {"meetbridge": "m", "a": "1"}, "shared": {"b": "2"}},
            "",
            {"private": {"a": "1"}, "shared": {"b": "2"}},
        ),
        ({"private": {"meetbridge": "m"}}, None, {"private": {"meetbridge": "m"}}),
        ({"private": {"meetbridge": "m"}}, "n", {"private": {"meetbridge": "n"}}),
        (None, "", {"private": {}}),
        ({"shared": {"b": "2"}}, "n", {"private": {"meetbridge": "n"}, "shared": {"b": "2"}}),
    ],
)
def test_the_whole_event_keeps_what_it_held(properties: Any, marker: str | None, after: dict[str, Any]) -> None:
    raw = {"id": "e", "colorId": "3", "start": {"date": "2026-03-02"}, "extendedProperties": properties}
    start = EventTime(datetime(2026, 3, 2, 9), "UTC")
    body = whole(raw, EventWrite(start=start, meeting_id=marker))
    assert body == {
        "id": "e",
        "colorId": "3",
        "start": {"dateTime": "2026-03-02T09:00:00Z", "timeZone": "UTC"},
        "extendedProperties": after,
    }
