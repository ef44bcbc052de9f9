"""Meeting and event, Fields and Inviting: which side says what, and who mails."""

from __future__ import annotations

from typing import Any

import pytest

from local.stack import Stack
from tests.e2e.people import eventually
from tests.e2e.sentences import Person, connected, times, wall

pytestmark = pytest.mark.e2e
BOB, CAROL = "bob@elsewhere.example", "carol@elsewhere.example"
WEEKLY = ["RRULE:FREQ=WEEKLY;COUNT=6"]


@pytest.fixture(scope="module")
def fred(stack: Stack) -> Person:
    return connected(stack, "fred")


def emails(event: dict[str, Any]) -> list[str]:
    return sorted(attendee["email"] for attendee in event.get("attendees", []))


def test_fields_merged_flow_from_the_platform(fred: Person) -> None:
    """'Merged: topic, start, end, zone, rule, exceptions, agenda, private, invitees.'"""
    event = fred.made("out", agenda="Old")
    gone = {"original_start": "2027-03-09T09:00:00", "cancelled": True}
    fred.change(
        "out", topic="New", start="2027-03-02T09:00:00", duration_minutes=45, time_zone="America/New_York",
        recurrence=WEEKLY, exceptions=[gone], agenda="New\nlines", private=True, invitees=[BOB],
    )  # fmt: skip
    event = fred.google.get(event["id"])
    assert (event["summary"], event["visibility"], emails(event)) == ("New", "private", [BOB])
    assert wall(event["start"]) == ("2027-03-02T09:00", "America/New_York")
    assert wall(event["end"]) == ("2027-03-02T09:45", "America/New_York")
    assert event["recurrence"] == WEEKLY
    assert "New\nlines" in event["description"]
    assert "Old" not in event["description"]
    days = [instance["start"]["dateTime"][:10] for instance in fred.instances(event["id"])]
    assert days == ["2027-03-02", "2027-03-16", "2027-03-23", "2027-03-30", "2027-04-06"]


def test_fields_merged_flow_from_the_calendar(fred: Person) -> None:
    """'Merged: topic, start, end, zone, rule, exceptions, agenda, private, invitees.'"""
    event = fred.made("in", agenda="Old")
    described = event["description"].replace("Old", "New<br>lines")
    fred.google.patch(event["id"], {
        "summary": "New", "visibility": "private", "attendees": [{"email": BOB}], "description": described,
        "recurrence": WEEKLY, **times("2027-03-02T09:00", 45, "America/New_York"),
    })  # fmt: skip
    occurrence = fred.instances(event["id"])[1]["id"]
    fred.google.delete(occurrence)
    fred.settle()
    meeting = fred.meeting("in")
    wanted = {
        "topic": "New", "start": "2027-03-02T09:00:00-05:00", "duration_minutes": 45, "time_zone": "America/New_York",
        "recurrence": WEEKLY, "agenda": "New\nlines", "private": True, "invitees": [BOB], "origin": "calendar",
        "exceptions": [{"original_start": "2027-03-09T09:00:00-05:00", "cancelled": True}],
    }  # fmt: skip
    assert {name: meeting[name] for name in wanted} == wanted
    eventually(lambda: wanted.items() <= fred.told("in", "meeting.updated")[-1].items())
    assert fred.google.get(event["id"])["description"] == described


def test_fields_of_the_platform_alone_are_not_changed_by_the_calendar(fred: Person) -> None:
    """'The platform's alone: id, join_url, kind, host.'"""
    event = fred.made("alone", kind="webinar")
    before = fred.meeting("alone")
    fred.google.patch(event["id"], {
        "summary": "Edited", "location": "https://elsewhere.example/j/1", "organizer": {"email": BOB},
    })  # fmt: skip
    fred.settle()
    meeting = fred.meeting("alone")
    assert meeting["topic"] == "Edited"
    assert meeting["host_email"] == fred.email
    for name in ("id", "join_url", "kind", "host_email", "event_id"):
        assert meeting[name] == before[name]


