"""Meeting and event, Copies, Moved, Copied and Links: which event is the meeting's, and which is not."""

from __future__ import annotations

import pytest

from local.stack import Stack
from tests.e2e.people import eventually
from tests.e2e.sentences import Person, connected, times

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def hanna(stack: Stack) -> Person:
    return connected(stack, "hanna")


@pytest.fixture(scope="module")
def gus(stack: Stack) -> Person:
    """A guest who is connected as well."""
    return connected(stack, "gus")


def test_only_the_organiser_s_copy_is_linked(hanna: Person, gus: Person) -> None:
    """'Only the organiser's copy is linked.'"""
    event = hanna.made("shared", topic="shared @meet", invitees=[gus.email])
    copy = gus.google.titled("shared @meet")[0]
    assert copy["id"] == event["id"]
    gus.settle()
    assert hanna.shown("shared @meet")[0]["meeting"]["role"] == "start"
    seen = gus.shown("shared @meet")[0]
    assert seen["meeting"] == {"id": None, "join_url": hanna.link("shared"), "role": "join"}
    assert seen["host"]["email"] == hanna.email
    listed = gus.platform.api.ok("GET", f"/v1/users/{gus.user}/meetings")["items"]
    assert [meeting["id"] for meeting in listed] == ["nudge"]
    assert gus.asked() == []


def test_declining_an_attendee_s_copy_changes_that_response_alone(hanna: Person, gus: Person) -> None:
    """'Declining or deleting an attendee's copy changes that response alone.'"""
    event = hanna.made("declined", invitees=[gus.email, "bob@elsewhere.example"])
    before = hanna.meeting("declined")
    answers = [
        {**a, "responseStatus": "declined"} if a.get("self") else a for a in gus.google.get(event["id"])["attendees"]
    ]
    gus.google.patch(event["id"], {"attendees": answers})
    gus.settle()
    hanna.settle()
    assert hanna.meeting("declined") == before
    hanna.change("declined", topic="declined, renamed")
    now = {a["email"]: a["responseStatus"] for a in hanna.google.get(event["id"])["attendees"]}
    assert now == {gus.email: "declined", "bob@elsewhere.example": "needsAction"}


def test_deleting_an_attendee_s_copy_changes_that_response_alone(hanna: Person, gus: Person) -> None:
    """'Declining or deleting an attendee's copy changes that response alone.'"""
    event = hanna.made("deleted-copy", invitees=[gus.email])
    before = hanna.meeting("deleted-copy")
    gus.settle()
    gus.google.delete(event["id"])
    gus.settle()
    hanna.settle()
    assert gus.shown("deleted-copy") == []
    assert hanna.meeting("deleted-copy") == before
    held = hanna.google.get(event["id"])
    assert (held["status"], held["attendees"][0]["responseStatus"]) == ("confirmed", "declined")


def test_moved_to_a_calendar_that_is_not_selected_it_is_outside_selection_and_the_meeting_stays(hanna: Person) -> None:
    """'Before a disappearance counts as a deletion, the mailbox is searched for the iCalUID. Found in a calendar that
    is not selected: `outside_selection`, the meeting stays.'"""
    hanna.select(hanna.email)
    event = hanna.made("moved-out")
    hanna.move(event["id"], "primary", hanna.training)
    eventually(lambda: hanna.meeting("moved-out")["calendar_state"] == "outside_selection")
    assert not hanna.meeting("moved-out")["cancelled"]
    outside = hanna.google.get(event["id"], hanna.training)
    hanna.change("moved-out", topic="changed meanwhile")
    assert hanna.google.get(event["id"], hanna.training)["etag"] == outside["etag"]
    assert len(hanna.events_of("moved-out")) == 0


def test_moved_to_a_calendar_that_is_selected_it_stays_linked(hanna: Person) -> None:
    """'Moved': the event is found by its iCalUID and keeps its meeting."""
    hanna.select(hanna.email, hanna.training)
    event = hanna.made("moved")
    hanna.move(event["id"], "primary", hanna.training)
    hanna.settle()
    eventually(lambda: hanna.meeting("moved")["calendar_state"] == "in_calendar")
    hanna.change("moved", topic="moved and renamed")
    assert hanna.google.get(event["id"], hanna.training)["summary"] == "moved and renamed"
    assert hanna.events_of("moved") == []
    assert not hanna.meeting("moved")["cancelled"]


