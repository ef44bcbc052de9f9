"""GET, PATCH and DELETE of events, as API Gateway hands them over."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

import pytest
from meetbridge.model.account import Settings
from meetbridge.model.connection import Access, Calendar, Permissions
from meetbridge.model.event import Attendee, Override, Visibility
from meetbridge.model.times import EventTime
from meetbridge.ports.jobs import SyncJob
from meetbridge.ports.repositories import By

from functions.calendar import app as function
from tests.support.calendar_app import ZONE, CalendarApp, at_nine, event
from tests.support.http import Answer, send
from tests.support.http import event as request

MARCH = {"from": "2026-03-01", "to": "2026-04-01"}


@pytest.fixture
def app() -> Iterator[CalendarApp]:
    made = CalendarApp()
    with patch.object(function, "app", lambda: made):
        yield made


def call(method: str, path: str, body: object = None, **more: Any) -> Answer:
    return send(function.handler, request(method, path, body, **more))


def titles(answer: Answer) -> list[str]:
    return [item["title"] for item in answer.json["items"]]


def ids(answer: Answer) -> list[str]:
    return [item["id"].partition("_")[2] for item in answer.json["items"]]


def test_a_listing_is_compressed_for_who_takes_it(app: CalendarApp) -> None:
    app.stored(event("one"))
    plain = call("GET", "/v1/me/events", query=MARCH)
    sent = request("GET", "/v1/me/events", query=MARCH, headers={"accept-encoding": "gzip, br"})
    answer = function.handler(sent, None)
    assert answer["isBase64Encoded"] is True
    assert answer["headers"]["Content-Encoding"] == "gzip"
    assert gzip.decompress(base64.b64decode(answer["body"])).decode() == plain.text
    same = request(
        "GET", "/v1/me/events", query=MARCH, headers={"accept-encoding": "gzip", "if-none-match": plain.headers["ETag"]}
    )
    unchanged = function.handler(same, None)
    assert (unchanged["statusCode"], unchanged.get("body") or "") == (304, "")


def test_a_window_shows_occurrences_as_the_api_says(app: CalendarApp) -> None:
    guest = Attendee("bob@example.com", "Bob")
    key = app.stored(event("weekly", at_nine(3), "RRULE:FREQ=WEEKLY", attendees=(guest,)))
    answer = call("GET", "/v1/me/events", query=MARCH)
    assert answer.status == 200
    assert answer.json["next"] is None
    assert ids(answer) == [
        "20260303T090000",
        "20260310T090000",
        "20260317T090000",
        "20260324T090000",
        "20260331T090000",
    ]
    assert answer.json["items"][4] == {
        "id": f"{key}_20260331T090000",
        "series_id": key,
        "calendar_id": "primary",
        "title": "weekly",
        "start": "2026-03-31T09:00:00+02:00",
        "end": "2026-03-31T10:00:00+02:00",
        "time_zone": ZONE,
        "all_day": False,
        "host": {"name": "", "email": "ann@example.com"},
        "attendees": [{"email": "bob@example.com", "name": "Bob", "response": "needs_action", "optional": False}],
        "private": False,
        "meeting": None,
        "freshness": "2026-03-02T09:00:00+00:00",
    }


@pytest.mark.parametrize(("mine", "role"), [(True, "start"), (False, "join")])
def test_s19_a_join_link_makes_an_event_joinable(app: CalendarApp, mine: bool, role: str) -> None:
    app.stored(replace(event(location="https://meet.example.com/j/1"), organized_by_owner=mine))
    app.stored(event("other", at_nine(4), location="https://zoom.example.org/j/1"))
    meetings = [item["meeting"] for item in call("GET", "/v1/me/events", query=MARCH).json["items"]]
    assert meetings == [{"id": None, "join_url": "https://meet.example.com/j/1", "role": role}, None]


def test_s19_nobody_starts_what_is_in_somebody_else_s_calendar(app: CalendarApp) -> None:
    shared = Calendar("shared", 2, "Team", ZONE, owned=False, writable=False, selected=True)
    seen = app.connection
    by = By("test", "", "")
    app.memory.update(replace(seen, calendars=(*seen.calendars, shared)), expected=seen, by=by)
    app.stored(replace(event(location="https://meet.example.com/j/1"), calendar_id="shared"))
    items = call("GET", "/v1/me/events", query=MARCH).json["items"]
    assert [item["meeting"]["role"] for item in items] == ["join"]


def test_events_of_calendars_that_are_not_selected_do_not_show(app: CalendarApp) -> None:
    key = app.stored(replace(event(), calendar_id="home"))
    assert call("GET", "/v1/me/events", query=MARCH).json["items"] == []
    assert call("GET", f"/v1/me/events/{key}").status == 404


def test_pages_go_on_where_the_last_one_ended(app: CalendarApp) -> None:
    for day in (3, 4, 5):
        app.stored(event(f"d{day}", at_nine(day)))
    first = call("GET", "/v1/me/events", query={**MARCH, "limit": "2"})
    second = call("GET", "/v1/me/events", query={**MARCH, "limit": "2", "cursor": first.json["next"]})
    assert (titles(first), titles(second), second.json["next"]) == (["d3", "d4"], ["d5"], None)


def test_a_huge_window_of_large_events_fits_an_answer(app: CalendarApp) -> None:
    for day in range(1, 8):
        app.stored(event(f"d{day}", at_nine(day), title="x" * 900_000))
    answer = call("GET", "/v1/me/events", query=MARCH)
    assert len(answer.text) < 6_000_000
    assert answer.json["next"]


def test_unchanged_is_304_without_reading_events(app: CalendarApp) -> None:
    app.stored(event())
    tag = call("GET", "/v1/me/events", query=MARCH).headers["ETag"]
    with patch.object(app.memory, "window", side_effect=AssertionError):
        answer = call("GET", "/v1/me/events", query=MARCH, headers={"if-none-match": tag})
    assert (answer.status, answer.text) == (304, "")
    app.stored(event("two", at_nine(5)))
    assert call("GET", "/v1/me/events", query=MARCH, headers={"if-none-match": tag}).status == 200


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-01-01", "2027-03-01"), ("2026-02-01", "2026-02-01"), ("2026-02-01T00:00:00", "2026-03-01"), ("x", "y")],
)
def test_bad_windows_are_422(app: CalendarApp, first: str, last: str) -> None:
    assert call("GET", "/v1/me/events", query={"from": first, "to": last}).status == 422


def test_s1_off_is_refused_with_the_reason(app: CalendarApp) -> None:
    app.use(Settings(enabled=False))
    answer = call("GET", "/v1/me/events", query=MARCH)
    assert (answer.status, answer.json["reason"]["code"]) == (403, "account_off")


def test_another_user_and_another_tenant_see_nothing(app: CalendarApp) -> None:
    key = app.stored(event())
    for claims in ({"sub": "eve"}, {"account_id": "other"}):
        assert call("GET", "/v1/me/events", query=MARCH, claims=claims).status in (403, 409)
        assert call("GET", f"/v1/me/events/{key}", claims=claims).status in (403, 409)


def test_s11_edit_of_one_occurrence(app: CalendarApp) -> None:
    key = app.stored(event("weekly", at_nine(3), "RRULE:FREQ=WEEKLY"))
    one = f"/v1/me/events/{key}_20260310T090000"
    answer = call("PATCH", one, {"start": "2026-03-10T11:00:00"}, headers=tag_of(one))
    assert answer.json["start"] == "2026-03-10T11:00:00+01:00"
    assert answer.json["end"] == "2026-03-10T12:00:00+01:00"
    [override] = app.mailbox.events["primary", "weekly"].overrides
    assert override.content is not None
    assert override.content.start == EventTime(datetime(2026, 3, 10, 11), ZONE)
    assert app.queue.urgent[-1] == SyncJob(app.queue.urgent[-1].key, 1, (0,))  # type: ignore[union-attr]


def test_edit_of_all_moves_the_rule_along_and_keeps_exceptions(app: CalendarApp) -> None:
    series = event(
        "weekly",
        at_nine(3),
        "RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20260401T070000Z",
        "EXDATE;TZID=Europe/Berlin:20260317T090000",
    )
    kept = Override(at_nine(24), None)
    key = app.stored(replace(series, overrides=(kept,)))
    one = f"/v1/me/events/{key}_20260310T090000"
    answer = call(
        "PATCH", one, {"start": "2026-03-11T10:00:00", "title": "new"}, query={"scope": "all"}, headers=tag_of(one)
    )
    assert answer.status == 200, answer.text
    saved = app.mailbox.events["primary", "weekly"]
    assert saved.content.start == EventTime(datetime(2026, 3, 4, 10), ZONE)
    assert saved.content.title == "new"
    assert saved.recurrence == (
        "RRULE:FREQ=WEEKLY;BYDAY=WE;UNTIL=20260402T080000Z",
        "EXDATE;TZID=Europe/Berlin:20260318T100000",
    )
    assert len(saved.overrides) == 1


def test_edit_of_following_cuts_the_series_and_goes_on(app: CalendarApp) -> None:
    series = event(
        "weekly",
        at_nine(3),
        "RRULE:FREQ=WEEKLY;COUNT=6",
        description="join block",
        attendees=(Attendee("bob@example.com"),),
    )
    app.mailbox.user_put(replace(series, meeting_id="m1"))
    app.mailbox.user_cancel_occurrence("primary", "weekly", at_nine(24))
    key = app.stored(app.mailbox.events["primary", "weekly"], "m1")
    one = f"/v1/me/events/{key}_20260317T090000"
    answer = call("PATCH", one, {"start": "2026-03-17T10:00:00"}, query={"scope": "following"}, headers=tag_of(one))
    assert answer.status == 200, answer.text
    old = app.mailbox.events["primary", "weekly"]
    [new] = [e for e in app.mailbox.events.values() if e.id != "weekly"]
    assert old.recurrence == ("RRULE:FREQ=WEEKLY;UNTIL=20260317T075959Z",)
    assert (new.recurrence, new.meeting_id, new.content.description) == (
        ("RRULE:FREQ=WEEKLY;COUNT=4",),
        "m1",
        "join block",
    )
    assert [(o.recurrence_id.local, o.cancelled) for o in new.overrides] == [(datetime(2026, 3, 24, 10), True)]
    assert answer.json["id"] != key


def test_delete_by_scope(app: CalendarApp) -> None:
    key = app.stored(event("weekly", at_nine(3), "RRULE:FREQ=WEEKLY"))
    one = f"/v1/me/events/{key}_20260310T090000"
    assert call("DELETE", one).status == 204
    assert app.mailbox.events["primary", "weekly"].overrides[0].cancelled
    assert call("DELETE", f"/v1/me/events/{key}_20260317T090000", query={"scope": "following"}).status == 204
    assert app.mailbox.events["primary", "weekly"].recurrence == ("RRULE:FREQ=WEEKLY;UNTIL=20260317T075959Z",)


def test_deleting_a_single_event_mails_its_guests_once(app: CalendarApp) -> None:
    key = app.stored(event(attendees=(Attendee("bob@example.com"),)))
    assert call("DELETE", f"/v1/me/events/{key}").status == 204
    assert app.mailbox.events == {}
    assert [mail.to for mail in app.mailbox.mails] == [("bob@example.com",)]


def test_if_match_is_required_and_compared(app: CalendarApp) -> None:
    key = app.stored(event())
    assert call("PATCH", f"/v1/me/events/{key}", {"title": "x"}).status == 428
    assert call("PATCH", f"/v1/me/events/{key}", {"title": "x"}, headers={"if-match": '"old"'}).status == 412


def test_a_change_at_the_service_meanwhile_is_412(app: CalendarApp) -> None:
    key = app.stored(event())
    headers = tag_of(f"/v1/me/events/{key}")
    app.mailbox.user_put(event(title="changed"))
    assert call("PATCH", f"/v1/me/events/{key}", {"title": "x"}, headers=headers).status == 412


def test_a_patch_says_what_is_wrong_with_it(app: CalendarApp) -> None:
    key = app.stored(event())
    headers = tag_of(f"/v1/me/events/{key}")
    for body, pointer in [
        ({"colour": "red"}, "/colour"),
        ({"time_zone": "Mars/Base"}, "/time_zone"),
        ({"end": "2026-03-01T09:00:00"}, "/end"),
        ({"all_day": True}, "/all_day"),
        ({"attendees": [{"email": "nobody"}]}, "/attendees/0/email"),
    ]:
        answer = call("PATCH", f"/v1/me/events/{key}", body, headers=headers)
        assert (answer.status, answer.pointers) == (422, {pointer})


def test_private_turns_the_visibility(app: CalendarApp) -> None:
    key = app.stored(event())
    path = f"/v1/me/events/{key}"
    assert call("PATCH", path, {"private": True}, headers=tag_of(path)).json["private"] is True
    assert app.mailbox.events["primary", "one"].content.visibility is Visibility.PRIVATE


def test_what_another_organises_can_not_be_changed(app: CalendarApp) -> None:
    key = app.stored(replace(event(), organized_by_owner=False))
    path = f"/v1/me/events/{key}"
    assert call("PATCH", path, {"title": "x"}, headers=tag_of(path)).status == 403


def test_s10_read_permission_refuses_edits() -> None:
    made = CalendarApp(permissions=Permissions(calendar=Access.READ))
    key = made.stored(event())
    with patch.object(function, "app", lambda: made):
        path = f"/v1/me/events/{key}"
        answer = call("PATCH", path, {"title": "x"}, headers=tag_of(path))
        assert (answer.status, call("DELETE", path).status) == (403, 403)
    assert made.mailbox.calls["update"] == 0


@pytest.mark.parametrize("name", ["x", "a" * 20, "_20260303T090000"])
def test_ids_that_are_none(app: CalendarApp, name: str) -> None:
    app.stored(event())
    assert call("GET", f"/v1/me/events/{name}").status == 404


@pytest.mark.parametrize("rid", ["20260304T090000", "20260303", "20261303T090000"])
def test_occurrences_that_are_none(app: CalendarApp, rid: str) -> None:
    key = app.stored(event("weekly", at_nine(3), "RRULE:FREQ=WEEKLY"))
    assert call("GET", f"/v1/me/events/{key}_{rid}").status == 404


def test_history_is_the_ledgers(app: CalendarApp) -> None:
    key = app.stored(event())
    entry = {"id": "1", "at": "2026-03-02T09:00:00Z", "tenant": "acme", "user": "ann", "subject": key, "actor": "sync"}
    app.memory.append([{**entry, "run": "r", "cause": "webhook", "changed": ["title"], "losers": []}])
    [shown] = call("GET", f"/v1/me/events/{key}/history").json["items"]
    assert shown["changed"] == ["title"]
    assert "tenant" not in shown


def tag_of(path: str) -> dict[str, str]:
    return {"if-match": call("GET", path).headers["ETag"]}
