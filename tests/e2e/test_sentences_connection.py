"""Meeting and event, Deselected, sharing lost, Reconnected, and a host who is not connected."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from local.stack import Stack
from tests.e2e.people import InGoogle, eventually
from tests.e2e.sentences import Person, connected, times

pytestmark = pytest.mark.e2e
BOB = "bob@elsewhere.example"


def state(person: Person, name: str) -> str:
    return str(person.meeting(name)["calendar_state"])


def writes(person: Person) -> list[dict[str, Any]]:
    """Calls by which this person's events were changed, whoever made them."""
    calls = requests.get(f"{person.stack.google}/control/calls", timeout=20).json()["calls"]
    return [c for c in calls if c["email"] == person.email and c["verb"] != "GET" and "calendar.events." in c["method"]
            and not c["method"].endswith("watch")]  # fmt: skip


def revoked(person: Person) -> bool:
    """Whether the grant has been ended at the service, and with it every token of this client, the test's too."""
    answer = person.google.session.get(f"{person.stack.google}/calendar/v3/users/me/calendarList", timeout=20)
    return answer.status_code == 401


def test_deselected_unlinked_nothing_cancelled_and_remembered(stack: Stack) -> None:
    """'Unlinked, nothing cancelled, remembered for 30 days.'"""
    dora = connected(stack, "dora")
    event = dora.made("deselected", recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])
    dora.select(dora.training)
    eventually(lambda: state(dora, "deselected") == "outside_selection")
    assert not dora.meeting("deselected")["cancelled"]
    assert dora.shown("deselected") == []
    dora.change("deselected", agenda="written later")
    edited = dora.google.patch(event["id"], {"summary": "edited meanwhile"})
    dora.settle()
    assert dora.google.get(event["id"]) == edited
    assert dora.meeting("deselected")["topic"] == "deselected"
    dora.select(dora.email, dora.training)
    eventually(lambda: state(dora, "deselected") == "in_calendar")
    dora.settle()
    assert dora.meeting("deselected")["topic"] == "edited meanwhile"
    assert "written later" in dora.google.get(event["id"])["description"]
    assert len(dora.events_of("deselected")) == 1


def shared(stack: Stack, calendar: str, email: str, role: str) -> None:
    access = {"calendar": calendar, "email": email, "role": role}
    assert requests.post(f"{stack.google}/control/access", json=access, timeout=20).ok


def test_sharing_lost_unlinked_nothing_cancelled(stack: Stack) -> None:
    """'Deselected, or sharing lost. Unlinked, nothing cancelled'."""
    shari = connected(stack, "shari")
    shari.api.ok("PUT", "/v1/me/calendars", json={"selected": [shari.email, shari.training], "default": shari.training})
    shari.put("shared")
    shari.linked("shared", shari.training)
    shared(stack, shari.training, shari.email, "none")
    now = shari.meeting("shared")
    body = {**shari.platform.meeting("shared"), "join_url": now["join_url"], "revision": now["revision"] + 1}
    shari.platform.put(shari.user, "shared", {**body, "topic": "changed meanwhile"})
    eventually(lambda: state(shari, "shared") == "outside_selection")
    assert not shari.meeting("shared")["cancelled"]
    calendars = shari.api.ok("GET", "/v1/me/calendars")["items"]
    assert shari.training not in [calendar["id"] for calendar in calendars]
    # What is made from now on has another home.
    assert shari.made("goes-on")["summary"] == "goes-on"


def test_calendars_owned_by_others_are_never_linked(stack: Stack) -> None:
    """'Calendars owned by others are never linked.' Not even where they gave the user the role of an owner."""
    gwen = connected(stack, "gwen")
    control = f"{stack.google}/control"
    team = requests.post(
        f"{control}/calendars", json={"email": "lead@example.com", "summary": "Team"}, timeout=20
    ).json()["id"]
    shared(stack, team, gwen.email, "owner")
    listed = {c["id"]: c for c in gwen.api.ok("GET", "/v1/me/calendars")["items"]}
    assert (listed[team]["owned"], listed[team]["writable"]) == (False, True)
    refused = gwen.api.call("PUT", "/v1/me/calendars", json={"selected": [gwen.email, team], "default": team})
    assert refused.status_code == 422
    gwen.select(gwen.email, team)
    event = gwen.google.insert({"summary": "theirs", "location": "@meet", **times("2027-03-01T10:00")}, team)
    eventually(lambda: gwen.shown("theirs"))
    gwen.settle()
    assert gwen.asked() == []
    assert gwen.google.get(event["id"], team) == event


