"""Meeting and event, Deleted and The platform cancels: how a meeting or its event ends."""

from __future__ import annotations

import pytest

from local.stack import Stack
from tests.e2e.people import eventually
from tests.e2e.sentences import Person, connected, times

pytestmark = pytest.mark.e2e
BOB = "bob@elsewhere.example"


@pytest.fixture(scope="module")
def ed(stack: Stack) -> Person:
    return connected(stack, "ed")


def test_deleted_by_the_organiser_the_meeting_is_cancelled_after_the_grace_and_the_search(ed: Person) -> None:
    """'The organiser's future event is gone: the meeting is cancelled, after 10 minutes and the search by iCalUID'."""
    event = ed.made("deleted", invitees=[BOB])
    ed.google.delete(event["id"], sendUpdates="all")
    eventually(lambda: ed.meeting("deleted")["cancelled"])
    meeting = ed.meeting("deleted")
    assert (meeting["origin"], meeting["calendar_state"]) == ("calendar", "cancelled")
    assert eventually(lambda: ed.told("deleted", "meeting.cancelled"))[-1]["revision"] == meeting["revision"]
    searches = [line for line in _reads(ed) if "iCalUID=" in line and event["iCalUID"].split("@")[0] in line]
    assert searches
    assert ed.mails(event["id"]) == [("invite", BOB), ("cancel", BOB)]  # the second is the user's own act


def _reads(person: Person) -> list[str]:
    calls = person.google.session.get(f"{person.stack.google}/control/calls", timeout=20).json()["calls"]
    return [call["query"] for call in calls if call["email"] == person.email]


def test_an_occurrence_deleted_is_that_exception_only(ed: Person) -> None:
    """'an occurrence: that exception only.'"""
    event = ed.made("one-of-many", recurrence=["RRULE:FREQ=WEEKLY;COUNT=4"])
    ed.google.delete(ed.instances(event["id"])[2]["id"])
    ed.settle()
    meeting = ed.meeting("one-of-many")
    assert meeting["exceptions"] == [{"original_start": "2027-03-15T10:00:00+01:00", "cancelled": True}]
    assert (meeting["cancelled"], meeting["calendar_state"]) == (False, "in_calendar")
    assert len(ed.shown("one-of-many")) == 3


def test_the_platform_cancels_an_event_that_we_made_and_attendees_are_told_once(ed: Person) -> None:
    """'An event that we made is cancelled, attendees told once.'"""
    event = ed.made("ours", invitees=[BOB])
    series = ed.made("our-series", invitees=[BOB], recurrence=["RRULE:FREQ=WEEKLY"])
    ed.cancel("ours")
    ed.cancel("our-series")
    ed.settle()
    assert [ed.google.get(one["id"])["status"] for one in (event, series)] == ["cancelled"] * 2
    assert ed.mails(event["id"]) == ed.mails(series["id"]) == [("invite", BOB), ("cancel", BOB)]
    assert ed.shown("ours") == ed.shown("our-series") == []
    assert ed.meeting("ours")["calendar_state"] == "cancelled"


def test_the_platform_cancels_an_event_that_the_user_made_and_it_loses_our_block_and_nothing_else(ed: Person) -> None:
    """'An event that the user made loses our block, nothing else.'"""
    mine = {"description": "<p>My own</p>\n\nnotes", "location": "Kitchen @meet", "attendees": [{"email": BOB}]}
    body = {"summary": "theirs", **mine, **times("2027-03-12T12:00"), "colorId": "5"}
    properties = {"private": {"other-app": "kept"}, "shared": {"theirs": "kept"}}
    event = ed.google.insert({**body, "extendedProperties": properties})
    eventually(lambda: "/j/" in ed.google.get(event["id"])["description"])
    name = eventually(lambda: ed.shown("theirs")[0]["meeting"]["id"])
    ed.cancel(name)
    ed.settle()
    now = ed.google.get(event["id"])
    changed = {key for key in {*now, *event} if now.get(key) != event.get(key)}
    assert changed <= {"etag", "updated", "sequence"}
    assert ed.mails(event["id"]) == []
    assert ed.meeting(name)["calendar_state"] == "cancelled"
    assert ed.shown("theirs")[0]["meeting"] is None