def test_copied_the_recorded_event_keeps_the_meeting_and_the_copy_is_joinable_unlinked_never_written_or_deleted(
    hanna: Person,
) -> None:
    """'The recorded (item id, iCalUID) keeps the meeting; another claimant of the same marker is joinable, unlinked,
    never written or deleted.'"""
    event = hanna.made("copied", agenda="Same")
    kept = ("description", "location", "extendedProperties")
    same = {name: event[name] for name in kept}
    copy = hanna.google.insert({"summary": "the copy", **same, **times("2027-03-08T10:00")})
    hanna.settle()
    assert hanna.shown("the copy")[0]["meeting"] == {"id": None, "join_url": hanna.link("copied"), "role": "start"}
    assert hanna.shown("copied")[0]["meeting"]["id"] == "copied"
    hanna.change("copied", topic="copied, renamed", agenda="New")
    assert hanna.google.get(event["id"])["summary"] == "copied, renamed"
    copy = hanna.google.patch(copy["id"], {"summary": "the copy, edited"})
    hanna.settle()
    assert hanna.meeting("copied")["topic"] == "copied, renamed"
    hanna.cancel("copied")
    assert hanna.google.get(event["id"])["status"] == "cancelled"
    assert hanna.google.get(copy["id"]) == copy
    assert hanna.link("copied") not in [data["join_url"] for data in hanna.asked()]


def test_link_removed_by_the_user_unlinks_keeps_the_meeting_and_is_never_added_again(hanna: Person) -> None:
    """'Link removed by the user: unlink, keep the meeting, never add it again.'"""
    event = hanna.made("link-removed", agenda="Agenda")
    bare = hanna.google.patch(event["id"], {"location": "", "description": "My own notes"})
    hanna.settle()
    assert hanna.meeting("link-removed")["calendar_state"] == "unlinked"
    hanna.change("link-removed", topic="changed on the platform", agenda="New", start="2027-03-09T10:00:00")
    hanna.settle()
    meeting = hanna.meeting("link-removed")
    assert (meeting["topic"], meeting["calendar_state"]) == ("changed on the platform", "unlinked")
    assert not meeting["cancelled"]
    assert hanna.google.get(event["id"]) == bare
    assert hanna.google.titled("changed on the platform") == []
    assert hanna.shown("link-removed")[0]["meeting"] is None
    hanna.google.delete(event["id"])
    hanna.settle()
    assert not hanna.meeting("link-removed")["cancelled"]


def test_a_link_to_another_own_meeting_relinks(hanna: Person) -> None:
    """'A link to another own meeting: relink.'"""
    first, second = hanna.made("first"), hanna.made("second")
    hanna.google.patch(second["id"], {"location": "", "description": ""})
    hanna.settle()
    hanna.google.patch(first["id"], {"location": hanna.link("second"), "description": ""})
    hanna.settle()
    assert hanna.meeting("first")["calendar_state"] == "unlinked"
    assert hanna.meeting("second")["calendar_state"] == "in_calendar"
    assert hanna.meeting("second")["topic"] == "first"
    hanna.change("second", topic="now the second's")
    assert hanna.google.get(first["id"])["summary"] == "now the second's"
    assert hanna.google.get(second["id"])["summary"] == "second"


def test_other_vendors_conferences_are_neither_written_nor_removed(hanna: Person) -> None:
    """'Other vendors' conferences are neither written nor removed.'"""
    event = hanna.made("conference")
    assert not {"conferenceData", "hangoutLink"} & set(event)
    asked = {"conferenceData": {"createRequest": {"requestId": "meet"}}}
    held = hanna.google.patch(event["id"], asked, conferenceDataVersion=1)
    assert held["hangoutLink"].startswith("https://meet.google.com/")
    hanna.change("conference", topic="conference, renamed", agenda="New")
    now = hanna.google.get(event["id"])
    assert now["summary"] == "conference, renamed"
    assert (now["conferenceData"], now["hangoutLink"]) == (held["conferenceData"], held["hangoutLink"])
    assert hanna.meeting("conference")["calendar_state"] == "in_calendar"
