"""Guests: copies of an event, answers, and the mails that would have been sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

Fault = Callable[[requests.Response], tuple[int, str]]
EVENTS = "calendars/primary/events"


def mails(google: Any, event_id: str) -> list[tuple[str, str]]:
    found = requests.get(google.url + "/control/mails", timeout=10).json()["mails"]
    return [(mail["recipient"], mail["kind"]) for mail in found if mail["event"] == event_id]


@pytest.fixture
def max_(sign_in: Any) -> Any:
    return sign_in()


def invite(*people: Any) -> list[dict[str, str]]:
    return [{"email": person.email} for person in people]


def test_the_copy_has_the_same_id_and_is_somebody_elses(mia: Any, max_: Any, timed: Any) -> None:
    own = {"private": {"mine": "1"}, "shared": {"ours": "2"}}
    event = mia.insert({**timed, "attendees": invite(max_), "extendedProperties": own})
    copy = max_.call("GET", f"{EVENTS}/{event['id']}").json()
    assert (copy["iCalUID"], copy["summary"]) == (event["iCalUID"], "Talk")
    assert copy["organizer"] == {"email": mia.email}
    assert copy["attendees"] == [{"email": max_.email, "responseStatus": "needsAction", "self": True}]
    assert copy["extendedProperties"] == {"shared": {"ours": "2"}}


def test_shared_members_belong_to_the_organiser(mia: Any, max_: Any, timed: Any, fault: Fault) -> None:
    event = mia.insert({**timed, "attendees": invite(max_)})
    path = f"{EVENTS}/{event['id']}"
    changes: list[dict[str, Any]] = [
        {"summary": "Mine"},
        {"start": {"dateTime": "2026-10-23T09:30:00"}},
        {"attendees": []},
    ]
    for change in changes:
        assert fault(max_.call("PATCH", path, json=change)) == (403, "forbiddenForNonOrganizer")
    private = {"extendedProperties": {"private": {"a": "1"}}, "colorId": "3"}
    assert max_.call("PATCH", path, json=private).json()["colorId"] == "3"
    assert "extendedProperties" not in mia.call("GET", path).json()


def test_an_answer_reaches_the_organiser_and_the_other_guests(mia: Any, max_: Any, sign_in: Any, timed: Any) -> None:
    third = sign_in()
    event = mia.insert({**timed, "attendees": invite(max_, third)})
    path = f"{EVENTS}/{event['id']}"
    attendees = max_.call("GET", path).json()["attendees"]
    attendees[0]["responseStatus"] = "accepted"
    assert max_.call("PATCH", path, json={"attendees": attendees}).ok
    for person in (mia, third):
        assert person.call("GET", path).json()["attendees"][0]["responseStatus"] == "accepted"


def test_the_organisers_change_reaches_the_copies_and_keeps_what_is_theirs(mia: Any, max_: Any, timed: Any) -> None:
    event = mia.insert({**timed, "attendees": invite(max_)})
    path = f"{EVENTS}/{event['id']}"
    max_.call("PATCH", path, json={"colorId": "3"})
    mia.call("PATCH", path, json={"summary": "New"})
    copy = max_.call("GET", path).json()
    assert (copy["summary"], copy["colorId"]) == ("New", "3")


def test_the_organiser_cancels_and_the_copies_are_cancelled(mia: Any, max_: Any, timed: Any) -> None:
    event = mia.insert({**timed, "attendees": invite(max_)})
    token = max_.list()["nextSyncToken"]
    mia.call("DELETE", f"{EVENTS}/{event['id']}")
    (copy,) = max_.list(syncToken=token)["items"]
    assert set(copy) == {"kind", "etag", "id", "status"}
    assert copy["status"] == "cancelled"


def test_who_is_no_longer_invited_loses_the_copy(mia: Any, max_: Any, timed: Any) -> None:
    event = mia.insert({**timed, "attendees": invite(max_)})
    mia.call("PATCH", f"{EVENTS}/{event['id']}", json={"attendees": []})
    assert max_.list()["items"] == []


def test_deleting_a_copy_declines(mia: Any, max_: Any, timed: Any) -> None:
    event = mia.insert({**timed, "attendees": invite(max_)})
    assert max_.call("DELETE", f"{EVENTS}/{event['id']}").status_code == 204
    assert mia.call("GET", f"{EVENTS}/{event['id']}").json()["attendees"][0]["responseStatus"] == "declined"
    assert max_.list()["items"] == []


def test_a_cancelled_occurrence_is_cancelled_for_the_guests(mia: Any, max_: Any, series: Any) -> None:
    event = mia.insert({**series, "attendees": invite(max_)})
    mia.call("DELETE", f"{EVENTS}/{event['id']}_20261024T070000Z")
    assert sorted(item["status"] for item in max_.list()["items"]) == ["cancelled", "confirmed"]


def test_an_answer_to_one_occurrence_makes_an_exception_at_the_organiser(mia: Any, max_: Any, series: Any) -> None:
    event = mia.insert({**series, "attendees": invite(max_)})
    path = f"{EVENTS}/{event['id']}_20261024T070000Z"
    answer = {"attendees": [{"email": max_.email, "responseStatus": "declined"}]}
    assert max_.call("PATCH", path, json=answer).ok
    assert mia.call("GET", path).json()["attendees"][0]["responseStatus"] == "declined"
    assert mia.call("GET", f"{EVENTS}/{event['id']}").json()["attendees"][0]["responseStatus"] == "needsAction"


@pytest.mark.parametrize(
    ("sends", "outside", "inside"),
    [("none", [], []), ("all", ["invite", "update", "cancel"], ["invite", "update", "cancel"]),
     ("externalOnly", ["invite", "update", "cancel"], [])],
)  # fmt: skip
def test_mails_are_counted_by_recipient_and_kind(
    google: Any, mia: Any, max_: Any, timed: Any, sends: str, outside: list[str], inside: list[str]
) -> None:
    guests = [*invite(max_), {"email": "far@other.test"}]
    event = mia.insert({**timed, "attendees": guests}, sendUpdates=sends)
    path, params = f"{EVENTS}/{event['id']}", {"sendUpdates": sends}
    mia.call("PATCH", path, json={"summary": "New"}, params=params)
    mia.call("DELETE", path, params=params)
    sent = mails(google, event["id"])
    assert [kind for email, kind in sent if email == "far@other.test"] == outside
    assert [kind for email, kind in sent if email == max_.email] == inside


def test_without_send_updates_nobody_is_mailed(google: Any, mia: Any, max_: Any, timed: Any) -> None:
    event = mia.insert({**timed, "attendees": invite(max_)})
    assert mails(google, event["id"]) == []


def test_a_guest_who_is_added_is_invited_and_one_who_is_taken_off_is_told(
    google: Any, mia: Any, max_: Any, timed: Any
) -> None:
    event = mia.insert({**timed, "attendees": [{"email": "far@other.test"}]})
    path, params = f"{EVENTS}/{event['id']}", {"sendUpdates": "all"}
    mia.call("PATCH", path, json={"attendees": invite(max_)}, params=params)
    assert sorted(mails(google, event["id"])) == [("far@other.test", "cancel"), (max_.email, "invite")]