def test_fields_of_the_calendar_alone_are_untouched_by_our_writes(fred: Person) -> None:
    """'The calendar's alone: reminders, colour, free/busy, responses, rooms, attachments, and all text outside our
    delimited block.'"""
    event = fred.made("mine", agenda="Agenda one", invitees=[BOB])
    mine = {
        "reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 7}]},
        "colorId": "5", "transparency": "transparent", "location": "Room 5, 2nd floor",
        "attachments": [{"fileUrl": "https://drive.example/f/1", "title": "Slides"}],
        "extendedProperties": {"private": {"other-app": "kept"}, "shared": {"theirs": "kept"}},
    }  # fmt: skip
    answered = {"email": BOB, "displayName": "Bob", "responseStatus": "accepted", "comment": "Glad to"}
    room = {"email": "room@resource.calendar.google.com", "resource": True, "responseStatus": "accepted"}
    before, after = "<p>Before &amp; <b>bold</b></p>", "\n\nAfter:\n  https://notes.example/1"
    text = before + event["description"] + after
    fred.google.patch(
        event["id"], {**mine, "attendees": [answered, room], "description": text}, supportsAttachments="true"
    )
    fred.settle()
    fred.change("mine", topic="Renamed", start="2027-03-05T15:00:00", agenda="Agenda two", invitees=[BOB, CAROL])
    now = fred.google.get(event["id"])
    assert (now["summary"], now["start"]["dateTime"][:16]) == ("Renamed", "2027-03-05T15:00")
    for name in ("reminders", "colorId", "transparency", "location", "attachments"):
        assert now[name] == mine[name], name
    properties = now["extendedProperties"]
    assert properties["private"] == {"other-app": "kept", "meetbridge": "mine"}
    assert properties["shared"] == {"theirs": "kept"}
    held = {attendee["email"]: attendee for attendee in now["attendees"]}
    assert (held[BOB], held[room["email"]]) == (answered, room)
    assert set(held) == {BOB, CAROL, room["email"]}
    assert fred.meeting("mine")["invitees"] == [BOB, CAROL]
    assert now["description"] == text.replace("Agenda one", "Agenda two")


def test_both_sides_changed_is_merged_field_by_field(fred: Person) -> None:
    """'Merged' (and B3): each side's field stays; in one field the calendar's word counts."""
    event = fred.made("both", agenda="Old")
    fred.google.patch(event["id"], {"summary": "The calendar's", "visibility": "private"})
    fred.change("both", topic="The platform's", agenda="The platform's agenda")
    meeting, now = fred.meeting("both"), fred.google.get(event["id"])
    assert (meeting["topic"], meeting["agenda"], meeting["private"]) == (
        "The calendar's",
        "The platform's agenda",
        True,
    )
    assert (now["summary"], now["visibility"]) == ("The calendar's", "private")
    assert "The platform's agenda" in now["description"]
    event_id = meeting["event_id"]
    losers = eventually(lambda: [
        e["losers"] for e in fred.api.ok("GET", f"/v1/me/events/{event_id}/history")["items"] if e["losers"]
    ])  # fmt: skip
    assert "The platform's" in str(losers)


def test_invite_by_calendar_the_service_mails_once_for_each_act_and_sync_mails_nobody(fred: Person) -> None:
    """'`invite_by: calendar` (default): invitees become attendees, the service mails, the platform must not.'"""
    event = fred.made("invited", invitees=[BOB])
    assert fred.meeting("invited")["invite_by"] == "calendar"
    assert (emails(event), fred.mails(event["id"])) == ([BOB], [("invite", BOB)])
    fred.change("invited", topic="Renamed")
    assert fred.mails(event["id"]) == [("invite", BOB), ("update", BOB)]
    fred.google.patch(event["id"], {"summary": "Renamed without a mail"})
    fred.settle()
    fred.settle()
    assert fred.meeting("invited")["topic"] == "Renamed without a mail"
    assert fred.mails(event["id"]) == [("invite", BOB), ("update", BOB)]
    fred.change("invited", invitees=[CAROL])
    assert sorted(fred.mails(event["id"])[2:]) == [("cancel", BOB), ("invite", CAROL)]


def test_invite_by_platform_no_attendees_are_written_at_all(fred: Person) -> None:
    """'`platform`: no attendees are written at all.'"""
    event = fred.made("quiet", invitees=[BOB], invite_by="platform")
    assert "attendees" not in event
    fred.change("quiet", topic="Renamed", invitees=[BOB, CAROL])
    now = fred.google.get(event["id"])
    assert (now["summary"], now.get("attendees")) == ("Renamed", None)
    fred.google.patch(event["id"], {"attendees": [{"email": CAROL}]})
    fred.change("quiet", topic="Again", invitees=[])
    assert emails(fred.google.get(event["id"])) == [CAROL]
    assert fred.meeting("quiet")["invitees"] == []
    fred.cancel("quiet")
    assert fred.mails(event["id"]) == []
