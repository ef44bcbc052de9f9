"""events.list: pages, filters and sync tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

Fault = Callable[[requests.Response], tuple[int, str]]
EVENTS = "calendars/primary/events"


def day(number: int, **more: Any) -> dict[str, Any]:
    return {"start": {"date": f"2026-05-{number:02}"}, "end": {"date": f"2026-05-{number + 1:02}"}, **more}


@pytest.fixture
def five(mia: Any) -> list[dict[str, Any]]:
    return [mia.insert(day(n, summary=f"Event {n}")) for n in range(1, 6)]


def test_pages_bring_everything_once_and_the_sync_token_at_the_end(mia: Any, five: Any) -> None:
    seen, page = [], mia.list(maxResults=2)
    while "nextPageToken" in page:
        assert "nextSyncToken" not in page
        seen += page["items"]
        page = mia.list(maxResults=2, pageToken=page["nextPageToken"])
    seen += page["items"]
    assert sorted(item["id"] for item in seen) == sorted(item["id"] for item in five)
    assert page["nextSyncToken"]


def test_what_changes_between_pages_is_in_the_next_sync(mia: Any, five: Any) -> None:
    page = mia.list(maxResults=3)
    for event in five:
        mia.call("PATCH", f"{EVENTS}/{event['id']}", json={"summary": "New"})
    last = mia.list(maxResults=3, pageToken=page["nextPageToken"])
    changed = {item["id"] for item in mia.list(syncToken=last["nextSyncToken"])["items"]}
    assert changed == {event["id"] for event in five}


def test_a_page_token_belongs_to_its_query(mia: Any, five: Any, fault: Fault) -> None:
    token = mia.list(maxResults=2)["nextPageToken"]
    assert fault(mia.call("GET", EVENTS, params={"pageToken": token, "q": "x"})) == (400, "invalid")
    assert fault(mia.call("GET", EVENTS, params={"pageToken": "nonsense"})) == (400, "invalid")


def test_a_sync_brings_only_what_changed_with_deletions(mia: Any, five: Any) -> None:
    token = mia.list()["nextSyncToken"]
    assert mia.list(syncToken=token)["items"] == []
    mia.call("DELETE", f"{EVENTS}/{five[0]['id']}")
    mia.call("PATCH", f"{EVENTS}/{five[1]['id']}", json={"summary": "New"})
    page = mia.list(syncToken=token)
    assert {item["id"]: item["status"] for item in page["items"]} == {
        five[0]["id"]: "cancelled", five[1]["id"]: "confirmed",
    }  # fmt: skip
    assert mia.list(syncToken=page["nextSyncToken"])["items"] == []


def test_a_sync_of_a_series_brings_the_exception_and_not_the_master(mia: Any, series: Any) -> None:
    event = mia.insert(series)
    token = mia.list()["nextSyncToken"]
    mia.call("DELETE", f"{EVENTS}/{event['id']}_20261024T070000Z")
    (item,) = mia.list(syncToken=token)["items"]
    assert (item["recurringEventId"], item["status"]) == (event["id"], "cancelled")


@pytest.mark.parametrize(
    "other",
    [{"iCalUID": "x"}, {"orderBy": "updated"}, {"privateExtendedProperty": "a=b"}, {"sharedExtendedProperty": "a=b"},
     {"q": "x"}, {"timeMin": "2026-01-01T00:00:00Z"}, {"timeMax": "2026-01-01T00:00:00Z"},
     {"updatedMin": "2026-01-01T00:00:00Z"}, {"showDeleted": "false"}, {"singleEvents": "true"}],
)  # fmt: skip
def test_a_sync_token_does_not_go_with(mia: Any, fault: Fault, other: dict[str, str]) -> None:
    token = mia.list()["nextSyncToken"]
    assert fault(mia.call("GET", EVENTS, params={"syncToken": token, **other})) == (400, "invalid")


def test_a_forged_foreign_or_expired_sync_token_asks_for_a_full_sync(
    mia: Any, sign_in: Any, google: Any, fault: Fault
) -> None:
    foreign, own = sign_in().list()["nextSyncToken"], mia.list()["nextSyncToken"]
    for token in ("nonsense", foreign, own[:-2]):
        assert fault(mia.call("GET", EVENTS, params={"syncToken": token})) == (410, "fullSyncRequired")
    requests.post(google.url + "/control/sync-tokens/invalidate", timeout=10)
    assert fault(mia.call("GET", EVENTS, params={"syncToken": own})) == (410, "fullSyncRequired")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"colour": "red"}, (400, "invalid")),
        ({"orderBy": "colour"}, (400, "invalidParameter")),
        ({"maxResults": "0"}, (400, "invalidParameter")),
        ({"maxResults": "many"}, (400, "invalidParameter")),
        ({"showDeleted": "yes"}, (400, "invalidParameter")),
        ({"timeMin": "2026-01-01"}, (400, "badRequest")),
        ({"timeMin": "2026-01-01T00:00:00"}, (400, "badRequest")),
        ({"orderBy": "startTime"}, (400, "invalid")),
        ({"timeMin": "2026-01-02T00:00:00Z", "timeMax": "2026-01-01T00:00:00Z"}, (400, "timeRangeEmpty")),
        ({"privateExtendedProperty": "nonsense"}, (400, "invalid")),
        ({"q": ["a", "b"]}, (400, "invalid")),
        ({"timeZone": "Mars/Base"}, (400, "invalid")),
    ],
)
def test_a_wrong_query_is_refused(mia: Any, fault: Fault, params: Any, expected: tuple[int, str]) -> None:
    assert fault(mia.call("GET", EVENTS, params=params)) == expected


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"timeMin": "2026-05-02T22:00:00Z", "timeMax": "2026-05-04T22:00:00Z"}, {"Event 3", "Event 4"}),
        ({"q": "event 4"}, {"Event 4"}),
        ({"eventTypes": "focusTime"}, set()),
        ({"updatedMin": "2999-01-01T00:00:00Z"}, set()),
    ],
)
def test_a_list_is_filtered(mia: Any, five: Any, params: Any, found: set[str]) -> None:
    assert {item["summary"] for item in mia.list(**params)["items"]} == found


def test_extended_properties_and_the_icaluid_filter(mia: Any) -> None:
    event = mia.insert(day(1, extendedProperties={"private": {"a": "1"}, "shared": {"b": "2"}}))
    mia.insert(day(2))
    for params in (
        {"privateExtendedProperty": "a=1"},
        {"sharedExtendedProperty": "b=2"},
        {"iCalUID": event["iCalUID"]},
    ):
        assert [item["id"] for item in mia.list(**params)["items"]] == [event["id"]]
    assert mia.list(privateExtendedProperty=["a=1", "c=3"])["items"] == []


def test_single_events_in_the_order_of_their_start(mia: Any, series: Any) -> None:
    mia.insert(series)
    mia.insert({"summary": "Day", "start": {"date": "2026-10-25"}, "end": {"date": "2026-10-26"}})
    page = mia.list(singleEvents="true", orderBy="startTime", timeMin="2026-10-24T00:00:00Z")
    assert [item["summary"] for item in page["items"]] == ["Talk", "Day", "Talk", "Talk", "Talk"]
    assert "nextSyncToken" not in page


def test_a_time_zone_changes_how_times_are_shown(mia: Any, timed: Any) -> None:
    mia.insert(timed)
    (item,) = mia.list(timeZone="America/New_York")["items"]
    assert item["start"]["dateTime"] == "2026-10-23T03:00:00-04:00"


def test_max_attendees_leaves_the_others_out(mia: Any, timed: Any) -> None:
    mia.insert({**timed, "attendees": [{"email": mia.email}, {"email": "a@b.test"}]})
    (item,) = mia.list(maxAttendees=1)["items"]
    assert [a["email"] for a in item["attendees"]] == [mia.email]
    assert item["attendeesOmitted"] is True


def test_the_list_of_calendars_tells_what_is_owned(mia: Any, fault: Fault) -> None:
    found = mia.call("GET", "users/me/calendarList").json()["items"]
    assert [(item.get("primary", False), item["accessRole"]) for item in found if item.get("primary")] == [
        (True, "owner")
    ]
    shared = next(item for item in found if item["accessRole"] == "reader")
    answer = mia.call("POST", f"calendars/{shared['id']}/events", json=day(1))
    assert fault(answer) == (403, "requiredAccessLevel")
    assert mia.call("GET", f"calendars/{shared['id']}/events").ok


def test_a_made_calendar_is_listed(mia: Any) -> None:
    made = mia.call("POST", "calendars", json={"summary": "Mine", "timeZone": "Asia/Tokyo"}).json()
    assert mia.call("GET", f"calendars/{made['id']}").json()["timeZone"] == "Asia/Tokyo"
    assert made["id"] in {item["id"] for item in mia.call("GET", "users/me/calendarList").json()["items"]}


def test_a_reader_sees_no_detail_of_a_private_event(mia: Any, sign_in: Any, google: Any, timed: Any) -> None:
    other = sign_in()
    event = mia.insert({**timed, "visibility": "private", "description": "Secret"})
    access = {"calendar": mia.email, "email": other.email, "role": "reader"}
    requests.post(google.url + "/control/access", json=access, timeout=10)
    seen = other.call("GET", f"calendars/{mia.email}/events/{event['id']}").json()
    assert "summary" not in seen
    assert "description" not in seen
    assert seen["start"] == event["start"]
