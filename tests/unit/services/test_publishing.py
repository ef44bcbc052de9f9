"""What the platform hears follows from what was written, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from meetbridge.model.account import AccountSettings
from meetbridge.model.connection import Access, Connection, ConnectionState, Mailbox, Permissions, Service
from meetbridge.model.event import Content, Event
from meetbridge.model.meeting import CalendarState, Meeting, MeetingRecord, Part
from meetbridge.model.times import EventTime
from meetbridge.ports.repositories import By, StoredEvent
from meetbridge.ports.stream import StreamChange, Thing
from meetbridge.services.publishing import Outgoing, ledger_entry

START = EventTime(datetime(2026, 11, 2, 9), "Europe/Berlin")
END = EventTime(datetime(2026, 11, 2, 10), "Europe/Berlin")
PART = Part("Plan", START, END)
RECORD = MeetingRecord(Meeting("m1", "https://meet.example/j/1", "a@example.com", (PART,), 1), version=1)
STORED = StoredEvent("key", Event("e1", "c1", "u1", "1", Content("Plan", START, END)))
CONNECTION = Connection(
    "acme", "ann", 1, Service.GOOGLE, Mailbox("1", "a@example.com"), Permissions(Access.READ_WRITE),
    ConnectionState.CONNECTED, datetime(2026, 11, 1, tzinfo=UTC),
)  # fmt: skip
OUTGOING = Outgoing(lambda _user, r: {"id": r.meeting.id}, lambda _user, e: {"event_id": e.key})
CANCELLED = replace(RECORD, meeting=replace(RECORD.meeting, cancelled=True, revision=2))
RENAMED = replace(RECORD, meeting=replace(RECORD.meeting, parts=(replace(PART, topic="New"),), revision=2), version=2)


def change(old: Thing | None, new: Thing | None, losers: tuple[tuple[str, str], ...] = ()) -> StreamChange:
    by = By("sync", "run-1", "webhook", losers)
    return StreamChange("rec-1", "2026-11-02T09:00:00Z", "acme", "ann", by, old, new)


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        (None, RECORD, ["meeting.created"]),
        (RECORD, RENAMED, ["meeting.updated"]),
        (RECORD, replace(RECORD, calendar_state=CalendarState.IN_CALENDAR), ["meeting.updated"]),
        (RECORD, replace(RECORD, version=9), []),
        (RECORD, CANCELLED, ["meeting.cancelled"]),
        (CANCELLED, replace(CANCELLED, calendar_state=CalendarState.CANCELLED), ["meeting.updated"]),
        (None, STORED, []),
        (STORED, replace(STORED, requested=True), ["meeting.requested"]),
        (replace(STORED, requested=True), replace(STORED, requested=True, round=2), []),
        (None, CONNECTION, ["connection.changed"]),
        (CONNECTION, replace(CONNECTION, fence=5, events_version=3), []),
        (CONNECTION, replace(CONNECTION, state=ConnectionState.DISCONNECTED), ["connection.changed"]),
        (AccountSettings(), AccountSettings(version=1), ["settings.changed"]),
        (RECORD, None, []),
    ],
)
def test_an_outgoing_event_for_each_change_that_concerns_the_platform(
    old: Thing | None, new: Thing | None, kinds: list[str]
) -> None:
    assert [event.type for event in OUTGOING.events(change(old, new))] == kinds


def test_a_batch_that_comes_again_carries_the_same_ids() -> None:
    twice = [[event.id for event in OUTGOING.events(change(RECORD, RENAMED))] for _ in range(2)]
    assert twice[0] == twice[1]


def test_meetings_of_one_id_of_two_users_are_told_apart() -> None:
    theirs = replace(change(RECORD, RENAMED), user="bob")
    groups = {event.group for c in (change(RECORD, RENAMED), theirs) for event in OUTGOING.events(c)}
    assert groups == {"ann/m1", "bob/m1"}


@pytest.mark.parametrize(
    ("old", "new", "subject", "changed"),
    [
        (None, RECORD, "m1", ["created"]),
        (RECORD, RENAMED, "m1", ["parts", "revision"]),
        (STORED, None, "key", ["removed"]),
    ],
)
def test_the_ledger_says_what_changed_and_why(
    old: Thing | None, new: Thing | None, subject: str, changed: list[str]
) -> None:
    entry: Any = ledger_entry(change(old, new, losers=(("topic", "Old"),)))
    assert (entry["subject"], entry["changed"], entry["cause"], entry["losers"]) == (
        subject, changed, "webhook", [["topic", "Old"]],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"), [(STORED, replace(STORED, round=4)), (None, CONNECTION), (None, AccountSettings(version=1))]
)
def test_bookkeeping_is_no_history(old: Thing | None, new: Thing | None) -> None:
    assert ledger_entry(change(old, new)) is None
