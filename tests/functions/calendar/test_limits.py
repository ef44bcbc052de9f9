"""Input at its limits: a problem that names the member, never a 500, and answers that fit through Lambda."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from meetbridge.api import paging

from functions.calendar import app as function
from tests.support.calendar_app import CalendarApp, event
from tests.support.http import Answer, send
from tests.support.http import event as request

MEETINGS = "/v1/users/ann/meetings"
PLATFORM = {"sub": "backend", "role": "platform"}
MEETING = {
    "topic": "Plan",
    "start": "2026-03-03T09:00:00+01:00",
    "duration_minutes": 30,
    "time_zone": "Europe/Berlin",
    "join_url": "https://meet.example.com/j/1",
    "revision": 1,
}
DAILY = ["RRULE:FREQ=DAILY"]


@pytest.fixture
def app() -> Iterator[CalendarApp]:
    made = CalendarApp()
    with patch.object(function, "app", lambda: made):
        yield made


def put(body: object, name: str = "m1") -> Answer:
    return send(function.handler, request("PUT", f"{MEETINGS}/{name}", body, claims=PLATFORM))


def call(method: str, path: str, body: object = None, **more: Any) -> Answer:
    return send(function.handler, request(method, path, body, **more))


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"start": "0001-01-01T00:00:00", "time_zone": "Asia/Tokyo"}, "/start"),
        ({"start": "9999-12-31T23:59:00", "time_zone": "America/Los_Angeles"}, "/start"),
        ({"start": "9999-12-31", "time_zone": None, "all_day": True, "duration_minutes": 1440}, "/start"),
        ({"start": "9999-12-31T23:59:00-12:00"}, "/start"),
        ({"duration_minutes": 10**9}, "/duration_minutes"),
        ({"duration_minutes": "30"}, "/duration_minutes"),
        ({"revision": 2**70}, "/revision"),
        ({"revision": True}, "/revision"),
        ({"recurrence": ["RRULE:FREQ=SECONDLY"]}, "/recurrence/0"),
        ({"recurrence": ["RRULE:FREQ=DAILY;COUNT=99999999999999999999"]}, "/recurrence/0"),
        (
            {"recurrence": DAILY, "exceptions": [{"original_start": "0001-01-01T00:00:00", "cancelled": True}]},
            "/exceptions/0/original_start",
        ),
        (
            {
                "recurrence": DAILY,
                "exceptions": [{"original_start": "2026-03-04T09:00:00", "start": "0001-01-01T00:00:00"}],
            },
            "/exceptions/0/start",
        ),
        ({"time_zone": "../../etc/passwd"}, "/time_zone"),
        ({"time_zone": "Europe"}, "/time_zone"),
        ({"time_zone": "Europe/Berlin\0"}, "/time_zone"),
        ({"topic": "\0"}, "/topic"),
        ({"topic": "\ud800"}, "/topic"),
        ({"agenda": "a\x07b"}, "/agenda"),
        ({"invitees": ["a@b\0"]}, "/invitees/0"),
        ({"host_email": "a@b\n"}, "/host_email"),
        ({"join_url": "https://[::1"}, "/join_url"),
        ({"join_url": "javascript:alert(1)"}, "/join_url"),
        ({"x" * 5000: 1}, "/" + "x" * 200),
    ],
)
def test_a_wrong_member_of_a_meeting_is_named(changes: dict[str, Any], pointer: str) -> None:
    answer = put({**MEETING, **changes})
    assert (answer.status, answer.pointers) == (422, {pointer})


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("body", ['{"revision":' + "9" * 5000 + "}", '{"a":' * 3000, "{"])
def test_what_is_no_json_is_400(body: str) -> None:
    answer = put(body)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.usefixtures("app")
def test_a_rule_until_the_end_of_the_calendar_is_taken() -> None:
    assert put({**MEETING, "recurrence": ["RRULE:FREQ=DAILY;UNTIL=99991231T235959Z"]}).status == 201


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00", "9999-12-31T23:30:00"])
def test_an_edit_to_the_edge_of_the_calendar_is_named(app: CalendarApp, start: str) -> None:
    key = app.stored(event())
    answer = call("PATCH", f"/v1/me/events/{key}", {"start": start}, headers={"if-match": "*"})
    assert (answer.status, answer.pointers) == (422, {"/start"})


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("rid", ["00010101T000000", "99991231T235959", "20260230T000000", "20260304"])
def test_an_occurrence_that_cannot_be_is_not_found(app: CalendarApp, method: str, rid: str) -> None:
    key = app.stored(event("series", None, "RRULE:FREQ=DAILY"))
    assert call(method, f"/v1/me/events/{key}_{rid}").status == 404


@pytest.mark.parametrize(
    "window",
    [
        {"from": "0001-01-01", "to": "0001-02-01"},
        {"from": "9999-12-01", "to": "9999-12-31"},
        {"from": "9999-12-01T00:00:00+14:00", "to": "9999-12-31T00:00:00-11:00"},
    ],
)
def test_the_edges_of_the_calendar_are_empty(app: CalendarApp, window: dict[str, str]) -> None:
    app.stored(event())
    assert call("GET", "/v1/me/events", query=window).json["items"] == []


def test_a_page_that_would_not_fit_is_cut_and_goes_on(app: CalendarApp, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        put({**MEETING, "agenda": "x" * 8000}, f"m{number}")
    monkeypatch.setattr(paging, "MOST_BYTES", 20_000)
    seen, query = [], {"limit": "1000"}
    for _ in range(10):
        page = call("GET", MEETINGS, query=query, claims=PLATFORM).json
        assert len(page["items"]) <= 2
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query = {"limit": "2", "cursor": page["next"]}
    assert seen == [f"m{number}" for number in range(5)]
