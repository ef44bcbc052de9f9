"""Meeting and event, Edits of a series: this, all, and this and following, on both sides."""

from __future__ import annotations

from typing import Any

import pytest

from local.stack import Stack
from tests.e2e.people import eventually
from tests.e2e.sentences import Person, connected, times, wall

pytestmark = pytest.mark.e2e
WEEKLY = ["RRULE:FREQ=WEEKLY;COUNT=6"]
DAYS = ["2027-03-01", "2027-03-08", "2027-03-15", "2027-03-22", "2027-03-29", "2027-04-05"]
EXCEPTION = {"original_start": "2027-03-08T10:00:00", "topic": "special"}


@pytest.fixture(scope="module")
def selma(stack: Stack) -> Person:
    return connected(stack, "selma")


def walls(person: Person, event: str) -> list[tuple[str, str]]:
    """(start, title) of each instance that Google shows."""
    return [(wall(instance["start"])[0], instance["summary"]) for instance in person.instances(event)]


def occurrences(person: Person, title: str) -> list[str]:
    return [event["start"][:16] for event in person.shown(title)]


def patch(person: Person, named: str, day: str, scope: str, **body: Any) -> dict[str, Any]:
    """The client edits one occurrence that it shows, with the scope that its user chose."""
    person.settle()
    shown = next(event for event in person.shown(named) if event["start"].startswith(day))
    tag = person.api.call("GET", f"/v1/me/events/{shown['id']}").headers["ETag"]
    path, headers = f"/v1/me/events/{shown['id']}?scope={scope}", {"If-Match": tag}
    answer = dict(person.api.ok("PATCH", path, json=body, headers=headers))
    person.settle()
    return answer


def cut_as_google_does(person: Person, event: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """'This and following events' of 22 March in Google's pages: the series ends before, a new one goes on."""
    until = ["RRULE:FREQ=WEEKLY;UNTIL=20270322T085959Z"]
    names = ("summary", "description", "location", "extendedProperties", "attendees")
    kept: dict[str, Any] = {name: event[name] for name in names if name in event}
    person.google.patch(event["id"], {"recurrence": until})
    following = {**times("2027-03-22T10:00"), "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"]}
    return person.google.insert({**kept, **following, **changes})


def test_this_on_the_platform_is_an_exception(selma: Person) -> None:
    """'`this`: an exception.'"""
    event = selma.made("this-out", recurrence=WEEKLY)
    moved = {"original_start": "2027-03-15T10:00:00", "start": "2027-03-16T12:00:00", "duration_minutes": 60}
    gone = {"original_start": "2027-03-22T10:00:00", "cancelled": True}
    selma.change("this-out", exceptions=[EXCEPTION, moved, gone])
    assert walls(selma, event["id"]) == [
        ("2027-03-01T10:00", "this-out"), ("2027-03-08T10:00", "special"), ("2027-03-16T12:00", "this-out"),
        ("2027-03-29T10:00", "this-out"), ("2027-04-05T10:00", "this-out"),
    ]  # fmt: skip
    assert len(selma.events_of("this-out")) == 1
    selma.change("this-out", exceptions=[])
    assert walls(selma, event["id"]) == [(f"{day}T10:00", "this-out") for day in DAYS]


def test_this_in_the_calendar_is_an_exception(selma: Person) -> None:
    """'`this`: an exception.'"""
    event = selma.made("this-in", recurrence=WEEKLY)
    instances = [instance["id"] for instance in selma.instances(event["id"])]
    selma.google.patch(instances[1], {"summary": "special"})
    selma.google.patch(instances[2], times("2027-03-16T12:00", 60))
    selma.google.delete(instances[3])
    selma.settle()
    meeting = selma.meeting("this-in")
    special, moved, gone = meeting["exceptions"]
    assert (special["topic"], special["original_start"]) == ("special", "2027-03-08T10:00:00+01:00")
    assert (moved["start"], moved["duration_minutes"]) == ("2027-03-16T12:00:00+01:00", 60)
    assert gone == {"original_start": "2027-03-22T10:00:00+01:00", "cancelled": True}
    assert (meeting["topic"], meeting["recurrence"], meeting["cancelled"]) == ("this-in", WEEKLY, False)


def test_this_by_the_client_is_an_exception(selma: Person) -> None:
    """'`this`: an exception', by PATCH /v1/me/events/{id}?scope=this."""
    event = selma.made("this-client", recurrence=WEEKLY)
    patch(selma, "this-client", DAYS[1], "this", title="special")
    assert [e["topic"] for e in selma.meeting("this-client")["exceptions"]] == ["special"]
    assert [title for _, title in walls(selma, event["id"])].count("special") == 1


def test_all_on_the_platform_changes_the_master_and_exceptions_survive(selma: Person) -> None:
    """'`all`: the master, exceptions survive.'"""
    event = selma.made("all-out", recurrence=WEEKLY, exceptions=[EXCEPTION])
    now = {**EXCEPTION, "original_start": "2027-03-08T11:00:00"}
    selma.change("all-out", topic="renamed", start="2027-03-01T11:00:00", exceptions=[now])
    expected = ["renamed", "special", *["renamed"] * 4]
    assert walls(selma, event["id"]) == [(f"{day}T11:00", title) for day, title in zip(DAYS, expected, strict=True)]


