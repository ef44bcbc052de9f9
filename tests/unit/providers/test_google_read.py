"""Google's items as changes; an item can hold anything and stops no round."""

from __future__ import annotations

import json
import logging
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from meetbridge.model.changes import EventChanged, EventGone, OccurrenceChanged
from meetbridge.model.event import Attendee, Event, EventKind, Response, Visibility
from meetbridge.model.times import EventTime
from meetbridge.providers.google.changes import ChangeReader
from meetbridge.providers.google.read import event

TIMES = {
    "start": {"dateTime": "2026-03-02T09:00:00+01:00", "timeZone": "Europe/Berlin"},
    "end": {"dateTime": "2026-03-02T10:00:00+01:00", "timeZone": "Europe/Berlin"},
}
ITEM: dict[str, Any] = {"id": "e1", "etag": '"1"', "iCalUID": "uid", "status": "confirmed", **TIMES}
MASTER = {**ITEM, "id": "m1", "recurrence": ["RRULE:FREQ=WEEKLY"]}
EXCEPTION = {
    **ITEM,
    "id": "m1_20260302T080000Z",
    "recurringEventId": "m1",
    "originalStartTime": {"dateTime": "2026-03-02T08:00:00Z", "timeZone": "America/New_York"},
}
CANCELLED = {"id": "m1_x", "status": "cancelled", "recurringEventId": "m1", "originalStartTime": TIMES["start"]}


def read(**members: Any) -> Event:
    return event({**ITEM, **members}, "cal", "Europe/Berlin")


def changes(*items: Any) -> tuple[Any, ...]:
    return ChangeReader("cal").read(list(items), "Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "visibility"),
    [
        ("default", Visibility.DEFAULT),
        ("public", Visibility.PUBLIC),
        ("private", Visibility.PRIVATE),
        ("confidential", Visibility.CONFIDENTIAL),
        (None, Visibility.DEFAULT),
        ("secret", Visibility.UNKNOWN),
        ("", Visibility.UNKNOWN),
        (["private"], Visibility.UNKNOWN),
        (0, Visibility.UNKNOWN),
    ],
)
def test_an_unknown_visibility_is_private(value: object, visibility: Visibility) -> None:
    assert read(visibility=value).content.visibility is visibility


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("default", EventKind.DEFAULT),
        ("outOfOffice", EventKind.OTHER),
        ("focusTime", EventKind.OTHER),
        ("workingLocation", EventKind.OTHER),
        ("birthday", EventKind.OTHER),
        ("fromGmail", EventKind.OTHER),
        ("newKind", EventKind.OTHER),
        ({}, EventKind.OTHER),
    ],
)
def test_only_an_event_of_the_default_type_can_be_a_meeting(value: object, kind: EventKind) -> None:
    assert read(eventType=value).kind is kind
    assert read().kind is EventKind.DEFAULT


@pytest.mark.parametrize(
    ("organizer", "owner"),
    [
        ({"email": "me@x.example", "self": True}, True),
        ({"email": "you@x.example"}, False),
        ({"email": "you@x.example", "self": "true"}, False),
        (None, True),
        ("you@x.example", True),
    ],
)
def test_who_organises(organizer: object, owner: bool) -> None:
    assert read(organizer=organizer).organized_by_owner is owner


def test_attendees_as_google_holds_them() -> None:
    raw = [
        {"email": "a@x.example", "displayName": "A", "responseStatus": "accepted", "organizer": True, "self": True},
        {"email": "b@x.example", "responseStatus": "declined", "optional": True},
        {"email": "r@x.example", "responseStatus": "tentative", "resource": True},
        {"email": "c@x.example", "responseStatus": "maybe"},
        {"displayName": "No address"},
        "d@x.example",
        None,
    ]
    assert read(attendees=raw).content.attendees == (
        Attendee("a@x.example", "A", Response.ACCEPTED, organizer=True, is_self=True),
        Attendee("b@x.example", response=Response.DECLINED, optional=True),
        Attendee("r@x.example", response=Response.TENTATIVE, resource=True),
        Attendee("c@x.example"),
    )
    assert read(attendeesOmitted=True).content.attendees_omitted


def test_links_of_conferences_are_each_told_once() -> None:
    data = {
        "entryPoints": [
            {"uri": "https://meet.google.com/abc"},
            {"uri": "https://zoom.example/1"},
            {"uri": "tel:+41-44"},
            {"uri": 7},
            "https://x.example",
        ]
    }
    found = read(hangoutLink="https://meet.google.com/abc", conferenceData=data).content.conference_urls
    assert found == ("https://meet.google.com/abc", "https://zoom.example/1")


