"""What is stored comes back, whatever a calendar holds; what was stored earlier too."""

from __future__ import annotations

import base64
from dataclasses import fields, replace
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meetbridge.errors import StorageError
from meetbridge.model.account import Settings, User
from meetbridge.model.connection import Connection
from meetbridge.model.event import Attendee, Content, Event, EventKind, Override, Response, Visibility
from meetbridge.model.meeting import Link, LinkState, MadeBy, MeetingRecord
from meetbridge.model.times import EventTime
from meetbridge.ports.repositories import StoredEvent
from meetbridge.storage.codec import pack, unpack
from meetbridge.storage.terse import TAGS, tags

from tests.support.clock import START
from tests.support.stored import connection, event, record, stored, synced

TEXT = st.text(st.characters(), max_size=30)  # lone surrogates and all
ZONES = st.sampled_from(["Europe/Berlin", "UTC", "America/New_York", "@odd+zone"])
TIMES = st.one_of(
    st.builds(EventTime, st.dates()),
    st.builds(EventTime, st.datetimes().map(lambda d: d.replace(fold=d.second % 2)), ZONES),
)
ATTENDEES = st.builds(
    Attendee, TEXT, TEXT, st.sampled_from(Response), st.booleans(), st.booleans(), st.booleans(), st.booleans()
)
CONTENTS = st.builds(
    Content,
    TEXT,
    TIMES,
    TIMES,
    TEXT,
    TEXT,
    st.sampled_from(Visibility),
    st.booleans(),
    st.lists(ATTENDEES, max_size=2).map(tuple),
    st.booleans(),
    st.lists(TEXT, max_size=2).map(tuple),
)
OVERRIDES = st.builds(Override, TIMES, st.none() | CONTENTS, TEXT, TEXT)
EVENTS = st.builds(
    Event,
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    CONTENTS,
    st.lists(TEXT, max_size=2).map(tuple),
    st.lists(OVERRIDES, max_size=2).map(tuple),
    st.sampled_from(EventKind),
    TEXT,
    TEXT,
    st.booleans(),
    st.none() | TEXT,
    st.booleans(),
)
STORED = st.builds(
    StoredEvent,
    TEXT,
    EVENTS,
    st.none() | TEXT,
    st.none() | TEXT,
    st.integers(0, 9),
    st.lists(TEXT, max_size=2).map(tuple),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(STORED)
def test_any_event_comes_back_as_it_was(value: StoredEvent) -> None:
    assert unpack(StoredEvent, pack(value)) == value


LINK = Link("c", "e", "u", "1", record().meeting.parts[0], MadeBy.USER, 3, LinkState.GONE, START)
UNSETTLED = replace(LINK, guests=False, unsettled=(record().meeting.parts[0], replace(LINK.base, topic="Older")))


@pytest.mark.parametrize(
    "value",
    [
        record(),
        replace(record(), links=(UNSETTLED,)),
        replace(record(), links=(None, LINK, None), requested_event=("c", "e"), version=4),
        connection(calendars=(synced(), synced(1))),
        Settings(allowed_domains=("a.example", "*.b.example"), locked=True),
        User("u", "u@example.com", groups=("a", "b")),
    ],
)
def test_everything_else_comes_back_too(value: MeetingRecord | Connection | Settings | User) -> None:
    assert unpack(type(value), pack(value)) == value


def test_a_typical_event_is_small() -> None:
    assert len(pack(stored(event(1)))) <= 300


def test_what_version_1_stored_is_readable() -> None:
    day = Content("All day", EventTime(date(2026, 3, 2)), EventTime(date(2026, 3, 3)))
    moved = Override(EventTime(datetime(2026, 3, 2, 9), "Europe/Berlin"), None, "x", '"2"')
    value = StoredEvent(
        "k", Event("i", "c", "u", '"1"', day, ("RRULE:FREQ=DAILY",), (moved,)), "m", "S#2026-03-02#k", 7
    )
    assert unpack(StoredEvent, base64.b64decode(VERSION_1)) == value


def test_every_tag_names_one_member() -> None:
    for kind in TAGS:
        given_ = [pair.split("=")[0] for pair in TAGS[kind].split()]
        assert set(given_) <= {f.name for f in fields(kind)}
        assert len(set(tags(kind).values())) == len(tags(kind))
        assert not {"T", "U"} & set(tags(kind).values())


@pytest.mark.parametrize("broken", [b"", b"\x00abc", b"\xffabc", b"\x01abc", pack(record())[:-9]])
def test_what_cant_be_read_is_an_error_of_its_own(broken: bytes) -> None:
    with pytest.raises(StorageError):
        unpack(MeetingRecord, broken)


VERSION_1 = (
    "AasGq86GBCTEhEyoEclQfaVw1YYxSsix4wgsLVISK1ESmjEoXSEnNKCAsRIWr4PzG7Z8ADIBRz4A2pxXmpMDyRAVcGcZxYDCvxYS"
    "FCC/FQDpYGWEccrZkHgzrwUA"
)
