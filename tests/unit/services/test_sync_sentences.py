"""Each sentence of 'Meeting and event', as a test of the whole engine over memory, with both ways of series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from meetbridge.model.account import User
from meetbridge.model.changes import EventWrite
from meetbridge.model.connection import Access, MeetingsForEvents
from meetbridge.model.event import Attendee, Response, Visibility
from meetbridge.model.meeting import CalendarState, InviteBy, LinkState, MadeBy, PartException
from meetbridge.model.times import EventTime
from meetbridge.ports.provider import CalendarInfo, Capabilities
from meetbridge.sync import block

from tests.support.engine import BY, TENANT, WEEKLY, Engine, guests, link_of, meeting, part, timed, user_event
from tests.support.memory_provider import Mail, MemoryCalendar

PRIMARY = CalendarInfo("primary", "Work", "Europe/Berlin", True, True, True)
OTHER = CalendarInfo("other", "Other", "Europe/Berlin", False, True, True)
SHARED = CalendarInfo("shared", "Boss", "Europe/Berlin", False, False, True)
BOB = ("bob@example.com",)


@pytest.fixture(params=[False, True], ids=["masters_and_exceptions_apart", "masters_complete"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return Engine(MemoryCalendar(complete_masters=request.param, infos=[PRIMARY, OTHER]))


def made(engine: Engine, **members: Any) -> None:
    engine.put(meeting("m1", part(**members)))
    engine.sync()


def writes(engine: Engine) -> int:
    names = ("create", "update", "delete", "update_occurrence", "cancel_occurrence")
    return sum(engine.provider.calls[name] for name in names)


def edit(engine: Engine, **content: object) -> None:
    event = engine.event()
    engine.provider.user_put(replace(event, content=replace(event.content, **content)))  # type: ignore[arg-type]


# ------------------------------------------------------------------ scope


@pytest.mark.parametrize(
    ("wanted", "event", "asked"),
    [
        (MeetingsForEvents.MARKED, {"title": "Lunch"}, False),
        (MeetingsForEvents.MARKED, {"title": "Lunch @Meet"}, True),
        (MeetingsForEvents.MARKED, {"location": "@meet"}, True),
        (MeetingsForEvents.NONE, {"title": "Lunch @meet"}, False),
        (MeetingsForEvents.NONE, {"location": "https://meet.example.com/j/77"}, True),
        (MeetingsForEvents.MARKED, {"location": "https://meet.example.com.evil.org/j/77"}, False),
        (MeetingsForEvents.MARKED, {"attendees": guests("bob@example.com")}, False),
        (MeetingsForEvents.WITH_GUESTS, {"attendees": guests("bob@example.com")}, True),
        (MeetingsForEvents.WITH_GUESTS, {"attendees": (Attendee("room@example.com", resource=True),)}, False),
        (MeetingsForEvents.WITH_GUESTS, {"title": "@meet", "organized_by_owner": False}, False),
        (MeetingsForEvents.MARKED, {"title": "@meet", "start": "2026-02-20T10:00"}, False),
    ],
)
def test_an_event_asks_for_a_meeting_only_if_its_owner_organises_it_and_it_has_a_link_or_the_marker(
    wanted: MeetingsForEvents, event: dict[str, object], asked: bool
) -> None:
    engine = Engine()
    user = replace(engine.user, meetings_for_events=wanted)
    engine.store.save_user(TENANT, user, expected=engine.user, by=BY)
    engine.provider.user_put(user_event("e1", **event))  # type: ignore[arg-type]
    engine.sync()
    assert engine.stored()["e1"].requested is asked


def test_for_a_marked_event_the_platform_answers_and_the_link_is_written_into_the_event(engine: Engine) -> None:
    engine.provider.user_put(user_event("e1", "Lunch @meet", description="Bring <b>food</b>", attendees=guests(*BOB)))
    engine.sync()
    engine.put(meeting("m1", part("Lunch @meet", "2026-03-11T12:00", invitees=BOB)), requested=("primary", "e1"))
    engine.sync()
    description = engine.event().content.description
    assert engine.link().made_by is MadeBy.USER
    assert block.strip(description) == "Bring <b>food</b>"
    assert block.read(description) == block.Block(link_of("m1"), "")
    assert engine.provider.mails == []
    assert engine.record().calendar_state is CalendarState.IN_CALENDAR


def test_an_event_with_the_link_already_is_linked_and_not_written(engine: Engine) -> None:
    engine.provider.user_put(user_event("e1", location=link_of("m1")))
    engine.sync()
    engine.put(meeting("m1", part("Lunch", "2026-03-11T12:00")), requested=("primary", "e1"))
    engine.sync()
    assert writes(engine) == 0
    assert engine.link().event_id == "e1"


# ------------------------------------------------------------------ fields


@pytest.mark.parametrize(
    ("content", "changed"),
    [
        ({"title": "New"}, {"topic": "New"}),
        (
            {"start": timed("2026-03-12T10:00"), "end": timed("2026-03-12T11:00")},
            {"start": timed("2026-03-12T10:00"), "end": timed("2026-03-12T11:00")},
        ),
        ({"visibility": Visibility.PRIVATE}, {"private": True}),
        ({"visibility": Visibility.UNKNOWN}, {"private": True}),
        ({"attendees": guests("Carol@Example.com")}, {"invitees": ("carol@example.com",)}),
    ],
)
def test_fields_merged_flow_from_the_calendar(
    engine: Engine, content: dict[str, object], changed: dict[str, object]
) -> None:
    made(engine)
    before = writes(engine)
    edit(engine, **content)
    engine.quiet()
    assert engine.part() == replace(part(), **changed)  # type: ignore[arg-type]
    assert writes(engine) == before


def test_the_agenda_flows_from_our_block_as_the_service_s_editor_rewrites_it(engine: Engine) -> None:
    made(engine, agenda="One\nTwo")
    html = engine.event().content.description.replace("\n", "<br>").replace("Two", "<b>Two</b> &amp; a half")
    edit(engine, description=f"<p>Mine</p>{html}<p>Mine too</p>")
    engine.quiet()
    assert engine.part().agenda == "One\nTwo & a half"
    engine.change("m1", agenda="Three")
    engine.sync()
    text = engine.event().content.description
    assert text.startswith("<p>Mine</p>")
    assert text.endswith("<p>Mine too</p>")
    assert block.read(text) == block.Block(link_of("m1"), "Three")


def test_fields_that_are_the_calendar_s_alone_are_kept(engine: Engine) -> None:
    made(engine, invitees=BOB)
    room = Attendee("room@example.com", resource=True)
    bob = Attendee("bob@example.com", "Bob", Response.ACCEPTED, optional=True)
    edit(engine, attendees=(bob, room), transparent=True)
    engine.quiet()
    engine.change("m1", invitees=("bob@example.com", "carol@example.com"))
    engine.sync()
    assert engine.event().content.attendees == (bob, room, Attendee("carol@example.com"))
    assert engine.event().content.transparent


def test_attendees_that_the_service_left_out_are_never_written(engine: Engine) -> None:
    made(engine, invitees=BOB)
    edit(engine, attendees=(), attendees_omitted=True)
    engine.sync()
    engine.change("m1", topic="New")
    engine.sync()
    assert engine.event().content.attendees == ()
    assert engine.part().invitees == BOB


def test_both_sides_changed_is_merged_field_by_field_and_the_calendar_wins_a_conflict(engine: Engine) -> None:
    made(engine, agenda="Old")
    edit(engine, title="Calendar's", visibility=Visibility.PRIVATE)
    engine.change("m1", topic="Platform's", agenda="New")
    engine.quiet()
    assert engine.part() == part("Calendar's", agenda="New", private=True)
    assert engine.link().base == engine.part()
    assert block.read(engine.event().content.description) == block.Block(link_of("m1"), "New")


# ------------------------------------------------------------------ inviting


def test_invite_by_calendar_the_service_mails_once_for_each_act_of_the_user(engine: Engine) -> None:
    made(engine, invitees=BOB)
    engine.change("m1", topic="New")
    engine.quiet()
    id_ = engine.link().event_id
    assert engine.provider.mails == [Mail("create", id_, BOB), Mail("update", id_, BOB)]


def test_invite_by_platform_writes_no_attendees_and_mails_nobody(engine: Engine) -> None:
    engine.put(meeting("m1", part(invitees=BOB), invite_by=InviteBy.PLATFORM))
    engine.sync()
    assert engine.event().content.attendees == ()
    edit(engine, attendees=guests("carol@example.com"))
    engine.sync()
    engine.change("m1", topic="New", invitees=())
    engine.quiet()
    assert engine.event().content.title == "New"
    assert engine.event().content.attendees == guests("carol@example.com")
    assert engine.part().invitees == ()
    assert engine.provider.mails == []


def test_from_platform_to_calendar_the_invitees_become_attendees_once_and_get_mail(engine: Engine) -> None:
    engine.put(meeting("m1", part(invitees=BOB), invite_by=InviteBy.PLATFORM))
    engine.quiet()
    edit(engine, attendees=guests("carol@example.com"))
    engine.quiet()
    before = writes(engine)
    engine.put(replace(engine.record().meeting, invite_by=InviteBy.CALENDAR))
    engine.quiet()
    both = (*BOB, "carol@example.com")
    assert {a.email for a in engine.event().content.attendees} == set(both)
    assert engine.part().invitees == both
    assert writes(engine) == before + 1
    assert [(mail.act, sorted(mail.to)) for mail in engine.provider.mails] == [("update", sorted(both))]


def test_from_platform_to_calendar_before_the_answer_to_the_create_invites_too(engine: Engine) -> None:
    engine.put(meeting("m1", part(invitees=BOB), invite_by=InviteBy.PLATFORM))
    engine.provider.fail("create", after=True)
    engine.sync()
    engine.put(replace(engine.record().meeting, invite_by=InviteBy.CALENDAR))
    engine.quiet()
    assert [a.email for a in engine.event().content.attendees] == list(BOB)
    assert engine.part().invitees == BOB


def test_from_calendar_to_platform_the_attendees_stay_and_nobody_gets_mail(engine: Engine) -> None:
    made(engine, invitees=BOB)
    before = engine.event().content.attendees
    engine.provider.mails.clear()
    now = engine.record().meeting
    parts = tuple(replace(p, invitees=("dave@example.com",)) for p in now.parts)
    engine.put(replace(now, parts=parts, invite_by=InviteBy.PLATFORM))
    engine.quiet()
    assert engine.event().content.attendees == before
    assert engine.part().invitees == ("dave@example.com",)
    assert engine.provider.mails == []


def test_where_the_service_can_t_be_kept_from_mailing_repairs_wait() -> None:
    engine = Engine(MemoryCalendar(capabilities=Capabilities(silent_writes=False)))
    engine.provider.user_put(user_event("e1", "@meet", attendees=guests(*BOB)))
    engine.sync()
    engine.put(meeting("m1", part("@meet", "2026-03-11T12:00", invitees=BOB)), requested=("primary", "e1"))
    engine.quiet()
    assert engine.provider.mails == []
    assert writes(engine) == 0


# ------------------------------------------------------------------ copies, moved, copied


def test_an_attendee_s_copy_is_never_linked_and_deleting_it_changes_nothing(engine: Engine) -> None:
    made(engine)
    engine.provider.user_put(
        user_event("copy", location=link_of("m1"), organized_by_owner=False, organizer_email="bob@example.com")
    )
    engine.sync()
    before = engine.record()
    engine.provider.user_delete("primary", "copy")
    engine.quiet()
    assert engine.record() == before


def test_moved_to_another_selected_calendar_stays_linked(engine: Engine) -> None:
    made(engine)
    engine.provider.user_move("primary", engine.link().event_id, "other")
    engine.quiet()
    assert engine.link().calendar_id == "other"
    assert engine.link().state is LinkState.LINKED
    assert not engine.record().meeting.cancelled
    engine.change("m1", topic="New")
    engine.sync()
    assert engine.event().content.title == "New"


def test_moved_to_a_calendar_that_is_not_selected_is_outside_selection_and_the_meeting_stays(engine: Engine) -> None:
    engine.select("primary")
    made(engine)
    engine.provider.user_move("primary", engine.link().event_id, "other")
    engine.quiet()
    assert engine.record().calendar_state is CalendarState.OUTSIDE_SELECTION
    assert not engine.record().meeting.cancelled


def test_copied_the_recorded_event_keeps_the_meeting_and_the_copy_is_never_written_or_deleted(engine: Engine) -> None:
    made(engine)
    original = engine.link().event_id
    copy = engine.provider.user_copy("primary", original, "copy")
    engine.quiet()
    engine.change("m1", topic="New")
    engine.quiet()
    assert engine.link().event_id == original
    assert engine.provider.events["primary", "copy"] == copy
    assert engine.stored()["copy"].meeting_id is None
    engine.cancel("m1")
    engine.quiet()
    assert engine.provider.events["primary", "copy"] == copy


# ------------------------------------------------------------------ deselected, reconnected


def test_deselected_unlinks_cancels_nothing_and_is_remembered_for_30_days(engine: Engine) -> None:
    made(engine)
    engine.select("other")
    engine.quiet()
    assert engine.link().state is LinkState.DORMANT
    assert engine.stored() == {}
    assert not engine.record().meeting.cancelled
    engine.select("primary", "other")
    engine.quiet()
    assert engine.link().state is LinkState.LINKED


def test_after_30_days_a_deselected_calendar_s_events_are_not_linked_again(engine: Engine) -> None:
    made(engine, start=timed("2026-06-10T10:00"), end=timed("2026-06-10T11:00"))
    engine.select("other")
    engine.quiet()
    engine.clock.advance(timedelta(days=31))
    engine.select("primary", "other")
    engine.quiet()
    assert engine.link().state is LinkState.DORMANT


def test_sharing_lost_unlinks_and_cancels_nothing(engine: Engine) -> None:
    made(engine)
    engine.provider.infos.remove(PRIMARY)
    engine.quiet()
    assert engine.link().state is LinkState.DORMANT
    assert not engine.record().meeting.cancelled
    calendar = engine.connection.calendar("primary")
    assert calendar is not None
    assert not calendar.selected


def test_calendars_owned_by_others_are_never_linked() -> None:
    engine = Engine(MemoryCalendar(infos=[PRIMARY, SHARED]))
    engine.provider.user_put(user_event("e1", "@meet", calendar_id="shared", location=link_of("m1")))
    engine.sync()
    assert not engine.stored()["e1"].requested


def test_reconnected_to_the_same_mailbox_is_matched_again_and_nothing_is_written(engine: Engine) -> None:
    made(engine)
    before = writes(engine)
    edit(engine, title="Edited meanwhile")
    engine.connect()
    engine.quiet()
    assert engine.link().generation == 2
    assert engine.link().state is LinkState.LINKED
    assert engine.part().topic == "Edited meanwhile"
    assert writes(engine) == before
    assert not engine.connection.relink


def test_reconnected_what_is_ambiguous_waits_and_nothing_is_written(engine: Engine) -> None:
    made(engine)
    before = writes(engine)
    event = engine.event()
    for new_id in ("a", "b"):
        engine.provider.user_copy("primary", event.id, new_id)
    engine.provider.user_delete("primary", event.id)
    engine.connect()
    engine.quiet()
    assert engine.link().state is LinkState.AMBIGUOUS
    assert engine.record().calendar_state is CalendarState.PAUSED
    assert writes(engine) == before


def test_reconnected_to_another_mailbox_future_meetings_are_made_anew_without_attendees(engine: Engine) -> None:
    made(engine, invitees=BOB)
    engine.provider.events.clear()
    engine.provider.mails.clear()
    engine.connect(mailbox="another")
    engine.quiet()
    assert engine.event().content.attendees == ()
    assert engine.part().invitees == BOB
    engine.change("m1", topic="New")
    engine.quiet()
    assert engine.event().content.title == "New"
    assert engine.event().content.attendees == ()
    assert engine.provider.mails == []


# ------------------------------------------------------------------ edits of a series


def moved(hours: int) -> Callable[[EventTime], EventTime]:
    return lambda time: EventTime(time.local + timedelta(hours=hours), time.zone)


def test_edits_of_this_are_an_exception_both_ways(engine: Engine) -> None:
    made(engine, recurrence=WEEKLY)
    first, second = timed("2026-03-17T10:00"), timed("2026-03-24T10:00")
    engine.provider.user_edit_occurrence("primary", engine.link().event_id, first, EventWrite(title="Special"))
    engine.provider.user_cancel_occurrence("primary", engine.link().event_id, second)
    engine.quiet()
    special = PartException(first, topic="Special")
    assert engine.part().exceptions == (special, PartException(second, cancelled=True))
    later = PartException(timed("2026-03-31T10:00"), start=timed("2026-03-31T12:00"), end=timed("2026-03-31T13:00"))
    engine.change("m1", exceptions=(special, later))
    engine.quiet()
    contents = {o.recurrence_id.local.day: o.content for o in engine.event().overrides}
    assert contents[17] is not None
    assert contents[17].title == "Special"
    assert contents[24] is not None
    assert contents[24].start == second
    assert contents[31] is not None
    assert contents[31].start == timed("2026-03-31T12:00")
    assert engine.link().base.exceptions == (special, later)


def test_edits_of_all_change_the_master_and_exceptions_survive(engine: Engine) -> None:
    special = PartException(timed("2026-03-17T10:00"), topic="Special")
    made(engine, recurrence=WEEKLY, exceptions=(special,))
    now = moved(1)
    engine.change(
        "m1",
        start=now(part().start),
        end=now(part().end),
        exceptions=(replace(special, recurrence_id=now(special.recurrence_id)),),
    )
    engine.quiet()
    assert engine.event().content.start == timed("2026-03-10T11:00")
    assert [o.content.title for o in engine.event().overrides if o.content] == ["Special"]
    edit(engine, start=timed("2026-03-10T14:00"), end=timed("2026-03-10T15:00"))
    engine.quiet()
    assert engine.part().start == timed("2026-03-10T14:00")
    assert [e.topic for e in engine.part().exceptions] == ["Special"]


def test_edits_of_following_in_the_calendar_are_one_meeting_with_two_segments(engine: Engine) -> None:
    made(engine, recurrence=WEEKLY, invitees=BOB)
    mails = list(engine.provider.mails)
    id_ = engine.link().event_id
    engine.provider.user_cut("primary", id_, timed("2026-03-24T10:00"), "following", EventWrite(title="Later"))
    engine.quiet()
    record = engine.record()
    assert [p.topic for p in record.meeting.parts] == ["Planning", "Later"]
    assert [link and link.event_id for link in record.links] == [id_, "following"]
    assert record.meeting.parts[1].start == timed("2026-03-24T10:00")
    assert engine.provider.mails == mails
    engine.change("m1", 1, topic="Later still")
    engine.quiet()
    assert engine.event("m1", 1).content.title == "Later still"
    assert engine.event("m1", 0).content.title == "Planning"


def test_edits_of_following_on_the_platform_cut_the_event_and_make_a_second_one_with_the_same_link(
    engine: Engine,
) -> None:
    made(engine, recurrence=WEEKLY)
    cut = ("RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20260324T085959Z",)
    now = engine.record().meeting
    second = part("Later", "2026-03-24T11:00", recurrence=WEEKLY)
    engine.put(replace(now, parts=(replace(now.parts[0], recurrence=cut), second)))
    engine.quiet()
    assert engine.event("m1", 0).recurrence == cut
    assert engine.event("m1", 1).content.location == link_of("m1")
    assert engine.event("m1", 1).recurrence == WEEKLY
    assert len(engine.provider.events) == 2


# ------------------------------------------------------------------ times, horizon


def test_all_day_stays_dates_and_several_days_are_one_event(engine: Engine) -> None:
    first, after = EventTime(timed("2026-03-10T00:00").local.date()), EventTime(timed("2026-03-13T00:00").local.date())
    made(engine, start=first, end=after)
    assert (engine.event().content.start, engine.event().content.end) == (first, after)
    assert len(engine.provider.events) == 1


def test_series_compare_by_local_start_zone_and_rule(engine: Engine) -> None:
    made(engine, recurrence=WEEKLY)
    before = engine.part()
    event = engine.event()
    engine.provider.user_put(replace(event, recurrence=("RRULE:BYDAY=TU;FREQ=WEEKLY;INTERVAL=1;WKST=MO",)))
    engine.quiet()
    assert engine.part() == before


def test_ended_events_are_never_written_and_deleting_them_cancels_nothing(engine: Engine) -> None:
    made(engine)
    engine.clock.advance(timedelta(days=30))
    before = writes(engine)
    engine.change("m1", topic="New")
    engine.quiet()
    assert writes(engine) == before
    engine.provider.user_delete("primary", engine.link().event_id)
    engine.quiet()
    assert not engine.record().meeting.cancelled
    assert engine.record().calendar_state is CalendarState.ENDED


def test_a_meeting_put_off_after_its_event_has_ended_gets_a_new_event_and_the_past_stays(engine: Engine) -> None:
    made(engine)
    old = engine.event()
    engine.clock.advance(timedelta(days=30))
    engine.change("m1", start=timed("2026-05-10T10:00"), end=timed("2026-05-10T11:00"))
    engine.quiet()
    assert engine.provider.events["primary", old.id] == old
    assert engine.event().content.start == timed("2026-05-10T10:00")
    assert len(engine.provider.events) == 2


# ------------------------------------------------------------------ deleted, links, the platform cancels


def test_deleted_the_organiser_s_event_cancels_the_meeting_after_10_minutes_and_not_before(engine: Engine) -> None:
    made(engine)
    engine.provider.user_delete("primary", engine.link().event_id)
    engine.sync()
    assert engine.link().state is LinkState.GONE
    engine.clock.advance(timedelta(minutes=9))
    engine.sync()
    assert not engine.record().meeting.cancelled
    engine.clock.advance(timedelta(minutes=2))
    engine.sync()
    assert engine.record().meeting.cancelled
    assert engine.record().calendar_state is CalendarState.CANCELLED


def test_deleted_and_back_within_the_grace_stays_linked(engine: Engine) -> None:
    made(engine)
    event = engine.event()
    engine.provider.user_delete("primary", event.id)
    engine.sync()
    engine.provider.user_put(event)
    engine.quiet()
    assert engine.link().state is LinkState.LINKED
    assert not engine.record().meeting.cancelled


def test_link_removed_by_the_user_unlinks_keeps_the_meeting_and_is_never_added_again(engine: Engine) -> None:
    made(engine)
    edit(engine, location="", description="")
    engine.sync()
    assert engine.link().state is LinkState.UNLINKED
    engine.change("m1", topic="New", agenda="New")
    engine.quiet()
    event = engine.event()
    assert (event.content.title, event.content.location, event.content.description) == ("Planning", "", "")
    assert not engine.record().meeting.cancelled
    assert engine.record().calendar_state is CalendarState.UNLINKED


def test_a_link_to_another_own_meeting_relinks(engine: Engine) -> None:
    made(engine)
    engine.put(meeting("m2", part("Second", "2026-03-12T10:00")))
    engine.sync()
    second = engine.event("m2")
    engine.provider.user_put(replace(second, content=replace(second.content, location="", description="")))
    engine.sync()
    edit(engine, location=link_of("m2"), description="")
    engine.quiet()
    assert engine.link("m1").state is LinkState.UNLINKED
    assert engine.link("m2").state is LinkState.LINKED
    assert engine.link("m2").event_id == engine.link("m1").event_id
    assert engine.part("m2").topic == "Planning"


def test_a_new_link_of_the_platform_replaces_the_old_one(engine: Engine) -> None:
    made(engine)
    engine.put(replace(engine.record().meeting, join_url=link_of("new")))
    engine.quiet()
    assert engine.event().content.location == link_of("new")
    assert block.read(engine.event().content.description) == block.Block(link_of("new"), "")
    assert engine.link().state is LinkState.LINKED


def test_other_vendors_conferences_are_neither_written_nor_removed(engine: Engine) -> None:
    made(engine)
    edit(engine, conference_urls=("https://meet.google.com/abc-defg-hij",))
    engine.change("m1", topic="New")
    engine.quiet()
    assert engine.event().content.conference_urls == ("https://meet.google.com/abc-defg-hij",)


def test_the_platform_cancels_an_event_that_we_made_and_attendees_are_told_once(engine: Engine) -> None:
    made(engine, invitees=BOB)
    id_ = engine.link().event_id
    engine.cancel("m1")
    engine.quiet()
    assert engine.provider.events == {}
    assert engine.provider.mails == [Mail("create", id_, BOB), Mail("delete", id_, BOB)]


def test_the_platform_cancels_and_an_event_that_the_user_made_loses_our_block_and_nothing_else(engine: Engine) -> None:
    original = engine.provider.user_put(user_event("e1", "@meet", description="Mine", attendees=guests(*BOB)))
    engine.sync()
    engine.put(meeting("m1", part("@meet", "2026-03-11T12:00", invitees=BOB)), requested=("primary", "e1"))
    engine.sync()
    engine.cancel("m1")
    engine.quiet()
    event = engine.provider.events["primary", "e1"]
    assert event == replace(original, etag=event.etag)
    assert engine.provider.mails == []


# ------------------------------------------------------------------ permissions


def test_with_read_permission_nothing_is_written_and_the_calendar_still_flows() -> None:
    engine = Engine(access=Access.READ)
    engine.put(meeting("m1"))
    engine.provider.user_put(user_event("e1", location=link_of("m2")))
    engine.sync()
    assert engine.record("m1").calendar_state is CalendarState.READ_ONLY
    engine.put(meeting("m2", part("Lunch", "2026-03-11T12:00")), requested=("primary", "e1"))
    engine.sync()
    event = engine.event("m2")
    engine.provider.user_put(replace(event, content=replace(event.content, title="Edited")))
    engine.quiet()
    assert engine.part("m2").topic == "Edited"
    assert writes(engine) == 0


def test_both_ways_switched_off_nothing_flows_and_nothing_is_lost(engine: Engine) -> None:
    made(engine)
    on: User = engine.user
    off = replace(on, bidirectional=False)
    engine.store.save_user(TENANT, off, expected=on, by=BY)
    before = writes(engine)
    edit(engine, title="Edited")
    engine.change("m1", agenda="New")
    engine.quiet()
    assert engine.part().topic == "Planning"
    assert writes(engine) == before
    engine.store.save_user(TENANT, on, expected=off, by=BY)
    engine.quiet()
    assert engine.part() == part("Edited", agenda="New")
    assert engine.link().base == engine.part()
