"""Reading events (S11, S19), their history (B4), and who may edit which."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from meetbridge.errors import Conflict, InvalidInput, NotFound, Refused, WindowTooLarge
from meetbridge.model.account import Identity, Settings, User
from meetbridge.model.changes import EventWrite
from meetbridge.model.connection import Access, Permissions
from meetbridge.policy.reasons import Reason
from meetbridge.services.event_edit import Scope
from meetbridge.services.events import Shown, Window

from tests.support.calendar_app import CalendarApp, at_nine, event
from tests.support.small_app import TENANT, caller

ANN = caller()
MARCH = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
JOIN = "https://meet.example.com/j/1"


def listed(app: CalendarApp, window: Window = MARCH, who: Identity = ANN) -> list[Shown]:
    return app.events.listing(app.events.access(who), window)


# ------------------------------------------------------------------ reading


def test_occurrences_come_in_the_order_of_their_starts() -> None:
    app = CalendarApp()
    app.stored(event("late", at_nine(10)))
    app.stored(event("series", at_nine(3), "RRULE:FREQ=WEEKLY;COUNT=2"))
    assert [(s.content.title, s.content.start.local.day) for s in listed(app)] == [
        ("series", 3),
        ("late", 10),
        ("series", 10),
    ]


def test_s17_what_is_not_selected_is_neither_listed_nor_found() -> None:
    app = CalendarApp()
    key = app.stored(replace(event(), calendar_id="home"))
    assert listed(app) == []
    with pytest.raises(NotFound):
        app.events.event(app.events.access(ANN), key)


def test_s19_an_event_with_a_join_link_of_the_platform_is_joinable_and_another_is_not() -> None:
    app = CalendarApp()
    app.stored(event("ours", description=f"Join: {JOIN}"))
    app.stored(event("theirs", description="https://elsewhere.example/j/1"))
    assert {s.content.title: s.meeting.join_url if s.meeting else None for s in listed(app)} == {
        "ours": JOIN,
        "theirs": None,
    }


@pytest.mark.parametrize(("organises", "start"), [(True, True), (False, False)])
def test_s19_the_host_starts_and_a_guest_joins(organises: bool, start: bool) -> None:
    app = CalendarApp()
    app.stored(replace(event(description=JOIN), organized_by_owner=organises))
    (shown,) = listed(app)
    assert shown.meeting is not None
    assert shown.meeting.start is start


@pytest.mark.parametrize("who", [caller("eve"), caller("ann", tenant="other")])
def test_nobody_else_reads_them(who: Identity) -> None:
    app = CalendarApp()
    key = app.stored(event())
    app.put_user(User("eve", "eve@example.com"))
    with pytest.raises(Conflict):
        app.events.access(who)
    with pytest.raises(Conflict):
        app.event_editing.target(who, key)
    with pytest.raises(Conflict):
        app.history.read(who, key, None, 10)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (Settings(enabled=False), Reason.ACCOUNT_OFF),
        (Settings(locked=True, permissions=Permissions(Access.READ)), Reason.PERMISSIONS_LOCKED),
        (Settings(allowed_domains=("other.example",)), Reason.DOMAIN_NOT_ALLOWED),
    ],
)
def test_settings_bind_at_the_next_request(settings: Settings, reason: Reason) -> None:
    app = CalendarApp()
    app.stored(event())
    app.use(settings)
    with pytest.raises(Refused) as refused:
        app.events.access(ANN)
    assert refused.value.code == reason


def test_a_leaver_reads_nothing() -> None:
    app = CalendarApp()
    app.stored(event())
    app.put_user(User("ann", "ann@example.com", active=False))
    with pytest.raises(Refused):
        app.events.access(ANN)


def test_a_window_has_an_order_and_an_end() -> None:
    with pytest.raises(InvalidInput):
        Window(MARCH.last, MARCH.first)
    with pytest.raises(WindowTooLarge):
        Window(MARCH.first, MARCH.first + timedelta(days=400, seconds=1))
    assert Window(MARCH.first, MARCH.first + timedelta(days=400)).first == MARCH.first


# ------------------------------------------------------------------ history


def test_b4_the_history_of_a_linked_event_is_its_meeting_s() -> None:
    app = CalendarApp()
    linked, alone = app.stored(event("linked"), "m1"), app.stored(event("alone"))
    for subject in ("m1", alone):
        said = {"id": subject, "at": "2026-03-01T00:00:00Z", "tenant": TENANT, "user": "ann", "subject": subject}
        app.memory.append([said])
    assert [entry["id"] for entry in app.history.read(ANN, linked, None, 10).items] == ["m1"]
    assert [entry["id"] for entry in app.history.read(ANN, alone, None, 10).items] == [alone]


# ------------------------------------------------------------------ editing


def test_s10_read_permission_refuses_edits_before_the_service_is_asked() -> None:
    app = CalendarApp(permissions=Permissions(Access.READ))
    key = app.stored(event())
    with pytest.raises(Refused) as refused:
        app.event_editing.target(ANN, key)
    assert refused.value.code == Reason.CALENDAR_READ_ONLY


def test_only_the_organiser_changes_an_event_and_a_guest_may_delete_their_copy() -> None:
    app = CalendarApp()
    key = app.stored(replace(event(), organized_by_owner=False))
    target = app.event_editing.target(ANN, key)
    with pytest.raises(Refused) as refused:
        app.event_editing.change(ANN, target, EventWrite(title="x"), None)
    assert refused.value.code == Reason.NOT_ORGANIZER
    assert not app.queue.urgent
    app.event_editing.delete(ANN, target, None)
    assert app.mailbox.events == {}


@pytest.mark.parametrize("scope", [Scope.THIS, Scope.FOLLOWING])
def test_a_scope_of_one_occurrence_needs_its_id(scope: Scope) -> None:
    app = CalendarApp()
    key = app.stored(event("series", None, "RRULE:FREQ=DAILY"))
    target = app.event_editing.target(ANN, key)
    with pytest.raises(InvalidInput) as wrong:
        app.event_editing.change(ANN, target, EventWrite(title="x"), scope)
    assert [fault.pointer for fault in wrong.value.errors] == ["/scope"]


def test_an_edit_stores_nothing_itself() -> None:
    app = CalendarApp()
    key = app.stored(event())
    shown = app.event_editing.change(ANN, app.event_editing.target(ANN, key), EventWrite(title="New"), None)
    assert shown.content.title == "New"
    assert [s.content.title for s in listed(app)] == ["one"]
