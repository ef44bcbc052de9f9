"""Leases, commits, marks and reading: the same in memory and in the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from meetbridge.errors import LeaseLost, VersionConflict
from meetbridge.model.connection import Connection, ConnectionState
from meetbridge.model.ids import connection_key
from meetbridge.ports.repositories import ChangeSet, Lease, Marked, StoredEvent, SyncDue

from tests.support.clock import START, FakeClock
from tests.support.stored import (
    BY,
    CALENDAR,
    SECRET,
    TENANT,
    TOKEN,
    USER,
    calendar,
    connection,
    event,
    exception,
    record,
    series,
    stored,
    synced,
)

KEY = connection_key(TENANT, USER)
LATER = START + timedelta(hours=1)


@pytest.fixture
def conn(store: Any) -> Connection:
    store.connect(connection(), SECRET, TOKEN, replaced=None, by=BY)
    return connection()


@pytest.fixture
def lease(store: Any, conn: Connection) -> Lease:
    taken: Lease = store.acquire(conn, "run", START, 60)
    return taken


def current(store: Any) -> Connection:
    found: Connection = store.context(KEY).connection
    return found


def ids(*numbers: int) -> list[tuple[str, str]]:
    return [(CALENDAR, event(n).id) for n in numbers]


# ---------------------------------------------------------------- leases


def test_a_lease_is_held_by_one_run_until_it_ends(store: Any, conn: Connection) -> None:
    first = store.acquire(conn, "one", START, 60)
    assert first == Lease(KEY, 1, 1, START + timedelta(seconds=60), TENANT, USER)
    assert store.acquire(conn, "two", START, 60) is None
    later = store.acquire(conn, "two", first.until, 60)
    assert later.fence == 2
    with pytest.raises(LeaseLost):
        store.commit(first, ChangeSet())
    with pytest.raises(LeaseLost):
        store.release(first, {}, None)
    assert store.release(later, {}, None)


def test_a_run_that_asks_again_gets_its_lease_again(store: Any, conn: Connection) -> None:
    assert store.acquire(conn, "one", START, 60).fence == 1
    assert store.acquire(conn, "one", START, 60).fence == 2


def test_work_that_comes_in_meanwhile_makes_the_holder_run_again(store: Any, conn: Connection, lease: Lease) -> None:
    assert store.acquire(conn, "two", START, 60) is None
    assert not store.release(lease, {CALENDAR: START}, START)
    assert current(store).calendars[0].proved_at is None
    assert store.acquire(conn, "three", START, 60) is None
    assert not store.release(lease, {}, None)
    assert store.release(lease, {}, None)
    with pytest.raises(LeaseLost):
        store.commit(lease, ChangeSet())
    assert store.acquire(conn, "four", START, 60) is not None


def test_release_says_what_is_proved_and_when_it_is_due(store: Any, lease: Lease) -> None:
    due = START + timedelta(hours=6)
    assert store.release(lease, {CALENDAR: START}, due)
    assert current(store).calendars[0].proved_at == START
    assert current(store).due_at == due


def test_release_without_a_due_time_keeps_it(store: Any, lease: Lease) -> None:
    assert store.release(lease, {}, None)
    assert current(store).due_at == START


def test_a_connection_that_was_blocked_during_the_run_is_due_after_it_as_the_run_says(store: Any, lease: Lease) -> None:
    before = current(store)
    store.update(replace(before, state=ConnectionState.BLOCKED), expected=before, by=BY)
    assert store.release(lease, {}, LATER)
    assert current(store).due_at == LATER
    assert store.due(LATER, 5) == [SyncDue(KEY, 1, LATER)]


def test_who_finds_the_lease_held_makes_the_connection_due_when_it_ends(store: Any, conn: Connection) -> None:
    lease = store.acquire(conn, "one", START, 60)
    store.postpone(KEY, 1, LATER)
    assert store.acquire(conn, "two", START, 60) is None
    assert store.due(lease.until, 5) == [SyncDue(KEY, 1, lease.until)]
    store.postpone(KEY, 1, START)
    assert store.acquire(conn, "three", START, 60) is None
    assert current(store).due_at == START, "what is due earlier stays"


@pytest.mark.parametrize("resume", [False, True])
def test_a_run_that_is_to_be_resumed_is_due_when_its_lease_ends_however_often_it_is_extended(
    store: Any, conn: Connection, resume: bool
) -> None:
    lease = store.acquire(conn, "one", START, 60, resume=resume)
    assert (lease.resume, current(store).due_at) == (resume, lease.until if resume else START)
    longer = store.extend(lease, START + timedelta(seconds=40), 60)
    assert longer == replace(lease, until=START + timedelta(seconds=100))
    assert current(store).due_at == (longer.until if resume else START)
    assert store.acquire(conn, "two", lease.until, 60) is None
    assert store.acquire(conn, "three", longer.until, 60).fence == lease.fence + 1


def test_the_lease_of_before_an_extension_stays_good(store: Any, lease: Lease) -> None:
    store.save(TENANT, USER, record(), dirty=True, by=BY, now=START)
    assert store.dirty(lease, 9).ids == ("m1",)
    longer = store.extend(lease, START, 90)
    store.commit(longer, ChangeSet(clean=("m1",)))
    assert store.dirty(longer, 9).ids == ()
    store.commit(lease, ChangeSet(put=(stored(event(1)),)))
    assert store.release(lease, {}, None)


@pytest.mark.parametrize("end", ["released", "taken over", "ended"])
def test_a_lease_that_is_lost_is_not_extended(store: Any, conn: Connection, lease: Lease, end: str) -> None:
    if end == "released":
        store.release(lease, {}, None)
    elif end == "taken over":
        store.acquire(conn, "two", lease.until, 60)
    else:
        store.end([current(store)], reason="off", due_at=START, by=BY)
    with pytest.raises(LeaseLost):
        store.extend(lease, START, 60)


@pytest.mark.parametrize("change", [{"generation": 2}, {"user": "nobody"}])
def test_no_lease_for_what_is_not_there(store: Any, conn: Connection, change: dict[str, Any]) -> None:
    with pytest.raises(LeaseLost):
        store.acquire(replace(conn, **change), "run", START, 60)


# ---------------------------------------------------------------- commits


def test_what_was_committed_is_loaded(store: Any, lease: Lease) -> None:
    kept = stored(series(1, overrides=(exception(datetime(2026, 3, 3, 9)),)), round=3, seen=("2026-03-03T09:00:00",))
    linked = stored(event(2), meeting_id="m", requested=True)
    store.commit(lease, ChangeSet(put=(kept, linked), calendars=(synced(),)))
    found = store.load(lease, ids(1, 2, 3))
    assert set(found) == set(ids(1, 2))
    assert replace(found[ids(1)[0]], place=None) == kept
    assert replace(found[ids(2)[0]], place=None) == linked
    assert all(one.place for one in found.values())
    assert current(store).calendars == (synced(),)


def test_events_version_counts_what_the_user_sees(store: Any, lease: Lease) -> None:
    store.commit(lease, ChangeSet(put=(stored(event(1)),)))
    assert current(store).events_version == 1
    store.commit(lease, ChangeSet(calendars=(synced(),)))
    assert current(store).events_version == 1
    store.commit(lease, ChangeSet(remove=tuple(store.load(lease, ids(1)).values())))
    assert current(store).events_version == 2


@pytest.mark.parametrize("count", [1, 105])
def test_an_event_that_moves_is_found_once_at_its_new_day(
    store: Any, conn: Connection, lease: Lease, count: int
) -> None:
    store.commit(lease, ChangeSet(put=tuple(stored(event(n)) for n in range(count))))
    before = store.load(lease, ids(*range(count)))
    later = [replace(before[ids(n)[0]], event=event(n, datetime(2026, 5, 5, 10))) for n in range(count)]
    store.commit(lease, ChangeSet(put=tuple(later)))
    assert len(store.window(conn, date(2026, 3, 1), date(2026, 6, 1))) == count
    assert len(store.window(conn, date(2026, 5, 5), date(2026, 5, 5))) == count
    assert store.load(lease, ids(0))[ids(0)[0]].event.content.start.local == datetime(2026, 5, 5, 10)


@pytest.mark.parametrize("count", [1, 105])
def test_an_event_that_is_removed_is_gone_everywhere_and_may_come_again(
    store: Any, conn: Connection, lease: Lease, count: int
) -> None:
    some = tuple(stored(event(n)) for n in range(count))
    store.commit(lease, ChangeSet(put=some))
    store.commit(lease, ChangeSet(remove=tuple(store.load(lease, ids(*range(count))).values())))
    assert store.load(lease, ids(*range(count))) == {}
    assert list(store.window(conn, date.min, date.max)) == []
    assert store.event(conn, some[0].key) is None
    store.commit(lease, ChangeSet(put=some[:1]))
    assert store.event(conn, some[0].key).event == event(0)


def test_a_large_page_is_kept_as_a_small_one_is(store: Any, conn: Connection, lease: Lease) -> None:
    many = tuple(stored(event(n, datetime(2026, 1, 1 + n % 28, 9))) for n in range(300))
    page = replace(synced(), token=None, page="2")
    store.commit(lease, ChangeSet(put=many, calendars=(page,), meetings=(record("m"),)))
    assert {one.event for one in store.window(conn, date(2026, 1, 1), date(2026, 1, 31))} == {m.event for m in many}
    assert current(store).calendars == (page,)
    assert store.meeting(TENANT, USER, "m").version == 1


@pytest.mark.parametrize("count", [1, 130])
def test_meetings_are_written_with_their_version_or_nothing_is(store: Any, lease: Lease, count: int) -> None:
    store.commit(lease, ChangeSet(meetings=tuple(record(f"m{n}") for n in range(count))))
    read = store.meeting(TENANT, USER, "m0")
    store.save(TENANT, USER, read, dirty=False, by=BY, now=START)
    changes = ChangeSet(put=(stored(event(1)),), meetings=(read,), calendars=(synced(),))
    with pytest.raises(VersionConflict):
        store.commit(lease, changes)
    assert store.load(lease, ids(1)) == {}
    assert current(store).calendars == (calendar(),)


def test_a_stranger_reads_none_of_it(store: Any, lease: Lease) -> None:
    kept = stored(event(1))
    store.commit(lease, ChangeSet(put=(kept,), meetings=(record(),)))
    for other in (connection(tenant="other"), connection(user="bea"), connection(generation=2)):
        assert store.event(other, kept.key) is None
        assert list(store.window(other, date.min, date.max)) == []
    assert store.meeting("other", USER, "m1") is None
    assert store.meeting(TENANT, "bea", "m1") is None


# ---------------------------------------------------------------- rounds


def test_what_a_round_has_not_seen_comes_in_slices(store: Any, lease: Lease) -> None:
    old = [stored(event(n), round=1) for n in range(7)]
    new = [stored(event(n), round=2) for n in range(7, 10)]
    foreign = stored(replace(event(20), calendar_id="other"), round=0)
    lost = stored(series(11, overrides=(exception(datetime(2026, 3, 3, 9)),)), round=2)
    seen = replace(stored(series(12, overrides=lost.event.overrides), round=2), seen=("2026-03-03T09:00:00",))
    store.commit(lease, ChangeSet(put=(*old, *new, foreign, lost, seen)))
    found: list[StoredEvent] = []
    cursor = None
    while True:
        part = store.unseen(lease, synced(round=2), cursor, 3)
        found += part.items
        cursor = part.next
        if cursor is None:
            break
    assert sorted(one.key for one in found) == sorted(one.key for one in (*old, lost))


# ---------------------------------------------------------------- meetings and marks


def test_a_meeting_is_saved_by_version(store: Any) -> None:
    first = store.save(TENANT, USER, record(), dirty=False, by=BY, now=START)
    assert first == store.meeting(TENANT, USER, "m1") == record(version=1)
    second = store.save(TENANT, USER, first, dirty=False, by=BY, now=START)
    assert second.version == 2
    for stale in (record(), first):
        with pytest.raises(VersionConflict):
            store.save(TENANT, USER, stale, dirty=True, by=BY, now=START)


def test_meetings_come_by_id_and_in_slices(store: Any) -> None:
    for n in range(7):
        store.save(TENANT, USER, record(f"m{n}"), dirty=False, by=BY, now=START)
    assert set(store.meetings(TENANT, USER, ["m1", "m5", "none"])) == {"m1", "m5"}
    assert store.meetings(TENANT, USER, []) == {}
    first = store.all_meetings(TENANT, USER, None, 4)
    rest = store.all_meetings(TENANT, USER, first.next, 4)
    assert [one.meeting.id for one in (*first.items, *rest.items)] == [f"m{n}" for n in range(7)]
    assert rest.next is None


def test_marks_are_found_when_their_time_has_come(store: Any, lease: Lease, clock: FakeClock) -> None:
    store.save(TENANT, USER, record("now"), dirty=True, by=BY, now=START)
    store.save(TENANT, USER, record("clean"), dirty=False, by=BY, now=START)
    store.mark(TENANT, USER, ["later"], START + timedelta(minutes=10))
    assert store.dirty(lease, 9) == Marked(("now",), START + timedelta(minutes=10))
    clock.advance(600)
    assert sorted(store.dirty(lease, 9).ids) == ["later", "now"]
    assert store.dirty(lease, 9).next_at is None
    assert len(store.dirty(lease, 1).ids) == 1


def test_the_earlier_of_two_marks_counts(store: Any, lease: Lease, clock: FakeClock) -> None:
    store.save(TENANT, USER, record("m"), dirty=True, by=BY, now=START)
    store.mark(TENANT, USER, ["m", "n"], START + timedelta(minutes=10))
    store.mark(TENANT, USER, ["n"], START)
    assert sorted(store.dirty(lease, 9).ids) == ["m", "n"]


def test_a_mark_that_is_done_is_gone(store: Any, lease: Lease) -> None:
    saved = store.save(TENANT, USER, record(), dirty=True, by=BY, now=START)
    store.mark(TENANT, USER, ["other"], START)
    assert len(store.dirty(lease, 9).ids) == 2
    store.commit(lease, ChangeSet(meetings=(saved,), clean=("m1", "other", "never")))
    assert list(store.dirty(lease, 9).ids) == []


def test_a_change_that_came_after_the_mark_was_read_keeps_its_mark(store: Any, lease: Lease) -> None:
    saved = store.save(TENANT, USER, record(), dirty=True, by=BY, now=START)
    store.dirty(lease, 9)
    store.save(TENANT, USER, saved, dirty=True, by=BY, now=START)
    store.commit(lease, ChangeSet(clean=("m1",)))
    assert list(store.dirty(lease, 9).ids) == ["m1"]


def test_a_mark_of_the_future_can_be_taken_away_unread_and_one_of_now_cannot(
    store: Any, lease: Lease, clock: FakeClock
) -> None:
    store.mark(TENANT, USER, ["grace"], START + timedelta(minutes=10))
    store.save(TENANT, USER, record("m"), dirty=True, by=BY, now=START)
    store.commit(lease, ChangeSet(clean=("grace", "m")))
    clock.advance(600)
    assert list(store.dirty(lease, 9).ids) == ["m"]


# ---------------------------------------------------------------- windows


@pytest.mark.parametrize(
    ("name", "value", "inside"),
    [
        ("on the day", event(1, datetime(2026, 3, 10, 10)), True),
        ("the day before", event(1, datetime(2026, 3, 8, 10)), False),
        ("the day after", event(1, datetime(2026, 3, 11, 10)), False),
        ("over midnight into the day", event(1, datetime(2026, 3, 9, 23), 4), True),
        ("of several days across", event(1, datetime(2026, 3, 5, 9), 200), True),
        ("of several days, over", event(1, datetime(2026, 2, 1, 9), 100), False),
        ("endless series", series(1), True),
        ("series that ended", series(1, datetime(2026, 1, 6, 9), "RRULE:FREQ=WEEKLY;UNTIL=20260201T000000Z"), False),
        ("series counted to its end", series(1, datetime(2026, 1, 6, 9), "RRULE:FREQ=DAILY;COUNT=5"), False),
        ("series counted beyond", series(1, datetime(2026, 1, 6, 9), "RRULE:FREQ=WEEKLY;COUNT=10"), True),
    ],
)
def test_a_window_holds_what_touches_it(
    store: Any, conn: Connection, lease: Lease, name: str, value: Any, inside: bool
) -> None:
    store.commit(lease, ChangeSet(put=(stored(value),)))
    assert bool(store.window(conn, date(2026, 3, 10), date(2026, 3, 10))) is inside
    assert store.event(conn, stored(value).key).event == value