def test_rules_are_kept_as_they_are() -> None:
    lines = [
        "RRULE:FREQ=DAILY;UNTIL=20260401T070000Z",
        "EXDATE;TZID=Europe/Berlin:20260303T090000",
        "RDATE;VALUE=DATE:20260401",
    ]
    assert read(recurrence=lines).recurrence == tuple(lines)
    hostile = ["DTSTART:20260101", 7, None, " RRULE:FREQ=DAILY\r\nEXDATE:20260303T080000Z", "X-EVIL:1"]
    assert read(recurrence=hostile).recurrence == ("RRULE:FREQ=DAILY", "EXDATE:20260303T080000Z")


@pytest.mark.parametrize("private", [None, {}, {"meetbridge": ""}, {"meetbridge": 7}, {"other": "m1"}, "m1"])
def test_no_marker_where_there_is_none(private: object) -> None:
    assert read(extendedProperties={"private": private}).meeting_id is None
    assert read(extendedProperties={"private": {"meetbridge": "m1"}}).meeting_id == "m1"


def test_half_a_character_is_made_fit_for_storage() -> None:
    item = json.loads('{"summary": "a\\ud800b", "description": "\\ud83d\\ude00"}')
    content = read(**item).content
    assert (content.title, content.description) == ("a?b", "😀")


def test_a_page_becomes_changes_masters_first() -> None:
    found = changes(CANCELLED, EXCEPTION, {"id": "gone", "status": "cancelled"}, MASTER, ITEM)
    assert [type(change) for change in found] == [
        EventGone,
        EventChanged,
        EventChanged,
        OccurrenceChanged,
        OccurrenceChanged,
    ]
    gone, master, single, cancelled, exception = found
    assert (gone.calendar_id, gone.event_id) == ("cal", "gone")
    assert (master.event.id, master.complete, single.event.id, single.complete) == ("m1", False, "e1", True)
    assert (cancelled.series_id, cancelled.override.content, cancelled.event) == ("m1", None, None)
    assert (exception.series_id, exception.override.event_id, exception.event.id) == (
        "m1",
        EXCEPTION["id"],
        EXCEPTION["id"],
    )


def test_a_recurrence_id_is_in_the_zone_of_its_series_where_that_is_known() -> None:
    known = changes(EXCEPTION, MASTER)[1].override.recurrence_id
    assert known == EventTime(datetime(2026, 3, 2, 9), "Europe/Berlin")
    alone = changes(EXCEPTION)[0].override.recurrence_id
    assert alone == EventTime(datetime(2026, 3, 2, 3), "America/New_York")
    assert known.instant == alone.instant


def test_a_series_is_remembered_from_page_to_page() -> None:
    reader = ChangeReader("cal")
    reader.read([MASTER], "UTC")
    (change,) = reader.read([EXCEPTION], "UTC")
    assert isinstance(change, OccurrenceChanged)
    assert change.override.recurrence_id.zone == "Europe/Berlin"


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        "text",
        [],
        {},
        {**ITEM, "id": 7},
        {**ITEM, "id": ""},
        {**ITEM, "start": None},
        {**ITEM, "start": {"date": "2026-03-02"}},
        {**ITEM, "end": {"dateTime": "2026-03-01T09:00:00Z"}},
        {**ITEM, "end": {"dateTime": "secret"}},
        {**EXCEPTION, "originalStartTime": None},
        {**CANCELLED, "originalStartTime": {}},
    ],
)
def test_an_unreadable_item_is_left_out_and_counted_without_its_content(
    bad: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert [type(change) for change in changes(bad, ITEM)] == [EventChanged]
    assert [record.getMessage() for record in caplog.records] == ["left out 1 unreadable items of a calendar"]


@pytest.mark.parametrize("items", [None, "items", 7, {"a": 1}])
def test_items_that_are_no_list_are_none(items: Any) -> None:
    assert ChangeReader("cal").read(items, "UTC") == ()


def test_an_all_day_event_has_dates() -> None:
    content = read(start={"date": "2026-03-02"}, end={"date": "2026-03-04"}).content
    assert (content.start, content.end) == (EventTime(date(2026, 3, 2)), EventTime(date(2026, 3, 4)))


names = st.sampled_from(
    ["id", "status", "start", "end", "originalStartTime", "recurringEventId", "recurrence", "attendees", "organizer",
     "visibility", "eventType", "extendedProperties", "conferenceData", "summary", "hangoutLink", "iCalUID", "etag"]
)  # fmt: skip
texts = st.sampled_from(["cancelled", "private", "2026-03-02", "2026-03-02T09:00:00Z", "\ud800", "RRULE:X"]) | st.text(
    max_size=5
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
keys = names | st.sampled_from(
    ["date", "dateTime", "timeZone", "email", "private", "entryPoints", "uri", "responseStatus"]
)
values = st.recursive(leaves, lambda v: st.lists(v, max_size=3) | st.dictionaries(keys, v, max_size=3), max_leaves=5)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([ITEM, MASTER, EXCEPTION, CANCELLED]), st.dictionaries(names, values, max_size=5))
def test_no_item_stops_the_round_and_all_that_is_read_can_be_stored(base: Any, members: Any) -> None:
    for change in changes({**base, **members}, ITEM):
        repr(change).encode()