def test_reconnected_to_the_same_mailbox_is_matched_again_and_nothing_is_written(stack: Stack) -> None:
    """'The same mailbox (the service's stable id): matched again by recorded ids, iCalUID, marker, then link and
    original start; what is ambiguous waits in `/v1/me/paused`; nothing is written.'"""
    rita = connected(stack, "rita")
    kept = rita.made("kept", invitees=[BOB])
    series = rita.made("series", recurrence=["RRULE:FREQ=WEEKLY"])
    lost = rita.made("ambiguous")
    rita.api.ok("DELETE", "/v1/me/connection")
    eventually(lambda: revoked(rita))
    rita.google = InGoogle(stack, rita.email)
    rita.google.patch(kept["id"], {"summary": "edited meanwhile"})
    rita.google.delete(lost["id"])
    for title in ("one", "two"):
        rita.google.insert({"summary": title, "location": rita.link("ambiguous"), **times("2027-03-01T10:00")})
    before, held = writes(rita), rita.google.listed()
    rita.connect()
    eventually(lambda: state(rita, "ambiguous") == "paused")
    eventually(lambda: state(rita, "kept") == state(rita, "series") == "in_calendar")
    assert rita.meeting("kept")["topic"] == "edited meanwhile"
    assert (writes(rita), rita.google.listed()) == (before, held)
    assert rita.mails(kept["id"]) == [("invite", BOB)]
    waiting = rita.api.ok("GET", "/v1/me/paused")["items"]
    assert [meeting["id"] for meeting in waiting] == ["ambiguous"]
    rita.change("series", topic="series, renamed")
    assert rita.google.get(series["id"])["summary"] == "series, renamed"
    rita.api.ok("POST", "/v1/me/paused", json={"id": "ambiguous", "action": "approve"})
    assert rita.linked("ambiguous")["summary"] == "ambiguous"
    assert rita.api.ok("GET", "/v1/me/paused")["items"] == []


def test_reconnected_to_another_mailbox_future_meetings_are_made_anew_without_attendees_and_the_user_is_told(
    stack: Stack,
) -> None:
    """'Another mailbox or service: future meetings are made anew without attendees; invited ones stay with the old
    organiser; the user is told.'"""
    otto, new = connected(stack, "otto"), Person(stack, "otto.new")
    invited, alone = otto.made("invited", invitees=[BOB]), otto.made("alone")
    finished = otto.connect(new.email)
    assert [notice["code"] for notice in finished["warnings"]] == ["another_mailbox"]
    assert otto.api.ok("GET", "/v1/me/integration")["connection"]["previous_mailbox"] == otto.email
    events = {name: eventually(lambda name=name: new.events_of(name))[0] for name in ("invited", "alone")}  # type: ignore[misc]
    eventually(lambda: state(otto, "invited") == state(otto, "alone") == "in_calendar")
    otto.google = InGoogle(stack, otto.email)  # the old grant was revoked, and with it all tokens of this client
    assert [event["summary"] for event in events.values()] == ["invited", "alone"]
    assert all("attendees" not in event for event in events.values())
    assert otto.meeting("invited")["invitees"] == [BOB]
    assert otto.google.get(invited["id"])["attendees"][0]["email"] == BOB
    assert otto.google.get(alone["id"])["status"] == "confirmed"
    otto.change("invited", topic="renamed")
    renamed = new.google.get(events["invited"]["id"])
    assert (renamed["summary"], renamed.get("attendees")) == ("renamed", None)
    assert (otto.mails(invited["id"]), otto.mails(renamed["id"])) == ([("invite", BOB)], [])


def test_a_host_who_is_not_connected_is_waited_for(stack: Stack) -> None:
    """'Host not connected: `calendar_state: waiting_for_host`.'"""
    wanda = Person(stack, "wanda")
    wanda.platform.api.ok("PUT", f"/v1/users/{wanda.user}", json={"email": wanda.email, "groups": [], "active": True})
    wanda.put("waiting")
    assert state(wanda, "waiting") == "waiting_for_host"
    wanda.connect()
    assert wanda.linked("waiting")["summary"] == "waiting"
