"""The main job: an account's policy, a user's Google calendar, meetings and events the same on both sides."""

from __future__ import annotations

from typing import Any

import pytest

from local.stack import Stack
from tests.e2e.people import Caller, InGoogle, Platform, eventually

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def mia(stack: Stack) -> Caller:
    caller = Caller(stack, "mia")
    caller.connect("mia@example.com")
    eventually(lambda: caller.ok("GET", "/v1/me/integration")["connection"]["freshness"])
    return caller


@pytest.fixture(scope="module")
def google(stack: Stack) -> InGoogle:
    return InGoogle(stack, "mia@example.com")


@pytest.fixture(scope="module")
def platform(stack: Stack) -> Platform:
    return Platform(stack)


def in_calendar(google: InGoogle, title: str) -> dict[str, Any]:
    return eventually(lambda: google.titled(title))[0]


def test_a_meeting_made_on_the_platform_appears_in_the_calendar(
    mia: Caller, google: InGoogle, platform: Platform
) -> None:
    platform.put("mia", "plan", platform.meeting("Plan the launch", agenda="Budget"))
    event = in_calendar(google, "Plan the launch")
    assert event["start"] == {"dateTime": "2027-03-01T10:00:00+01:00", "timeZone": "Europe/Berlin"}
    assert platform.meeting("Plan the launch")["join_url"] in event["description"]
    assert "Budget" in event["description"]
    eventually(lambda: platform.get("mia", "plan")["calendar_state"] == "in_calendar")


def test_an_edit_in_the_calendar_changes_the_meeting_and_tells_the_platform(
    mia: Caller, google: InGoogle, platform: Platform
) -> None:
    platform.put("mia", "edit", platform.meeting("Before"))
    event = in_calendar(google, "Before")
    google.patch(event["id"], {"summary": "After"})
    eventually(lambda: platform.get("mia", "edit")["topic"] == "After")
    told = eventually(
        lambda: [e for e in platform.received("meeting.updated", "edit") if e["data"]["topic"] == "After"]
    )
    assert told[-1]["data"]["origin"] == "calendar"
    assert told[-1]["data"]["revision"] > 1


def test_a_change_on_the_platform_changes_the_event_and_makes_no_second_one(
    mia: Caller, google: InGoogle, platform: Platform
) -> None:
    platform.put("mia", "move", platform.meeting("Moves"))
    event = in_calendar(google, "Moves")
    revision = platform.get("mia", "move")["revision"]
    platform.put("mia", "move", platform.meeting("Moves", start="2027-03-02T15:00:00", revision=revision + 1))
    eventually(lambda: google.get(event["id"])["start"]["dateTime"].startswith("2027-03-02T15:00"))
    assert len(google.titled("Moves")) == 1


def test_a_meeting_cancelled_on_the_platform_leaves_the_calendar(
    mia: Caller, google: InGoogle, platform: Platform
) -> None:
    platform.put("mia", "gone", platform.meeting("Cancelled by the platform"))
    in_calendar(google, "Cancelled by the platform")
    platform.api.ok("DELETE", "/v1/users/mia/meetings/gone")
    eventually(lambda: not google.titled("Cancelled by the platform"))


def test_an_event_deleted_in_the_calendar_cancels_the_meeting(
    mia: Caller, google: InGoogle, platform: Platform
) -> None:
    platform.put("mia", "deleted", platform.meeting("Deleted by its owner"))
    event = in_calendar(google, "Deleted by its owner")
    eventually(lambda: platform.get("mia", "deleted")["calendar_state"] == "in_calendar")
    google.delete(event["id"])
    eventually(lambda: platform.get("mia", "deleted")["cancelled"])
    assert eventually(lambda: platform.received("meeting.cancelled", "deleted"))


def test_an_event_that_the_user_marks_becomes_a_meeting_with_a_link(
    mia: Caller, google: InGoogle, platform: Platform
) -> None:
    event = google.insert({
        "summary": "Marked by me", "location": "@meet", "description": "My own notes",
        "start": {"dateTime": "2027-03-03T09:00:00+01:00", "timeZone": "Europe/Berlin"},
        "end": {"dateTime": "2027-03-03T10:00:00+01:00", "timeZone": "Europe/Berlin"},
    })  # fmt: skip
    eventually(lambda: "/j/" in google.get(event["id"])["description"])
    described = google.get(event["id"])
    assert described["description"].startswith("My own notes")
    assert described["location"] == "@meet"
    shown = eventually(lambda: [e for e in mia.events("2027-03-03", "2027-03-04") if e["meeting"]])
    assert shown[0]["title"] == "Marked by me"
    assert shown[0]["meeting"]["role"] == "start"


def test_one_occurrence_changed_on_the_platform_becomes_an_exception(
    mia: Caller, google: InGoogle, platform: Platform
) -> None:
    series = platform.meeting("Weekly", recurrence=["RRULE:FREQ=WEEKLY;COUNT=6"])
    platform.put("mia", "weekly", series)
    event = in_calendar(google, "Weekly")
    revision = platform.get("mia", "weekly")["revision"]
    changed = {"original_start": "2027-03-08T10:00:00", "topic": "Weekly, with guests"}
    platform.put("mia", "weekly", {**series, "exceptions": [changed], "revision": revision + 1})
    eventually(lambda: google.titled("Weekly, with guests"))
    instances = google.call("GET", f"calendars/primary/events/{event['id']}/instances")["items"]
    assert [i["summary"] for i in instances] == [
        "Weekly",
        "Weekly, with guests",
        "Weekly",
        "Weekly",
        "Weekly",
        "Weekly",
    ]
    zone_after_change = [i["start"]["dateTime"][-6:] for i in instances]
    assert zone_after_change == ["+01:00"] * 4 + ["+02:00"] * 2


def test_inviting_by_calendar_mails_once_and_a_second_sync_mails_nobody(
    mia: Caller, google: InGoogle, platform: Platform
) -> None:
    platform.put("mia", "guests", platform.meeting("With a guest", invitees=["guest@elsewhere.example"]))
    event = in_calendar(google, "With a guest")
    assert [a["email"] for a in event["attendees"]] == ["guest@elsewhere.example"]
    eventually(lambda: platform.get("mia", "guests")["calendar_state"] == "in_calendar")
    google.patch(event["id"], {"summary": "With a guest, renamed"})
    eventually(lambda: platform.get("mia", "guests")["topic"] == "With a guest, renamed")
    to_guest = [m for m in google.mails() if "guest@elsewhere.example" in str(m)]
    assert len(to_guest) == 1
