"""What every CalendarProvider does, whichever service is behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from meetbridge.errors import AlreadyExists, EtagMismatch, ItemNotFound, SyncTokenInvalid
from meetbridge.model.changes import EventWrite
from meetbridge.model.event import Attendee, Content, Event, Response, Visibility
from meetbridge.model.times import EventTime

from tests.contract.providers.conftest import Subject
from tests.contract.providers.mirror import Mirror

ZONE = "Europe/Berlin"
ID = "0123456789abcdefghijklmnop"


def at(month: int, day: int, hour: int = 9, minute: int = 0, fold: int = 0) -> EventTime:
    return EventTime(datetime(2026, month, day, hour, minute, fold=fold), ZONE)


SINGLE = EventWrite(
    title="Planning",
    start=at(3, 2),
    end=at(3, 2, 10),
    description="Agenda",
    location="Room 7",
    visibility=Visibility.PRIVATE,
    meeting_id="meeting-1",
)
WEEKLY = EventWrite(title="Weekly", start=at(10, 13), end=at(10, 13, 10), recurrence=("RRULE:FREQ=WEEKLY;COUNT=5",))
BEFORE_DST, AFTER_DST = at(10, 20), at(10, 27)
GUESTS = (Attendee("ann@guests.example", name="Ann"), Attendee("ben@guests.example", optional=True))


def made(subject: Subject, write: EventWrite, request_id: str = ID, *, notify: bool = False) -> Event:
    return subject.provider.create(subject.calendar, request_id, write, notify=notify)


def stored(subject: Subject, event: Event) -> Event:
    found = subject.provider.get(event.calendar_id, event.id)
    assert found is not None
    return found


def content_of(event: Event, recurrence_id: EventTime) -> Content | None:
    return next(o.content for o in event.overrides if o.recurrence_id == recurrence_id)


# ------------------------------------------------------------------ calendars


def test_calendars_tell_whose_they_are(subject: Subject) -> None:
    infos = {info.id: info for info in subject.provider.calendars()}
    assert [info.primary for info in infos.values()].count(True) == 1
    assert infos[subject.calendar].primary
    assert all(infos[key].owned and infos[key].writable for key in (subject.calendar, subject.second))
    assert any(not info.owned and not info.writable for info in infos.values())
    assert all(info.name and info.time_zone for info in infos.values())


# ------------------------------------------------------------------ changes


def test_a_round_without_a_token_lists_everything_and_one_with_it_what_changed(subject: Subject) -> None:
    first = made(subject, SINGLE)
    mirror = Mirror(subject.provider, subject.calendar)
    mirror.pull()
    assert mirror.events == {first.id: first}
    (page,) = mirror.pull()
    assert page.changes == ()

    second = made(subject, replace(SINGLE, title="Second"), "1" * 26)
    first = subject.provider.update(subject.calendar, first.id, first.etag, EventWrite(title="New"), notify=False)
    mirror.pull()
    assert mirror.events == {first.id: first, second.id: second}

    subject.provider.delete(subject.calendar, second.id, second.etag, notify=False)
    mirror.pull()
    assert mirror.events == {first.id: first}


def test_an_old_token_still_tells_all_that_came_after_it(subject: Subject) -> None:
    mirror = Mirror(subject.provider, subject.calendar)
    mirror.pull()
    again = replace(mirror, masters={}, exceptions={})
    event = made(subject, SINGLE)
    mirror.pull()
    again.pull()
    assert mirror.events == again.events == {event.id: event}


@pytest.mark.parametrize("count", [0, 1, 5, 6, 12])
def test_a_round_comes_in_pages_and_only_the_last_has_the_token(subject: Subject, count: int) -> None:
    events = [made(subject, replace(SINGLE, title=f"No {n}"), f"{n:026}") for n in range(count)]
    mirror = Mirror(subject.provider, subject.calendar)
    pages = mirror.pull()
    assert len(pages) == max(1, -(-count // subject.page_size))
    assert mirror.events == {event.id: event for event in events}


def test_a_later_round_comes_in_pages_too(subject: Subject) -> None:
    mirror = Mirror(subject.provider, subject.calendar)
    mirror.pull()
    events = [made(subject, replace(SINGLE, title=f"No {n}"), f"{n:026}") for n in range(7)]
    assert len(mirror.pull()) == 2
    assert mirror.events == {event.id: event for event in events}


def test_a_page_can_be_read_again(subject: Subject) -> None:
    for n in range(7):
        made(subject, replace(SINGLE, title=f"No {n}"), f"{n:026}")
    first = subject.provider.changes(subject.calendar, None, None)
    second = subject.provider.changes(subject.calendar, None, first.next_page)
    assert subject.provider.changes(subject.calendar, None, first.next_page).changes == second.changes


def test_calendars_are_told_apart(subject: Subject) -> None:
    made(subject, SINGLE)
    other = subject.provider.create(subject.second, "2" * 26, SINGLE, notify=False)
    mirror = Mirror(subject.provider, subject.second)
    mirror.pull()
    assert mirror.events == {other.id: other}
    assert other.calendar_id == subject.second


def test_a_forgotten_token_is_said_to_be_so(subject: Subject) -> None:
    made(subject, SINGLE)
    mirror = Mirror(subject.provider, subject.calendar)
    mirror.pull()
    subject.forget_tokens()
    with pytest.raises(SyncTokenInvalid):
        mirror.pull()
    again = Mirror(subject.provider, subject.calendar)
    again.pull()
    assert again.events == mirror.events


def test_no_changes_of_a_calendar_that_there_is_not(subject: Subject) -> None:
    with pytest.raises(ItemNotFound):
        subject.provider.changes("nowhere@group.calendar.google.com", None, None)


# ------------------------------------------------------------------ create, get, find


def test_a_new_event_is_what_was_written(subject: Subject) -> None:
    event = made(subject, SINGLE)
    assert event.content == Content(
        title="Planning",
        start=at(3, 2),
        end=at(3, 2, 10),
        description="Agenda",
        location="Room 7",
        visibility=Visibility.PRIVATE,
    )
    assert (event.calendar_id, event.meeting_id, event.recurrence) == (subject.calendar, "meeting-1", ())
    assert event.ical_uid
    assert event.etag
    assert event.organized_by_owner
    assert stored(subject, event) == event


def test_the_same_request_twice_makes_one_event(subject: Subject) -> None:
    first = made(subject, SINGLE)
    assert made(subject, SINGLE) == first
    mirror = Mirror(subject.provider, subject.calendar)
    mirror.pull()
    assert list(mirror.events) == [first.id]


def test_a_repeated_request_does_not_undo_what_came_after(subject: Subject) -> None:
    first = made(subject, SINGLE)
    changed = subject.provider.update(subject.calendar, first.id, first.etag, EventWrite(title="New"), notify=False)
    assert made(subject, SINGLE) == changed


def test_a_request_whose_event_is_deleted_makes_no_other(subject: Subject) -> None:
    event = made(subject, SINGLE)
    subject.provider.delete(subject.calendar, event.id, event.etag, notify=False)
    with pytest.raises(AlreadyExists):
        made(subject, SINGLE)


def test_no_event_where_there_is_none(subject: Subject) -> None:
    assert subject.provider.get(subject.calendar, "5" * 26) is None


def test_find_looks_into_every_calendar(subject: Subject) -> None:
    event = made(subject, WEEKLY)
    subject.provider.cancel_occurrence(subject.calendar, event, AFTER_DST, notify=False)
    other = subject.provider.create(subject.second, "2" * 26, SINGLE, notify=False)
    found = subject.provider.find(event.ical_uid)
    assert [(e.calendar_id, e.id, e.content, e.overrides) for e in found] == [
        (subject.calendar, event.id, event.content, ())
    ]
    assert list(subject.provider.find(other.ical_uid)) == [other]
    assert list(subject.provider.find("nobody@nowhere.example")) == []


def test_find_does_not_find_what_is_deleted(subject: Subject) -> None:
    event = made(subject, SINGLE)
    subject.provider.delete(subject.calendar, event.id, event.etag, notify=False)
    assert list(subject.provider.find(event.ical_uid)) == []


# ------------------------------------------------------------------ update


@pytest.mark.parametrize(
    ("write", "changed"),
    [
        (EventWrite(title="New"), {"title": "New"}),
        (EventWrite(title=""), {"title": ""}),
        (EventWrite(description=""), {"description": ""}),
        (EventWrite(location="Room 8"), {"location": "Room 8"}),
        (EventWrite(visibility=Visibility.DEFAULT), {"visibility": Visibility.DEFAULT}),
        (EventWrite(visibility=Visibility.PUBLIC), {"visibility": Visibility.PUBLIC}),
        (EventWrite(start=at(3, 3), end=at(3, 3, 11)), {"start": at(3, 3), "end": at(3, 3, 11)}),
        (
            EventWrite(start=EventTime(date(2026, 3, 2)), end=EventTime(date(2026, 3, 4))),
            {"start": EventTime(date(2026, 3, 2)), "end": EventTime(date(2026, 3, 4))},
        ),
    ],
)
def test_only_what_is_given_changes(subject: Subject, write: EventWrite, changed: dict[str, object]) -> None:
    event = made(subject, SINGLE)
    updated = subject.provider.update(subject.calendar, event.id, event.etag, write, notify=False)
    assert updated.content == replace(event.content, **changed)  # type: ignore[arg-type]
    assert updated.etag != event.etag
    assert (updated.meeting_id, updated.ical_uid) == ("meeting-1", event.ical_uid)
    assert stored(subject, event) == updated


def test_a_stale_etag_writes_nothing(subject: Subject) -> None:
    event = made(subject, SINGLE)
    current = subject.provider.update(subject.calendar, event.id, event.etag, EventWrite(title="User's"), notify=False)
    for write in (
        EventWrite(title="Ours"),
        EventWrite(attendees=GUESTS),
        EventWrite(meeting_id=""),
        EventWrite(start=EventTime(date(2026, 3, 2)), end=EventTime(date(2026, 3, 3))),
    ):
        with pytest.raises(EtagMismatch):
            subject.provider.update(subject.calendar, event.id, event.etag, write, notify=False)
    with pytest.raises(EtagMismatch):
        subject.provider.delete(subject.calendar, event.id, event.etag, notify=False)
    assert stored(subject, event) == current


def test_what_is_not_there_can_not_be_changed(subject: Subject) -> None:
    with pytest.raises(ItemNotFound):
        subject.provider.update(subject.calendar, "5" * 26, '"1"', EventWrite(title="New"), notify=False)


def test_the_marker_is_set_kept_and_taken_away(subject: Subject) -> None:
    event = made(subject, replace(SINGLE, meeting_id=None))
    assert event.meeting_id is None
    for marker, seen in (("m-1", "m-1"), (None, "m-1"), ("m-2", "m-2"), ("", None), ("", None)):
        write = EventWrite(title=f"With {marker}", meeting_id=marker)
        event = subject.provider.update(subject.calendar, event.id, event.etag, write, notify=False)
        assert event.meeting_id == seen
        assert stored(subject, event) == event


def test_attendees_are_the_whole_list(subject: Subject) -> None:
    event = made(subject, replace(SINGLE, attendees=GUESTS))
    assert event.content.attendees == GUESTS
    cleo = Attendee("cleo@guests.example")
    write = EventWrite(attendees=(GUESTS[1], cleo))
    event = subject.provider.update(subject.calendar, event.id, event.etag, write, notify=False)
    assert {a.email: a for a in event.content.attendees} == {a.email: a for a in (GUESTS[1], cleo)}
    event = subject.provider.update(subject.calendar, event.id, event.etag, EventWrite(attendees=()), notify=False)
    assert event.content.attendees == ()
    assert all(a.response is Response.NEEDS_ACTION for a in GUESTS)


# ------------------------------------------------------------------ delete


def test_a_deleted_event_is_gone_and_may_be_deleted_again(subject: Subject) -> None:
    event = made(subject, WEEKLY)
    subject.provider.update_occurrence(subject.calendar, event, BEFORE_DST, EventWrite(title="X"), notify=False)
    mirror = Mirror(subject.provider, subject.calendar)
    mirror.pull()
    event = stored(subject, event)
    subject.provider.delete(subject.calendar, event.id, event.etag, notify=False)
    subject.provider.delete(subject.calendar, event.id, event.etag, notify=False)
    assert subject.provider.get(subject.calendar, event.id) is None
    mirror.pull()
    assert mirror.events == {}


# ------------------------------------------------------------------ times


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (EventTime(date(2026, 3, 2)), EventTime(date(2026, 3, 3))),
        (EventTime(date(2026, 2, 27)), EventTime(date(2026, 3, 2))),
        (at(10, 25, 2, 30), at(10, 25, 3, 30)),
        (at(10, 25, 2, 30, fold=1), at(10, 25, 3, 30)),
        (at(3, 29, 1), at(3, 29, 4)),
        (EventTime(datetime(2026, 3, 2, 9), "America/St_Johns"), EventTime(datetime(2026, 3, 2, 18), ZONE)),
        (EventTime(datetime(2026, 3, 2, 9), "Asia/Kathmandu"), EventTime(datetime(2026, 3, 4, 9), "Asia/Kathmandu")),
        (EventTime(datetime(2026, 3, 2, 9), "UTC"), EventTime(datetime(2026, 3, 2, 9), "UTC")),
    ],
)
def test_times_come_back_as_they_were_written(subject: Subject, start: EventTime, end: EventTime) -> None:
    event = made(subject, EventWrite(title="When", start=start, end=end))
    for seen in (event, stored(subject, event)):
        assert (seen.content.start, seen.content.end) == (start, end)
        assert seen.content.start.instant == start.instant
    mirror = Mirror(subject.provider, subject.calendar)
    mirror.pull()
    assert mirror.events == {event.id: event}


# ------------------------------------------------------------------ series


def test_a_series_stays_a_series(subject: Subject) -> None:
    event = made(subject, WEEKLY)
    assert event.recurrence == ("RRULE:FREQ=WEEKLY;COUNT=5",)
    assert event.content.start == at(10, 13)
    mirror = Mirror(subject.provider, subject.calendar)
    mirror.pull()
    assert mirror.events == {event.id: event}


@pytest.mark.parametrize("recurrence_id", [BEFORE_DST, AFTER_DST])
def test_a_changed_occurrence_is_an_exception_of_its_series(subject: Subject, recurrence_id: EventTime) -> None:
    event = made(subject, WEEKLY)
    start, end = (
        EventTime(recurrence_id.local.replace(hour=14), ZONE),
        EventTime(recurrence_id.local.replace(hour=15), ZONE),
    )
    write = EventWrite(title="Later", start=start, end=end)
    override = subject.provider.update_occurrence(subject.calendar, event, recurrence_id, write, notify=False)
    assert override.recurrence_id == recurrence_id
    assert override.content == replace(event.content, title="Later", start=start, end=end)
    assert override.etag
    whole = stored(subject, event)
    assert whole.overrides == (override,)
    assert (whole.content, whole.recurrence) == (event.content, event.recurrence)


def test_a_cancelled_occurrence_is_an_exception_and_no_deletion(subject: Subject) -> None:
    event = made(subject, WEEKLY)
    override = subject.provider.cancel_occurrence(subject.calendar, event, AFTER_DST, notify=False)
    assert (override.recurrence_id, override.content) == (AFTER_DST, None)
    whole = stored(subject, event)
    assert whole.overrides == (override,)
    assert whole.content == event.content


def test_exceptions_reach_a_reader_of_changes_before_and_after(subject: Subject) -> None:
    event = made(subject, WEEKLY)
    early = Mirror(subject.provider, subject.calendar)
    early.pull()
    subject.provider.update_occurrence(subject.calendar, event, AFTER_DST, EventWrite(title="New"), notify=False)
    subject.provider.cancel_occurrence(subject.calendar, stored(subject, event), BEFORE_DST, notify=False)
    late = Mirror(subject.provider, subject.calendar)
    early.pull()
    late.pull()
    assert early.events == late.events == {event.id: stored(subject, event)}
    (seen,) = late.events.values()
    assert [o.recurrence_id for o in seen.overrides] == [BEFORE_DST, AFTER_DST]
    changed = content_of(seen, AFTER_DST)
    assert changed is not None
    assert (changed.title, changed.start, changed.end) == ("New", at(10, 27), at(10, 27, 10))
    assert content_of(seen, BEFORE_DST) is None


def test_an_exception_can_be_changed_again_and_then_cancelled(subject: Subject) -> None:
    event = made(subject, WEEKLY)
    subject.provider.update_occurrence(subject.calendar, event, AFTER_DST, EventWrite(title="One"), notify=False)
    event = stored(subject, event)
    write = EventWrite(location="Elsewhere")
    second = subject.provider.update_occurrence(subject.calendar, event, AFTER_DST, write, notify=False)
    assert second.content is not None
    assert (second.content.title, second.content.location) == ("One", "Elsewhere")
    event = stored(subject, event)
    last = subject.provider.cancel_occurrence(subject.calendar, event, AFTER_DST, notify=False)
    assert stored(subject, event).overrides == (last,)
    assert last.cancelled


def test_a_cancelled_occurrence_that_is_written_comes_back(subject: Subject) -> None:
    event = made(subject, WEEKLY)
    subject.provider.cancel_occurrence(subject.calendar, event, AFTER_DST, notify=False)
    seen = stored(subject, event)
    write = EventWrite(start=AFTER_DST, end=AFTER_DST.moved(timedelta(minutes=20)))
    back = subject.provider.update_occurrence(subject.calendar, seen, AFTER_DST, write, notify=False)
    assert back.content is not None
    assert (back.content.start, back.content.end) == (write.start, write.end)
    assert stored(subject, event).overrides == (back,)


def test_an_exception_that_changed_since_it_was_read_is_not_overwritten(subject: Subject) -> None:
    event = made(subject, WEEKLY)
    subject.provider.update_occurrence(subject.calendar, event, AFTER_DST, EventWrite(title="One"), notify=False)
    seen = stored(subject, event)
    subject.provider.update_occurrence(subject.calendar, seen, AFTER_DST, EventWrite(title="User's"), notify=False)
    with pytest.raises(EtagMismatch):
        subject.provider.update_occurrence(subject.calendar, seen, AFTER_DST, EventWrite(title="Ours"), notify=False)
    with pytest.raises(EtagMismatch):
        subject.provider.cancel_occurrence(subject.calendar, seen, AFTER_DST, notify=False)
    content = content_of(stored(subject, event), AFTER_DST)
    assert content is not None
    assert content.title == "User's"


def test_occurrences_of_an_all_day_series_are_dates(subject: Subject) -> None:
    day = EventTime(date(2026, 10, 26))
    start, end = EventTime(date(2026, 10, 25)), EventTime(date(2026, 10, 26))
    write = EventWrite(title="Days", start=start, end=end, recurrence=("RRULE:FREQ=DAILY;COUNT=4",))
    event = made(subject, write)
    override = subject.provider.update_occurrence(subject.calendar, event, day, EventWrite(title="One"), notify=False)
    assert override.recurrence_id == day
    assert override.content is not None
    assert (override.content.start, override.content.end) == (day, EventTime(date(2026, 10, 27)))
    gone = subject.provider.cancel_occurrence(subject.calendar, event, EventTime(date(2026, 10, 28)), notify=False)
    assert stored(subject, event).overrides == (override, gone)


def test_a_rule_is_changed_and_taken_away(subject: Subject) -> None:
    event = made(subject, WEEKLY)
    rule = ("RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Berlin:20261027T090000")
    event = subject.provider.update(subject.calendar, event.id, event.etag, EventWrite(recurrence=rule), notify=False)
    assert event.recurrence == rule
    event = subject.provider.update(subject.calendar, event.id, event.etag, EventWrite(recurrence=()), notify=False)
    assert event.recurrence == ()
    assert stored(subject, event) == event


# ------------------------------------------------------------------ mails


@pytest.mark.parametrize("notify", [True, False])
def test_guests_are_mailed_only_when_asked(subject: Subject, notify: bool) -> None:
    event = made(subject, replace(WEEKLY, attendees=GUESTS), notify=notify)
    steps = [subject.mailed()]
    event = subject.provider.update(subject.calendar, event.id, event.etag, EventWrite(title="New"), notify=notify)
    steps.append(subject.mailed())
    moved = EventWrite(start=at(10, 20, 14), end=at(10, 20, 15))
    subject.provider.update_occurrence(subject.calendar, event, BEFORE_DST, moved, notify=notify)
    steps.append(subject.mailed())
    subject.provider.cancel_occurrence(subject.calendar, event, AFTER_DST, notify=notify)
    steps.append(subject.mailed())
    event = stored(subject, event)
    subject.provider.delete(subject.calendar, event.id, event.etag, notify=notify)
    steps.append(subject.mailed())
    both = {"ann@guests.example", "ben@guests.example"}
    assert [len(step) for step in steps] == ([2, 4, 6, 8, 10] if notify else [0] * 5)
    assert set(steps[-1]) == (both if notify else set())
