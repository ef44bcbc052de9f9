"""What must not happen to meetings and events whatever the services, the users and the platform do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from meetbridge.errors import AlreadyExists, ItemNotFound, MeetbridgeError, Rejected
from meetbridge.model.account import Identity, Role
from meetbridge.model.changes import EventWrite
from meetbridge.model.connection import Access, Calendar
from meetbridge.model.event import Attendee, Event
from meetbridge.model.meeting import CalendarState, LinkState, PartException
from meetbridge.ports.provider import CalendarInfo
from meetbridge.ports.repositories import ChangeSet, Lease
from meetbridge.services.paused import Answer, Paused, Why, why
from meetbridge.sync import block

from tests.support.engine import (
    BY,
    TENANT,
    USER,
    WEEKLY,
    Engine,
    link_of,
    meeting,
    part,
    timed,
    user_event,
)
from tests.support.memory_provider import MemoryCalendar
from tests.unit.services.test_sync_sentences import BOB, OTHER, PRIMARY, edit, made, writes


@pytest.fixture(params=[False, True], ids=["masters_and_exceptions_apart", "masters_complete"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return Engine(MemoryCalendar(complete_masters=request.param, infos=[PRIMARY, OTHER]))


def caller() -> Identity:
    return Identity(TENANT, USER, Role.MEMBER, "owner@example.com")


def refuse(engine: Engine, method: str, error: MeetbridgeError, *, title: str = "") -> Callable[[], None]:
    """The service refuses a write (of this title) from now on, until what is returned is called."""
    original = getattr(engine.provider, method)

    def refusing(*args: Any, **kwargs: Any) -> Any:
        write = next((a for a in args if isinstance(a, EventWrite)), None)
        if not title or (write is not None and write.title == title):
            raise error
        return original(*args, **kwargs)

    setattr(engine.provider, method, refusing)
    return lambda: setattr(engine.provider, method, original)


# ------------------------------------------------------------------ made anew


def test_what_the_user_deleted_while_disconnected_and_wants_anew_is_made_and_not_cancelled(engine: Engine) -> None:
    made(engine)
    old = engine.link().event_id
    engine.provider.user_delete("primary", old)
    engine.connect()
    engine.quiet()
    assert engine.record().calendar_state is CalendarState.PAUSED
    paused = Paused(engine.store, engine.store, engine.queue, engine.clock)
    paused.answer(caller(), "m1", Answer.APPROVE, "run")
    engine.quiet()
    assert not engine.record().meeting.cancelled
    assert engine.link().state is LinkState.LINKED
    assert engine.link().event_id != old


def test_what_the_service_refused_is_made_when_the_platform_has_put_it_right(engine: Engine) -> None:
    engine.put(meeting("m1", part("Bad")))
    refuse(engine, "create", Rejected("bad"), title="Bad")
    engine.sync()
    assert engine.record().calendar_state is CalendarState.PAUSED
    paused = Paused(engine.store, engine.store, engine.queue, engine.clock)
    assert [why(record) for record in paused.listing(caller(), None, 10).items] == [Why.REJECTED]
    engine.change("m1", topic="Good")
    engine.sync()
    assert engine.event().content.title == "Good"
    assert engine.record().calendar_state is CalendarState.IN_CALENDAR


def test_what_the_service_refused_can_be_tried_again_or_go_on_without_an_event(engine: Engine) -> None:
    accept = refuse(engine, "create", Rejected("bad"))
    for id_ in ("m1", "m2"):
        engine.put(meeting(id_))
    engine.sync()
    accept()
    paused = Paused(engine.store, engine.store, engine.queue, engine.clock)
    paused.answer(caller(), "m1", Answer.APPROVE, "run")
    paused.answer(caller(), "m2", Answer.DISCARD, "run")
    engine.quiet()
    states = [engine.record(id_).calendar_state for id_ in ("m1", "m2")]
    assert states == [CalendarState.IN_CALENDAR, CalendarState.UNLINKED]
    assert len(engine.provider.events) == 1


@pytest.mark.parametrize("error", [ItemNotFound("gone"), AlreadyExists("used"), Rejected("bad")])
@pytest.mark.parametrize("method", ["create", "update"])
def test_a_meeting_that_the_service_refuses_keeps_no_other_waiting(
    engine: Engine, method: str, error: MeetbridgeError
) -> None:
    made(engine)
    engine.put(meeting("m2", part("Second")))
    engine.sync()
    refuse(engine, method, error, title="Poison")
    engine.change("m1", topic="Poison")
    engine.put(meeting("m0", part("Poison")))
    engine.change("m2", topic="Third")
    engine.provider.user_put(user_event("e1"))
    engine.sync()
    assert engine.event("m2").content.title == "Third"
    assert "e1" in engine.stored()


def test_a_meeting_that_waited_for_write_permission_is_made_when_there_is_one() -> None:
    engine = Engine(access=Access.READ)
    engine.put(meeting("m1"))
    engine.quiet()
    assert engine.record().calendar_state is CalendarState.READ_ONLY
    engine.connect(access=Access.READ_WRITE)
    engine.quiet()
    assert engine.record().calendar_state is CalendarState.IN_CALENDAR
    assert engine.event().content.title == "Planning"


def test_a_meeting_that_waited_for_a_calendar_is_made_when_one_is_selected(engine: Engine) -> None:
    engine.select()
    engine.put(meeting("m1"))
    engine.quiet()
    assert engine.record().calendar_state is CalendarState.PENDING
    engine.select("other")
    engine.quiet()
    assert engine.event().calendar_id == "other"


def test_the_marks_of_another_mailbox_survive_a_crash_at_the_end_of_its_first_round(engine: Engine) -> None:
    made(engine)
    engine.provider.events.clear()
    engine.connect(mailbox="another")
    commit = engine.store.commit

    def crashing(lease: Lease, changes: ChangeSet) -> None:
        commit(lease, changes)
        if any(not c.full_round for c in changes.calendars):
            raise RuntimeError("the process is gone")

    engine.store.commit = crashing  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(RuntimeError):
            engine.sync()
        engine.clock.advance(timedelta(minutes=5))
    engine.store.commit = commit  # type: ignore[method-assign]
    engine.queue.jobs.clear()
    engine.quiet()
    assert engine.link().generation == 2
    assert engine.event().content.title == "Planning"


def test_an_event_that_was_asked_about_in_another_mailbox_does_not_cancel_its_meeting(engine: Engine) -> None:
    engine.put(meeting("m1"), requested=("somebody@example.com", "e1"))
    engine.quiet()
    assert not engine.record().meeting.cancelled
    assert engine.event().content.title == "Planning"


# ------------------------------------------------------------------ the link that its user took out


def without_link(engine: Engine) -> None:
    edit(engine, location="", description="")


def test_a_link_removed_while_both_ways_was_off_is_never_added_again(engine: Engine) -> None:
    made(engine)
    on, off = engine.user, replace(engine.user, bidirectional=False)
    engine.store.save_user(TENANT, off, expected=on, by=BY)
    without_link(engine)
    engine.quiet()
    engine.store.save_user(TENANT, on, expected=off, by=BY)
    engine.change("m1", topic="New")
    engine.quiet()
    assert engine.link().state is LinkState.UNLINKED
    assert (engine.event().content.title, engine.event().content.location) == ("Planning", "")


def test_a_link_removed_from_an_event_that_moves_is_never_added_again(engine: Engine) -> None:
    made(engine)
    engine.select("primary")
    engine.quiet()
    without_link(engine)
    event = engine.provider.user_move("primary", engine.link().event_id, "other")
    engine.sync()
    assert engine.link().state is LinkState.GONE
    engine.clock.advance(timedelta(minutes=11))
    engine.select("primary", "other")
    engine.quiet()
    assert engine.link().state is LinkState.UNLINKED
    assert engine.provider.events["other", event.id] == event


@pytest.mark.parametrize("again", ["reselected", "reconnected"])
def test_a_link_removed_while_nobody_looked_is_never_added_again(engine: Engine, again: str) -> None:
    made(engine)
    if again == "reselected":
        engine.select("other")
        engine.quiet()
    without_link(engine)
    event = engine.event()
    if again == "reselected":
        engine.select("primary", "other")
    else:
        engine.connect()
    engine.quiet()
    assert engine.link().state is LinkState.UNLINKED
    assert engine.provider.events["primary", event.id] == event


def test_a_link_that_no_meeting_has_asks_the_platform_also_in_an_event_that_was_linked(engine: Engine) -> None:
    made(engine)
    edit(engine, location=link_of("unknown"), description="")
    engine.quiet()
    assert engine.link().state is LinkState.UNLINKED
    assert engine.stored()[engine.link().event_id].requested


# ------------------------------------------------------------------ mails


def test_a_series_cut_in_another_mailbox_mails_nobody(engine: Engine) -> None:
    made(engine, recurrence=WEEKLY, invitees=BOB)
    engine.provider.events.clear()
    engine.connect(mailbox="another")
    engine.quiet()
    engine.provider.mails.clear()
    cut = timed("2026-03-24T10:00")
    engine.provider.user_cut("primary", engine.event().id, cut, "following", EventWrite())
    engine.quiet()
    assert len(engine.record().meeting.parts) == 2
    engine.change("m1", 1, topic="Later")
    engine.quiet()
    assert engine.event("m1", 1).content.attendees == ()
    assert engine.provider.mails == []


@pytest.mark.parametrize(
    "who", [Attendee("owner@example.com", is_self=True), Attendee("bob@example.com", resource=True)]
)
def test_an_invitee_who_is_no_guest_is_not_written_again_and_again(engine: Engine, who: Attendee) -> None:
    made(engine, invitees=("bob@example.com", "owner@example.com"))
    others = tuple(a for a in engine.event().content.attendees if a.email != who.email)
    edit(engine, attendees=(*others, who))
    engine.quiet()
    before, mails = writes(engine), len(engine.provider.mails)
    engine.store.mark(TENANT, USER, ["m1"], engine.clock.now())
    engine.quiet()
    assert writes(engine) == before
    assert len(engine.provider.mails) == mails
    assert engine.part().invitees == ("bob@example.com", "owner@example.com")


def test_what_the_service_changes_in_what_we_write_is_not_written_again_and_the_lost_is_kept(engine: Engine) -> None:
    made(engine, invitees=BOB)
    update = engine.provider.update

    def trimming(calendar_id: str, event_id: str, etag: str, write: Any, *, notify: bool) -> Event:
        return update(calendar_id, event_id, etag, replace(write, title=(write.title or "").strip()), notify=notify)

    engine.provider.update = trimming  # type: ignore[method-assign]
    losers = record_losers(engine)
    engine.change("m1", topic="  New ")
    engine.quiet()
    assert engine.part().topic == "New"
    assert losers["m1"] == {("topic", "  New ")}
    before, mails = writes(engine), len(engine.provider.mails)
    edit(engine, description="Mine\n" + engine.event().content.description)
    engine.quiet()
    assert (writes(engine), len(engine.provider.mails)) == (before, mails)


def record_losers(engine: Engine) -> dict[str, set[tuple[str, str]]]:
    """What the ledger is told from now on, by meeting."""
    told: dict[str, set[tuple[str, str]]] = {}
    commit = engine.store.commit

    def recording(lease: Lease, changes: ChangeSet) -> None:
        commit(lease, changes)
        for record in changes.meetings:
            told.setdefault(record.meeting.id, set()).update(changes.by.losers)

    engine.store.commit = recording  # type: ignore[method-assign]
    return told


def test_losers_reach_the_ledger_with_the_meeting_that_lost_them(engine: Engine) -> None:
    made(engine)
    engine.put(meeting("m2", part("Second")))
    engine.sync()
    for id_ in ("m1", "m2"):
        event = engine.event(id_)
        engine.provider.user_put(replace(event, content=replace(event.content, title=f"By the user {id_}")))
        engine.change(id_, topic=f"By the platform {id_}")
    losers = record_losers(engine)
    engine.notified(0)
    assert losers == {i: {("topic", f"By the platform {i}")} for i in ("m1", "m2")}
    assert [engine.part(i).topic for i in ("m1", "m2")] == ["By the user m1", "By the user m2"]


def test_all_that_an_event_overrules_when_it_becomes_a_meeting_is_kept(engine: Engine) -> None:
    engine.provider.user_put(user_event("e1", "Lunch @meet"))
    engine.sync()
    losers = record_losers(engine)
    wanted = part("Dinner", "2026-03-11T20:00", private=True, invitees=BOB)
    engine.put(meeting("m1", wanted), requested=("primary", "e1"))
    engine.sync()
    assert {name for name, _ in losers["m1"]} == {"topic", "start", "end", "private", "invitees"}
    assert engine.provider.mails == []


# ------------------------------------------------------------------ exceptions


def test_an_exception_of_an_occurrence_that_does_not_exist_is_dropped_and_the_meeting_stays(engine: Engine) -> None:
    made(engine, recurrence=WEEKLY)
    losers = record_losers(engine)
    engine.change("m1", topic="New", exceptions=(PartException(timed("2026-03-18T10:00"), topic="Never"),))
    engine.quiet()
    assert engine.link().state is LinkState.LINKED
    assert engine.event().content.title == "New"
    assert engine.part().exceptions == ()
    assert [name for name, _ in losers["m1"]] == ["exceptions/2026-03-18T10:00:00[Europe/Berlin]"]
    before = writes(engine)
    engine.quiet()
    assert writes(engine) == before


def test_a_cancelled_occurrence_that_the_platform_brings_back_says_all_again(engine: Engine) -> None:
    day = timed("2026-03-17T10:00")
    made(engine, recurrence=WEEKLY, agenda="One", exceptions=(PartException(day, cancelled=True),))
    assert engine.event().overrides[0].cancelled
    engine.change("m1", exceptions=())
    engine.quiet()
    content = engine.event().overrides[0].content
    assert content is not None
    assert (content.title, content.start) == ("Planning", day)
    assert block.read(content.description) == block.Block(link_of("m1"), "One")


# ------------------------------------------------------------------ reconnected, selected again


def test_what_the_platform_changes_during_a_reconnection_is_written_by_the_run_that_matches_it(engine: Engine) -> None:
    made(engine)
    engine.connect()
    engine.change("m1", topic="New")
    engine.sync()
    assert engine.event().content.title == "New"


def test_two_parts_of_a_meeting_never_find_the_same_event(engine: Engine) -> None:
    made(engine, recurrence=WEEKLY)
    cut = timed("2026-03-24T10:00")
    engine.provider.user_cut("primary", engine.link().event_id, cut, "following", EventWrite())
    engine.quiet()
    for place in list(engine.provider.events):
        engine.provider.user_delete(*place)
    engine.provider.user_put(user_event("one", recurrence=WEEKLY, location=link_of("m1"), meeting_id="m1"))
    engine.connect()
    engine.quiet()
    states = [link and link.state for link in engine.record().links]
    assert states == [LinkState.LINKED, LinkState.AMBIGUOUS]


def test_a_calendar_selected_again_before_it_was_put_away_is_read_anew(engine: Engine) -> None:
    for n in range(3):
        engine.provider.user_put(user_event(f"e{n}"))
    engine.sync()
    engine.select("other")
    commit = engine.store.commit

    def dying(lease: Lease, changes: ChangeSet) -> None:
        commit(lease, changes)
        if changes.remove:
            raise RuntimeError("the process is gone")

    engine.store.commit = dying  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        engine.sync()
    engine.store.commit = commit  # type: ignore[method-assign]
    engine.select("primary", "other")
    engine.clock.advance(timedelta(minutes=5))
    engine.sync()
    assert set(engine.stored()) == {"e0", "e1", "e2"}


# ------------------------------------------------------------------ claims


def test_meetings_that_share_a_personal_room_keep_their_own_events(engine: Engine) -> None:
    room = link_of("room")
    for n in range(3):
        engine.put(replace(meeting(f"m{n}", part(f"Topic {n}", f"2026-03-1{n}T10:00")), join_url=room))
    engine.quiet()
    for n in range(3):
        engine.change(f"m{n}", topic=f"New {n}")
    engine.provider.forget_tokens()
    engine.quiet()
    engine.connect()
    engine.quiet()
    assert [engine.event(f"m{n}").content.title for n in range(3)] == ["New 0", "New 1", "New 2"]
    assert len(engine.provider.events) == 3


def test_many_events_with_one_link_cost_one_question_a_page(engine: Engine) -> None:
    made(engine)
    for n in range(50):
        engine.provider.user_put(user_event(f"e{n}", location=link_of("m1")))
    before = engine.provider.calls["get"]
    engine.sync()
    assert engine.provider.calls["get"] - before <= 1
    assert all(engine.stored()[f"e{n}"].meeting_id is None for n in range(50))


@pytest.mark.parametrize("organized_by_owner", [True, False])
def test_a_claim_with_our_marker_and_link_never_takes_over_and_is_never_written(
    engine: Engine, organized_by_owner: bool
) -> None:
    made(engine, invitees=BOB)
    hostile = user_event(
        "hostile",
        "<script>alert(1)</script>",
        "2026-03-10T10:00",
        location=link_of("m1"),
        description=engine.event().content.description,
        meeting_id="m1",
        organized_by_owner=organized_by_owner,
        organizer_email="mallory@example.org",
        ical_uid="hostile@example.org",
    )
    kept = engine.provider.user_put(hostile)
    engine.provider.forget_tokens()
    engine.quiet()
    engine.change("m1", topic="New")
    engine.quiet()
    engine.cancel("m1")
    engine.quiet()
    assert engine.provider.events == {("primary", "hostile"): kept}


def test_an_invitation_with_the_uid_of_our_event_is_no_place_to_which_it_moved(engine: Engine) -> None:
    made(engine)
    event = engine.event()
    engine.provider.user_delete("primary", event.id)
    kept = engine.provider.user_put(
        replace(event, id="forged", organized_by_owner=False, organizer_email="mallory@example.org")
    )
    engine.quiet()
    assert engine.record().meeting.cancelled
    assert engine.provider.events["primary", "forged"] == kept


def test_an_event_whose_organiser_changes_is_let_go_and_not_written(engine: Engine) -> None:
    made(engine)
    kept = engine.provider.user_put(
        replace(engine.event(), organized_by_owner=False, organizer_email="new@example.com")
    )
    engine.change("m1", topic="New")
    engine.quiet()
    assert engine.link().state is LinkState.UNLINKED
    assert engine.event() == kept


def test_a_link_whose_stored_event_forgot_it_is_found_again(engine: Engine) -> None:
    made(engine)
    stored = engine.stored()[engine.link().event_id]
    rows = engine.store._state.events
    rows[next(iter(rows))][stored.key] = replace(stored, meeting_id=None)
    edit(engine, title="Edited")
    engine.quiet()
    assert engine.part().topic == "Edited"


# ------------------------------------------------------------------ the platform cancels


def test_the_platform_cancels_while_the_event_is_on_the_move(engine: Engine) -> None:
    made(engine, invitees=BOB)
    engine.provider.user_move("primary", engine.link().event_id, "other")
    engine.notified(0)
    engine.provider.mails.clear()
    assert engine.link().state is LinkState.GONE
    engine.cancel("m1")
    engine.quiet()
    assert engine.provider.events == {}
    assert [mail.act for mail in engine.provider.mails] == ["delete"]


# ------------------------------------------------------------------ channels


def test_a_calendar_that_refuses_channels_is_asked_once_a_day() -> None:
    engine = Engine(
        MemoryCalendar(infos=[PRIMARY, CalendarInfo("holidays", "H", "UTC", False, False, False)]),
        public_url="https://bridge.example.com",
    )
    refusing = refuse_watch(engine, "holidays")
    for _ in range(6):
        engine.sync()
        engine.clock.advance(timedelta(hours=6))
    assert len(refusing) == 2
    calendar = engine.connection.calendar("holidays")
    assert isinstance(calendar, Calendar)
    assert calendar.subscription is None


def refuse_watch(engine: Engine, calendar_id: str) -> list[str]:
    asked: list[str] = []
    watch = engine.provider.watch

    def refusing(calendar: str, *args: Any) -> Any:
        if calendar == calendar_id:
            asked.append(calendar)
            raise Rejected("push is not supported for this calendar")
        return watch(calendar, *args)

    engine.provider.watch = refusing  # type: ignore[method-assign, assignment]
    return asked
