"""Events: what is accepted, what is refused and with which error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

Fault = Callable[[requests.Response], tuple[int, str]]
DAY = {"start": {"date": "2026-05-01"}, "end": {"date": "2026-05-02"}}


def test_an_insert_is_answered_with_the_whole_resource(mia: Any, timed: Any) -> None:
    event = mia.insert({**timed, "attendees": [{"email": "x@other.test"}]})
    assert event["kind"] == "calendar#event"
    assert event["etag"].startswith('"')
    assert event["etag"].endswith('"')
    assert event["start"] == {"dateTime": "2026-10-23T09:00:00+02:00", "timeZone": "Europe/Zurich"}
    assert event["organizer"] == {"email": mia.email, "self": True}
    assert event["attendees"] == [{"email": "x@other.test", "responseStatus": "needsAction"}]
    assert (event["sequence"], event["status"], event["reminders"]) == (0, "confirmed", {"useDefault": True})
    assert event["iCalUID"] == event["id"] + "@google.com"


def test_a_time_is_shown_with_the_offset_of_the_calendar_and_its_own_zone_beside_it(mia: Any) -> None:
    zone = "America/New_York"
    times = {n: {"dateTime": f"2026-01-05T{h}:00:00", "timeZone": zone} for n, h in (("start", "09"), ("end", "10"))}
    assert mia.insert(times)["start"] == {"dateTime": "2026-01-05T15:00:00+01:00", "timeZone": zone}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"start": {}}, (400, "invalid")),
        ({"start": {"date": "2026-05-01", "dateTime": "2026-05-01T00:00:00Z"}}, (400, "invalid")),
        ({"start": {"date": "2026-5-1"}}, (400, "invalid")),
        ({"start": {"dateTime": "2026-05-01T00:00:00Z"}}, (400, "invalid")),
        ({"end": {"date": "2026-05-01"}}, (400, "timeRangeEmpty")),
        ({"end": {"date": "2026-04-01"}}, (400, "timeRangeEmpty")),
        ({"start": {"dateTime": "2026-05-01T09:00:00"}, "end": {"dateTime": "2026-05-01T10:00:00"}}, (400, "required")),
        ({"start": {"dateTime": "2026-05-01T09:00:00Z", "timeZone": "Mars/Base"}}, (400, "invalid")),
        ({"recurrence": ["RRULE:FREQ=NEVER"]}, (400, "invalid")),
        ({"recurrence": ["DTSTART:20260101"]}, (400, "invalid")),
        (
            {"start": {"dateTime": "2026-05-01T09:00:00Z"}, "end": {"dateTime": "2026-05-01T10:00:00Z"},
             "recurrence": ["RRULE:FREQ=DAILY"]},
            (400, "required"),
        ),
        ({"visibility": "secret"}, (400, "invalid")),
        ({"status": "maybe"}, (400, "invalid")),
        ({"attendees": [{"displayName": "X"}]}, (400, "required")),
        ({"attendees": [{"email": "nobody"}]}, (400, "invalid")),
        ({"attendees": [{"email": "a@b.test", "responseStatus": "yes"}]}, (400, "invalid")),
        ({"start": {"date": "9999-12-30"}, "end": {"date": "9999-12-31"}}, (400, "invalid")),
        ({"nonsense": 1}, (400, "invalid")),
        ({"summary": 7}, (400, "invalid")),
        ({"id": "ABC"}, (400, "invalid")),
        ({"id": "abcd"}, (400, "invalid")),
        ({"id": "wxyz0"}, (400, "invalid")),
        ({"reminders": {"useDefault": False, "overrides": [{"method": "sms", "minutes": 1}]}}, (400, "invalid")),
        ({"eventType": "fromGmail"}, (400, "eventTypeRestriction")),
        ({"eventType": "focusTime"}, (400, "eventTypeRestriction")),
        ({"eventType": "birthday"}, (400, "eventTypeRestriction")),
        ({"eventType": "workingLocation"}, (400, "eventTypeRestriction")),
        ({"colorId": "99"}, (400, "invalid")),
    ],
)  # fmt: skip
def test_a_wrong_event_is_refused(mia: Any, fault: Fault, change: Any, expected: tuple[int, str]) -> None:
    assert fault(mia.call("POST", "calendars/primary/events", json={**DAY, **change})) == expected


@pytest.mark.parametrize("text", ["{", "[]", '"x"', '{"summary": "\\ud800"}'])
def test_what_is_no_json_object_is_a_parse_error(mia: Any, fault: Fault, text: str) -> None:
    assert fault(mia.call("POST", "calendars/primary/events", data=text)) == (400, "parseError")


def test_a_client_given_id_is_taken_once_and_never_again(mia: Any, fault: Fault) -> None:
    body = {**DAY, "id": "abcde01234"}
    assert mia.insert(body)["id"] == "abcde01234"
    assert fault(mia.call("POST", "calendars/primary/events", json=body)) == (409, "duplicate")
    assert mia.call("DELETE", "calendars/primary/events/abcde01234").status_code == 204
    assert fault(mia.call("POST", "calendars/primary/events", json=body)) == (409, "duplicate")


def test_a_deleted_event_is_still_got_as_cancelled_and_deleted_only_once(mia: Any, fault: Fault) -> None:
    event = mia.insert(DAY)
    path = f"calendars/primary/events/{event['id']}"
    assert mia.call("DELETE", path).status_code == 204
    assert mia.call("GET", path).json()["status"] == "cancelled"
    assert fault(mia.call("DELETE", path)) == (410, "deleted")
    assert mia.list()["items"] == []
    assert mia.call("PATCH", path, json={"status": "confirmed"}).json()["status"] == "confirmed"


def test_an_unknown_event_is_not_found(mia: Any, fault: Fault) -> None:
    for verb in ("GET", "DELETE"):
        assert fault(mia.call(verb, "calendars/primary/events/nothere")) == (404, "notFound")
    assert fault(mia.call("GET", "calendars/nobody@example.com/events")) == (404, "notFound")


@pytest.mark.parametrize("verb", ["PATCH", "PUT", "DELETE"])
def test_if_match_guards_against_a_stale_etag(mia: Any, fault: Fault, timed: Any, verb: str) -> None:
    event = mia.insert(timed)
    path = f"calendars/primary/events/{event['id']}"
    newer = mia.call("PATCH", path, json={"summary": "New"}, headers={"If-Match": event["etag"]})
    assert newer.status_code == 200
    assert newer.json()["etag"] != event["etag"]
    body = {**timed, "summary": "Newer"}
    stale = mia.call(verb, path, json=body, headers={"If-Match": event["etag"]})
    assert fault(stale) == (412, "conditionNotMet")
    assert mia.call(verb, path, json=body, headers={"If-Match": newer.json()["etag"]}).ok


def test_if_none_match_spares_the_body(mia: Any, timed: Any) -> None:
    event = mia.insert(timed)
    answer = mia.call("GET", f"calendars/primary/events/{event['id']}", headers={"If-None-Match": event["etag"]})
    assert (answer.status_code, answer.text) == (304, "")


def test_a_patch_merges_objects_replaces_arrays_and_clears_with_null(mia: Any, timed: Any) -> None:
    first = {"extendedProperties": {"private": {"a": "1", "b": "2"}}, "location": "Room"}
    event = mia.insert({**timed, **first, "attendees": [{"email": "a@b.test"}, {"email": "c@d.test"}]})
    change = {"extendedProperties": {"private": {"a": "3"}}, "location": None, "attendees": [{"email": "c@d.test"}]}
    patched = mia.call("PATCH", f"calendars/primary/events/{event['id']}", json=change).json()
    assert patched["extendedProperties"]["private"] == {"a": "3", "b": "2"}
    assert "location" not in patched
    assert [item["email"] for item in patched["attendees"]] == ["c@d.test"]


def test_an_update_replaces_and_keeps_what_is_read_only(mia: Any, timed: Any) -> None:
    event = mia.insert({**timed, "location": "Room"})
    path = f"calendars/primary/events/{event['id']}"
    updated = mia.call("PUT", path, json={**timed, "summary": "New"}).json()
    assert "location" not in updated
    assert (updated["iCalUID"], updated["created"]) == (event["iCalUID"], event["created"])
    assert mia.call("PUT", path, json={"summary": "No times"}).status_code == 400


def test_a_write_that_changes_nothing_keeps_the_etag(mia: Any, timed: Any) -> None:
    event = mia.insert(timed)
    again = mia.call("PATCH", f"calendars/primary/events/{event['id']}", json={"summary": "Talk"}).json()
    assert again["etag"] == event["etag"]


def test_reminders_change_the_etag_and_not_updated(mia: Any, timed: Any) -> None:
    event = mia.insert(timed)
    own = {"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 5}]}}
    changed = mia.call("PATCH", f"calendars/primary/events/{event['id']}", json=own).json()
    assert changed["etag"] != event["etag"]
    assert changed["updated"] == event["updated"]


def test_the_type_of_an_event_stays(mia: Any, timed: Any, fault: Fault) -> None:
    event = mia.insert({**timed, "eventType": "focusTime"})
    path = f"calendars/primary/events/{event['id']}"
    assert fault(mia.call("PATCH", path, json={"eventType": "default"})) == (400, "eventTypeRestriction")
    target = {"destination": f"training.{mia.email.replace('@', '.')}@group.calendar.google.com"}
    assert fault(mia.call("POST", path + "/move", params=target)) == (400, "eventTypeRestriction")


@pytest.mark.parametrize(("version", "kept"), [(0, False), (1, True)])
def test_conference_data_counts_with_its_version_only(mia: Any, timed: Any, version: int, kept: bool) -> None:
    asked = {"createRequest": {"requestId": "r1", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}
    event = mia.insert({**timed, "conferenceData": asked}, conferenceDataVersion=version)
    assert ("conferenceData" in event, "hangoutLink" in event) == (kept, kept)


def test_a_move_takes_the_event_with_its_exceptions_to_the_other_calendar(mia: Any, series: Any) -> None:
    event = mia.insert(series)
    path = f"calendars/primary/events/{event['id']}"
    mia.call("PATCH", f"{path}_20261024T070000Z", json={"summary": "Other"})
    token = mia.list()["nextSyncToken"]
    target = f"training.{mia.email.replace('@', '.')}@group.calendar.google.com"
    moved = mia.call("POST", path + "/move", params={"destination": target}).json()
    assert (moved["id"], moved["organizer"]["email"]) == (event["id"], target)
    assert {item["status"] for item in mia.list(syncToken=token)["items"] if item["id"] == event["id"]} == {"cancelled"}
    there = mia.call("GET", f"calendars/{target}/events").json()["items"]
    assert sorted(item["summary"] for item in there) == ["Other", "Talk"]


def test_an_import_needs_an_icaluid_and_replaces_what_it_brought_before(mia: Any, timed: Any, fault: Fault) -> None:
    path = "calendars/primary/events/import"
    assert fault(mia.call("POST", path, json=timed)) == (400, "required")
    first = mia.call("POST", path, json={**timed, "iCalUID": "u1@x"}).json()
    second = mia.call("POST", path, json={**timed, "iCalUID": "u1@x", "summary": "New"}).json()
    assert (second["id"], second["summary"], second["iCalUID"]) == (first["id"], "New", "u1@x")
    foreign = {**timed, "iCalUID": "u2@x", "organizer": {"email": "o@x.test"}}
    assert fault(mia.call("POST", path, json=foreign)) == (400, "participantIsNeitherOrganizerNorAttendee")
