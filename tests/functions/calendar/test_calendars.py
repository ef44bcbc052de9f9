"""The user's calendars (S17) and what waits for their answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from meetbridge.model.meeting import Link, LinkState, MadeBy, Meeting, MeetingRecord, Part
from meetbridge.ports.jobs import SyncJob

from functions.calendar import app as function
from tests.support.calendar_app import CalendarApp, at_nine
from tests.support.clock import START
from tests.support.http import Answer, send
from tests.support.http import event as request
from tests.support.small_app import BY, TENANT


@pytest.fixture
def app() -> Iterator[CalendarApp]:
    made = CalendarApp()
    with patch.object(function, "app", lambda: made):
        yield made


def call(method: str, path: str, body: object = None, **more: Any) -> Answer:
    return send(function.handler, request(method, path, body, **more))


def test_the_services_calendars_with_the_selection(app: CalendarApp) -> None:
    items = call("GET", "/v1/me/calendars").json["items"]
    assert [(c["id"], c["selected"], c["default"], c["writable"]) for c in items] == [
        ("primary", True, True, True),
        ("shared", False, False, False),
        ("home", False, False, True),
    ]


def test_a_new_calendar_gets_an_index_that_was_never_used(app: CalendarApp) -> None:
    answer = call("PUT", "/v1/me/calendars", {"selected": ["shared", "home"], "default": "home"})
    assert answer.status == 200, answer.text
    stored = {c.id: (c.index, c.selected) for c in app.connection.calendars}
    assert stored == {"primary": (0, False), "home": (1, True), "shared": (2, True)}
    assert app.connection.default_calendar == "home"
    assert app.queue.background[-1] == SyncJob(app.queue.background[-1].key, 1)  # type: ignore[union-attr]


def test_the_same_selection_writes_nothing(app: CalendarApp) -> None:
    call("PUT", "/v1/me/calendars", {"selected": ["home"]})
    version = app.connection.version
    call("PUT", "/v1/me/calendars", {"selected": ["home"]})
    assert app.connection.version == version


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"selected": ["nope"]}, "/selected/0"),
        ({"selected": ["primary"], "default": "home"}, "/default"),
        ({"selected": ["shared"], "default": "shared"}, "/default"),
        ({"selected": ["primary"], "colour": 1}, "/colour"),
    ],
)
def test_what_is_wrong_is_named(app: CalendarApp, body: dict[str, Any], pointer: str) -> None:
    answer = call("PUT", "/v1/me/calendars", body)
    assert (answer.status, answer.pointers) == (422, {pointer})


def test_if_match_counts_where_it_is_sent(app: CalendarApp) -> None:
    tag = call("GET", "/v1/me/calendars").headers["ETag"]
    assert call("PUT", "/v1/me/calendars", {"selected": ["home"]}, headers={"if-match": tag}).status == 200
    assert call("PUT", "/v1/me/calendars", {"selected": ["primary"]}, headers={"if-match": tag}).status == 412


@pytest.mark.parametrize(
    ("action", "state", "links"),
    [("approve", "pending", [None]), ("discard", "unlinked", [LinkState.UNLINKED])],
)
def test_what_is_ambiguous_waits_for_an_answer(
    app: CalendarApp, action: str, state: str, links: list[LinkState | None]
) -> None:
    part = Part("Plan", at_nine(3), at_nine(4))
    link = Link("primary", "e", "u", "", part, MadeBy.USER, 0, LinkState.AMBIGUOUS)
    record = MeetingRecord(Meeting("m1", "https://meet.example.com/j/1", "ann@example.com", (part,), 1), (link,))
    app.memory.save(TENANT, "ann", record, dirty=False, by=BY, now=START)
    waiting = call("GET", "/v1/me/paused").json["items"]
    assert [(m["id"], m["reason"]) for m in waiting] == [("m1", "ambiguous")]
    assert call("POST", "/v1/me/paused", {"id": "m1", "action": action}).json["calendar_state"] == state
    stored = app.memory.meeting(TENANT, "ann", "m1")
    assert stored is not None
    assert [found and found.state for found in stored.links] == links
    assert call("POST", "/v1/me/paused", {"id": "m1", "action": action}).status == 404