def test_all_in_the_calendar_changes_the_master_and_exceptions_survive(selma: Person) -> None:
    """'`all`: the master, exceptions survive.'"""
    event = selma.made("all-in", recurrence=WEEKLY, exceptions=[EXCEPTION])
    selma.google.patch(event["id"], {"summary": "renamed"})
    selma.settle()
    meeting = selma.meeting("all-in")
    assert meeting["topic"] == "renamed"
    assert [e["topic"] for e in meeting["exceptions"]] == ["special"]
    patch(selma, "renamed", DAYS[2], "all", title="by the client")
    assert selma.meeting("all-in")["topic"] == "by the client"
    assert [e["topic"] for e in selma.meeting("all-in")["exceptions"]] == ["special"]
    assert [title for _, title in walls(selma, event["id"])] == ["by the client", "special", *["by the client"] * 4]


def test_following_in_the_calendar_is_the_same_meeting_with_a_second_segment_and_not_a_copy(selma: Person) -> None:
    """'`following`: the same meeting id and link with a second entry in `segments`; a series that was cut, and a new
    one that starts at the cut with our link, is this and not a copy.'"""
    event = selma.made("cut-in", recurrence=WEEKLY, invitees=["bob@elsewhere.example"])
    mailed = selma.mails(event["id"])
    new = cut_as_google_does(selma, event, summary="from now on")
    selma.settle()
    meeting = selma.meeting("cut-in")
    assert [segment["topic"] for segment in meeting["segments"]] == ["cut-in", "from now on"]
    assert meeting["segments"][1]["start"] == "2027-03-22T10:00:00+01:00"
    assert (meeting["join_url"], meeting["cancelled"]) == (selma.link("cut-in"), False)
    assert selma.shown("from now on")[0]["meeting"]["id"] == selma.shown("cut-in")[0]["meeting"]["id"] == "cut-in"
    assert (selma.mails(event["id"]), selma.mails(new["id"])) == (mailed, [])
    told = eventually(lambda: [data for data in selma.told("cut-in") if len(data["segments"]) == 2])
    assert told[-1]["segments"] == meeting["segments"]
    first, second = meeting["segments"]
    selma.change("cut-in", segments=[first, {**second, "topic": "by the platform"}])
    assert selma.google.get(new["id"])["summary"] == "by the platform"
    assert selma.google.get(event["id"])["summary"] == "cut-in"
    selma.cancel("cut-in")
    assert [selma.google.get(one["id"])["status"] for one in (event, new)] == ["cancelled"] * 2


def test_following_on_the_platform_cuts_the_event_and_makes_a_second_one_with_the_same_link(selma: Person) -> None:
    """'`following`: the same meeting id and link with a second entry in `segments`.'"""
    event = selma.made("cut-out", recurrence=WEEKLY)
    until = ["RRULE:FREQ=WEEKLY;UNTIL=20270322T085959Z"]
    first = {"topic": "cut-out", "start": "2027-03-01T10:00:00", "duration_minutes": 30, "time_zone": "Europe/Berlin"}
    first |= {"recurrence": until}
    second = {**first, "topic": "later", "start": "2027-03-22T15:00:00", "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"]}
    selma.change("cut-out", recurrence=until, segments=[first, second])
    events = sorted(selma.events_of("cut-out"), key=lambda one: one["summary"])
    assert [one["summary"] for one in events] == ["cut-out", "later"]
    assert events[0]["id"] == event["id"]
    assert [day for day, _ in walls(selma, event["id"])] == [f"{day}T10:00" for day in DAYS[:3]]
    assert [day for day, _ in walls(selma, events[1]["id"])] == [f"{day}T15:00" for day in DAYS[3:]]
    assert all(selma.link("cut-out") in one["description"] for one in events)
    assert {event["meeting"]["id"] for event in selma.shown("later")} == {"cut-out"}
    assert selma.meeting("cut-out")["calendar_state"] == "in_calendar"
    selma.google.patch(events[1]["id"], {"summary": "later, in the calendar"})
    selma.settle()
    assert [s["topic"] for s in selma.meeting("cut-out")["segments"]] == ["cut-out", "later, in the calendar"]


def test_following_by_the_client_is_the_same_meeting_with_a_second_segment(selma: Person) -> None:
    """'`following`', by PATCH /v1/me/events/{id}?scope=following."""
    gone = {"original_start": "2027-03-29T10:00:00", "cancelled": True}
    event = selma.made("cut-client", recurrence=WEEKLY, exceptions=[gone])
    patch(selma, "cut-client", DAYS[3], "following", title="from here")
    meeting = selma.meeting("cut-client")
    assert [segment["topic"] for segment in meeting["segments"]] == ["cut-client", "from here"]
    assert occurrences(selma, "cut-client") == [f"{day}T10:00" for day in DAYS[:3]]
    assert occurrences(selma, "from here") == [f"{DAYS[3]}T10:00", f"{DAYS[5]}T10:00"]
    assert len(selma.events_of("cut-client")) == 2
    assert len(selma.instances(event["id"])) == 3
    assert meeting["calendar_state"] == "in_calendar"
