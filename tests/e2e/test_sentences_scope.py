"""Meeting and event, Scope: what is shown, and what becomes a meeting."""

from __future__ import annotations

import pytest

from local.simulators.google.people import COMPANY_CALENDAR
from local.stack import Stack
from tests.e2e.people import InGoogle, eventually
from tests.e2e.sentences import Person, connected, times

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def sara(stack: Stack) -> Person:
    return connected(stack, "sara")


def test_all_events_of_the_selected_calendars_are_shown(stack: Stack, sara: Person) -> None:
    """'All events of the selected calendars are shown (S11).'"""
    sara.select(sara.email, COMPANY_CALENDAR)
    company = InGoogle(stack, "owner@example.com")
    sara.google.insert({"summary": "Mine", **times("2027-02-01T10:00")})
    sara.google.insert({"summary": "Holiday", "start": {"date": "2027-02-02"}, "end": {"date": "2027-02-04"}})
    rule = ["RRULE:FREQ=DAILY;COUNT=3"]
    sara.google.insert({"summary": "Series", "recurrence": rule, **times("2027-02-01T12:00")})
    sara.google.insert({"summary": "Not selected", **times("2027-02-01T13:00")}, sara.training)
    link = f"{stack.platform}/j/company"
    all_hands = {"summary": "All hands @meet", "location": link, **times("2027-02-05T10:00")}
    company.insert(all_hands, COMPANY_CALENDAR)
    eventually(lambda: sara.shown("All hands @meet"))
    sara.settle()
    shown = [event["title"] for event in sara.api.events("2027-02-01", "2027-02-06")]
    assert shown == ["Mine", "Series", "Holiday", "Series", "Series", "All hands @meet"]
    assert sara.shown("Holiday")[0]["end"] == "2027-02-04"
    joinable = sara.shown("All hands @meet")[0]["meeting"]
    assert joinable == {"id": None, "join_url": link, "role": "join"}
    assert not [data for data in sara.asked() if data["topic"] == "All hands @meet"]


def test_an_event_becomes_a_meeting_only_if_its_owner_organises_it_and_it_has_a_confirmed_link_or_the_marker(
    stack: Stack, sara: Person
) -> None:
    """'An event becomes a meeting only if the calendar's owner organises it and it carries a link that the platform
    confirms as its own, or the user's marker (setting `meetings_for_events`: none, marked (default), with_guests).'"""
    guest, sue = {"attendees": [{"email": "guest@elsewhere.example"}]}, InGoogle(stack, "sue@example.com")

    def wants(setting: str) -> None:
        sara.api.ok("PATCH", "/v1/me/integration", json={"meetings_for_events": setting})

    assert sara.api.ok("GET", "/v1/me/integration")["effective"]["meetings_for_events"]["value"] == "marked"
    mine = {"attendees": [{"email": sara.email}]}
    sue.insert({"summary": "Sue's @meet", **mine, **times("2027-02-10T09:00")})
    sara.google.insert({"summary": "No guests marked", **guest, **times("2027-02-10T10:00")})
    other = "https://meet.elsewhere.example/j/1"
    sara.google.insert({"summary": "Another vendor", "location": other, **times("2027-02-10T11:00")})
    sara.google.insert({"summary": "Marked @meet", "location": "Room 5", **times("2027-02-10T12:00")})
    sara.settle()
    wants("none")
    sara.google.insert({"summary": "Not wanted @meet", **times("2027-02-10T13:00")})
    linked = sara.google.insert({"summary": "Linked", "location": sara.link("c"), **times("2027-02-10T14:00")})
    sara.settle()
    wants("with_guests")
    guests = sara.google.insert({"summary": "With guests", **guest, **times("2027-02-10T15:00")})
    sara.settle()
    wants("marked")
    eventually(lambda: "/j/" in sara.google.get(guests["id"]).get("description", ""))
    assert {data["topic"] for data in sara.asked()} == {"Marked @meet", "Linked", "With guests"}
    assert sara.mails(guests["id"]) == []
    # The sample platform knows no such link; until it confirms, the event is joinable and no meeting.
    assert sara.shown("Linked")[0]["meeting"] == {"id": None, "join_url": sara.link("c"), "role": "start"}
    asked = next(data for data in sara.asked() if data["topic"] == "Linked")
    assert asked["join_url"] == sara.link("c")
    sara.put("c", topic="Linked", start="2027-02-10T14:00:00", event_id=asked["event_id"])
    eventually(lambda: sara.meeting("c")["calendar_state"] == "in_calendar")
    assert sara.shown("Linked")[0]["meeting"]["id"] == "c"
    assert sara.google.get(linked["id"])["etag"] == linked["etag"]


def test_for_a_marked_event_meeting_requested_is_published_and_the_answer_s_link_is_written_into_the_event(
    sara: Person,
) -> None:
    """'For a marked event without a link Meetbridge publishes `meeting.requested`; the platform answers by PUT with
    `event_id` and `join_url`; the link is written into the event.'"""
    guest = [{"email": "guest@elsewhere.example", "responseStatus": "accepted"}]
    notes = {"description": "<b>Bring</b> food", "location": "Kitchen @meet", "attendees": guest}
    event = sara.google.insert({"summary": "Lunch", **notes, **times("2027-02-11T12:00", 60)})
    eventually(lambda: "/j/" in sara.google.get(event["id"])["description"])
    asked = next(data for data in sara.asked() if data["topic"] == "Lunch")
    shown = sara.shown("Lunch")[0]
    assert (asked["event_id"], asked["join_url"]) == (shown["id"], None)
    assert (asked["start"], asked["duration_minutes"]) == ("2027-02-11T12:00:00+01:00", 60)
    written = sara.google.get(event["id"])
    assert written["description"].startswith("<b>Bring</b> food\n\n")
    assert shown["meeting"]["join_url"] in written["description"]
    assert {name: written[name] for name in ("location", "attendees", "start", "end")} == {
        name: event[name] for name in ("location", "attendees", "start", "end")
    }
    assert sara.mails(event["id"]) == []
    assert sara.meeting(shown["meeting"]["id"])["topic"] == "Lunch"
