"""The platform's meetings: PUT, GET, DELETE and the list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from meetbridge.model.account import Settings, User
from meetbridge.model.ids import connection_key
from meetbridge.model.meeting import CalendarState
from meetbridge.ports.jobs import SyncJob

from functions.calendar import app as function
from tests.support.calendar_app import CalendarApp, event
from tests.support.http import Answer, send
from tests.support.http import event as request
from tests.support.small_app import TENANT

PATH = "/v1/users/ann/meetings/m1"
PLATFORM = {"sub": "backend", "role": "platform"}
MEETING = {
    "topic": "Plan",
    "start": "2026-03-03T09:00:00+01:00",
    "duration_minutes": 30,
    "time_zone": "Europe/Berlin",
    "join_url": "https://meet.example.com/j/1",
    "invitees": ["Bob@Example.com"],
    "revision": 1,
}
SERIES = {**MEETING, "recurrence": ["RRULE:FREQ=WEEKLY"]}


@pytest.fixture
def app() -> Iterator[CalendarApp]:
    made = CalendarApp()
    with patch.object(function, "app", lambda: made):
        yield made


def call(method: str, path: str, body: object = None, **more: Any) -> Answer:
    return send(function.handler, request(method, path, body, **{"claims": PLATFORM, **more}))


def test_a_meeting_is_kept_marked_and_pushed(app: CalendarApp) -> None:
    answer = call("PUT", PATH, MEETING)
    assert answer.status == 201, answer.text
    assert answer.json == {
        "id": "m1",
        "topic": "Plan",
        "start": "2026-03-03T09:00:00+01:00",
        "duration_minutes": 30,
        "time_zone": "Europe/Berlin",
        "all_day": False,
        "recurrence": [],
        "exceptions": [],
        "segments": [],
        "agenda": "",
        "join_url": "https://meet.example.com/j/1",
        "host_email": "ann@example.com",
        "invitees": ["bob@example.com"],
        "invite_by": "calendar",
        "private": False,
        "kind": "meeting",
        "event_id": None,
        "revision": 1,
        "origin": "platform",
        "cancelled": False,
        "calendar_state": "pending",
    }
    key = connection_key(TENANT, "ann")
    assert list(app.queue.urgent) == [SyncJob(key, meetings=True)]
    lease = app.memory.acquire(app.connection, "test", app.fake_clock.now(), 60)
    assert lease is not None
    assert list(app.memory.dirty(lease, 10).ids) == ["m1"]
    assert call("GET", PATH).json == answer.json


def test_the_same_again_writes_nothing_and_replaces_a_job_that_was_lost(app: CalendarApp) -> None:
    first = call("PUT", PATH, SERIES)
    version = app.memory.meeting(TENANT, "ann", "m1")
    again = call("PUT", PATH, SERIES)
    assert (again.status, again.json) == (200, first.json)
    assert app.memory.meeting(TENANT, "ann", "m1") == version
    assert len(app.queue.urgent) == 2


def test_revisions(app: CalendarApp) -> None:
    call("PUT", PATH, {**MEETING, "revision": 5})
    assert call("PUT", PATH, {**MEETING, "revision": 4}).status == 409
    assert call("PUT", PATH, {**MEETING, "topic": "Other", "revision": 5}).status == 409
    changed = call("PUT", PATH, {**MEETING, "topic": "Other", "revision": 6})
    assert (changed.status, changed.json["topic"]) == (200, "Other")


def test_exceptions_and_segments_come_back_as_they_were_sent(app: CalendarApp) -> None:
    exceptions = [
        {"original_start": "2026-03-10T09:00:00+01:00", "cancelled": True},
        {
            "original_start": "2026-03-17T09:00:00+01:00",
            "cancelled": False,
            "topic": "Other",
            "start": "2026-03-17T11:00:00+01:00",
            "duration_minutes": 45,
            "agenda": "none",
        },
    ]
    first = {key: SERIES[key] for key in ("topic", "start", "duration_minutes", "time_zone", "recurrence")}
    first |= {"exceptions": exceptions, "all_day": False, "agenda": ""}
    second = {**first, "start": "2026-06-02T10:00:00+02:00", "exceptions": [], "topic": "Later"}
    body = {**SERIES, "exceptions": exceptions, "segments": [first, second]}
    answer = call("PUT", PATH, body)
    assert answer.status == 201, answer.text
    assert answer.json["exceptions"] == exceptions
    assert answer.json["segments"] == [first, second]
    assert call("PUT", PATH, body).json == answer.json


def test_all_day_stays_dates(app: CalendarApp) -> None:
    body = {**MEETING, "start": "2026-03-03", "all_day": True, "duration_minutes": 2880, "time_zone": None}
    answer = call("PUT", PATH, body)
    assert (answer.json["start"], answer.json["duration_minutes"]) == ("2026-03-03", 2880)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"colour": 1}, "/colour"),
        ({"time_zone": "Mars/Base"}, "/time_zone"),
        ({"time_zone": "../etc/passwd"}, "/time_zone"),
        ({"time_zone": None}, "/time_zone"),
        ({"start": "soon"}, "/start"),
        ({"duration_minutes": 0}, "/duration_minutes"),
        ({"all_day": True, "start": "2026-03-03"}, "/duration_minutes"),
        ({"recurrence": ["RRULE:FREQ=WEEKLY;INTERVAL=0"]}, "/recurrence/0"),
        ({"recurrence": ["RRULE:FREQ=SECONDLY"]}, "/recurrence/0"),
        ({"recurrence": ["RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"]}, "/recurrence/0"),
        ({"recurrence": ["DTSTART:20260303T090000"]}, "/recurrence/0"),
        ({"join_url": "http://meet.example.com/j/1"}, "/join_url"),
        ({"join_url": "https://a@meet.example.com/j/1"}, "/join_url"),
        ({"join_url": "javascript:alert(1)"}, "/join_url"),
        ({"invitees": ["bob"]}, "/invitees/0"),
        ({"host_email": "ann"}, "/host_email"),
        ({"kind": "party"}, "/kind"),
        ({"revision": -1}, "/revision"),
        ({"event_id": "a" * 20}, "/event_id"),
        ({"exceptions": [{"original_start": "2026-03-10T09:00:00"}]}, "/exceptions/0/original_start"),
    ],
)
def test_what_is_wrong_is_named(app: CalendarApp, change: dict[str, Any], pointer: str) -> None:
    answer = call("PUT", PATH, {**MEETING, **change})
    assert (answer.status, answer.pointers) == (422, {pointer})
    assert not app.queue.jobs


def test_a_local_platform_may_use_http(app: CalendarApp) -> None:
    assert call("PUT", PATH, {**MEETING, "join_url": "http://127.0.0.1:8000/j/1"}).status == 201


def test_event_id_names_the_event_that_asked(app: CalendarApp) -> None:
    key = app.stored(event())
    assert call("PUT", PATH, {**MEETING, "event_id": key}).json["event_id"] == key
    record = app.memory.meeting(TENANT, "ann", "m1")
    assert record is not None
    assert record.requested_event == ("primary", "one")


def test_cancelling_is_idempotent_and_final(app: CalendarApp) -> None:
    call("PUT", PATH, MEETING)
    assert call("DELETE", PATH, query={"revision": "0"}).status == 409
    first = call("DELETE", PATH)
    assert (first.status, first.json["cancelled"], first.json["revision"]) == (200, True, 2)
    assert call("DELETE", PATH).json == first.json
    assert call("PUT", PATH, {**MEETING, "revision": 9}).status == 409


@pytest.mark.parametrize(
    ("user", "settings", "state"),
    [
        ("bob", Settings(), CalendarState.WAITING_FOR_HOST),
        ("ann", Settings(enabled=False), CalendarState.SYNC_OFF),
    ],
)
def test_what_keeps_a_meeting_out_of_the_calendar(
    app: CalendarApp, user: str, settings: Settings, state: CalendarState
) -> None:
    app.put_user(User("bob", "bob@example.com"))
    app.use(settings)
    answer = call("PUT", f"/v1/users/{user}/meetings/m1", MEETING)
    assert (answer.status, answer.json["calendar_state"]) == (201, state)
    assert not app.queue.jobs


def test_the_list_shows_what_touches_the_window(app: CalendarApp) -> None:
    call("PUT", PATH, MEETING)
    call("PUT", "/v1/users/ann/meetings/m2", {**SERIES, "start": "2025-03-04T09:00:00+01:00"})
    window = {"from": "2026-05-01", "to": "2026-06-01"}
    assert [m["id"] for m in call("GET", "/v1/users/ann/meetings").json["items"]] == ["m1", "m2"]
    assert [m["id"] for m in call("GET", "/v1/users/ann/meetings", query=window).json["items"]] == ["m2"]


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_only_the_platform_may(app: CalendarApp, role: str) -> None:
    assert call("PUT", PATH, MEETING, claims={"sub": "ann", "role": role}).status == 403


def test_unknown_users_and_other_tenants(app: CalendarApp) -> None:
    call("PUT", PATH, MEETING)
    assert call("PUT", "/v1/users/nobody/meetings/m1", MEETING).status == 404
    assert call("GET", PATH, claims={**PLATFORM, "account_id": "other"}).status == 404
