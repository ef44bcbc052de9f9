"""The platform's meetings: kept first, in order of their revisions, and pushed where they may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from meetbridge.errors import Conflict, InvalidInput, NotFound, StaleRevision, VersionConflict
from meetbridge.model.account import Bidirectional, Settings, User
from meetbridge.model.connection import Access, Permissions
from meetbridge.model.ids import connection_key
from meetbridge.model.meeting import CalendarState, Link, MadeBy, Meeting, MeetingRecord, Origin, Part
from meetbridge.model.times import EventTime
from meetbridge.ports.jobs import SyncJob
from meetbridge.ports.repositories import By
from meetbridge.services.meetings import Put

from tests.support.calendar_app import CalendarApp, event
from tests.support.small_app import TENANT, SmallApp

START = EventTime(datetime(2026, 3, 3, 9), "Europe/Berlin")
PART = Part("Plan", START, START.moved(timedelta(hours=1)))
MEETING = Meeting("m1", "https://meet.example.com/j/1", "", (PART,), 3)
PUSH = [SyncJob(connection_key(TENANT, "ann"), meetings=True)]


def put(app: SmallApp, event_id: str | None = None, **changes: Any) -> tuple[MeetingRecord, bool]:
    return app.meeting_service.put(TENANT, "ann", Put(replace(MEETING, **changes), event_id), "run")


def test_a_new_meeting_is_the_user_s_and_is_pushed() -> None:
    app = CalendarApp()
    record, new = put(app)
    assert (new, record.meeting.host_email, record.calendar_state) == (True, "ann@example.com", CalendarState.PENDING)
    assert list(app.queue.urgent) == PUSH


def test_the_same_again_changes_nothing_and_replaces_a_job_that_was_lost() -> None:
    app = CalendarApp()
    first, _ = put(app)
    app.queue.clear()
    assert put(app) == (first, False)
    assert list(app.queue.urgent) == PUSH


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"revision": 2}, StaleRevision),
        ({"revision": 3, "join_url": "https://meet.example.com/j/2"}, StaleRevision),
        ({"revision": 4, "join_url": "https://meet.example.com/j/2"}, None),
    ],
)
def test_a_revision_is_never_overwritten_by_an_older_or_another_of_its_own(
    changes: dict[str, Any], error: type[Exception] | None
) -> None:
    app = CalendarApp()
    put(app)
    if error is None:
        assert put(app, **changes)[0].meeting.revision == 4
        return
    with pytest.raises(error):
        put(app, **changes)
    assert app.meeting_service.get(TENANT, "ann", "m1").meeting.join_url == MEETING.join_url


def test_what_may_be_on_its_way_to_the_calendar_is_remembered_when_the_platform_says_it_anew() -> None:
    app = CalendarApp()
    record, _ = put(app)
    link = Link("primary", "e1", "u", '"1"', replace(PART, topic="Before"), MadeBy.MEETBRIDGE, 1)
    linked = replace(record, links=(link,))
    app.store.save(TENANT, "ann", linked, dirty=False, by=By("sync", "run", "test"), now=app.clock.now())
    newer, _ = put(app, revision=4, parts=(replace(PART, topic="Newer"),))
    assert newer.links == (replace(link, unsettled=(PART,)),)


def test_a_cancelled_meeting_stays_cancelled_and_once_more_is_no_error() -> None:
    app = CalendarApp()
    put(app)
    cancelled = app.meeting_service.cancel(TENANT, "ann", "m1", None, "run")
    assert (cancelled.meeting.cancelled, cancelled.meeting.revision) == (True, 4)
    assert cancelled.meeting.origin is Origin.PLATFORM
    assert app.meeting_service.cancel(TENANT, "ann", "m1", 1, "run") == cancelled
    with pytest.raises(Conflict):
        put(app, revision=9)


def test_a_stale_cancellation_is_refused() -> None:
    app = CalendarApp()
    put(app)
    with pytest.raises(StaleRevision):
        app.meeting_service.cancel(TENANT, "ann", "m1", 2, "run")


@pytest.mark.parametrize(
    ("settings", "permissions", "state"),
    [
        (Settings(), Access.READ_WRITE, CalendarState.PENDING),
        (Settings(), Access.READ, CalendarState.READ_ONLY),
        (Settings(bidirectional=Bidirectional(enabled=False)), Access.READ_WRITE, CalendarState.SYNC_OFF),
        (Settings(enabled=False), Access.READ_WRITE, CalendarState.SYNC_OFF),
        (Settings(allowed_domains=("other.example",)), Access.READ_WRITE, CalendarState.WAITING_FOR_HOST),
    ],
)
def test_what_keeps_it_out_of_the_calendar_is_said_at_once(
    settings: Settings, permissions: Access, state: CalendarState
) -> None:
    app = CalendarApp(permissions=Permissions(calendar=permissions))
    app.use(settings)
    assert put(app)[0].calendar_state is state


def test_a_meeting_of_somebody_who_has_not_connected_waits_for_them() -> None:
    app = SmallApp()
    app.put_user(User("ann", "ann@example.com"))
    assert put(app)[0].calendar_state is CalendarState.WAITING_FOR_HOST
    assert not app.queue.urgent


def test_nobody_s_and_another_account_s_meetings_are_not_found() -> None:
    app = CalendarApp()
    put(app)
    for tenant, user in (("other", "ann"), (TENANT, "eve")):
        with pytest.raises(NotFound):
            app.meeting_service.get(tenant, user, "m1")


def test_an_event_that_asked_is_named_by_its_id() -> None:
    app = CalendarApp()
    key = app.stored(event())
    assert put(app, event_id=key)[0].requested_event == ("primary", "one")


@pytest.mark.parametrize("calendar", ["home", None])
def test_an_event_that_is_not_shown_cannot_have_asked(calendar: str | None) -> None:
    app = CalendarApp()
    key = app.stored(replace(event(), calendar_id=calendar)) if calendar else "a" * 20
    with pytest.raises(InvalidInput) as wrong:
        put(app, event_id=key)
    assert [fault.pointer for fault in wrong.value.errors] == ["/event_id"]


def test_a_write_that_was_overtaken_is_decided_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = CalendarApp()
    put(app)
    save = app.memory.save

    def overtaken(*args: Any, **kwargs: Any) -> MeetingRecord:
        monkeypatch.setattr(app.memory, "save", save)
        put(app, revision=9)
        raise VersionConflict("changed")

    monkeypatch.setattr(app.memory, "save", overtaken)
    with pytest.raises(StaleRevision):
        put(app, revision=5)
    assert app.meeting_service.get(TENANT, "ann", "m1").meeting.revision == 9
