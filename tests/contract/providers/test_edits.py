"""A user's edits of a series (S11), by each scope, through the Google adapter: what Google then shows of the series."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from meetbridge.errors import EtagMismatch
from meetbridge.model.account import User
from meetbridge.model.changes import EventWrite
from meetbridge.model.connection import Calendar, Connection
from meetbridge.model.ids import connection_key, event_key
from meetbridge.model.times import EventTime
from meetbridge.ports.jobs import SyncJob
from meetbridge.ports.provider import AccessToken, CalendarProvider
from meetbridge.ports.repositories import ChangeSet, Context, StoredEvent
from meetbridge.queues.memory import MemoryQueue
from meetbridge.services.event_edit import EventEditing, Scope
from meetbridge.services.events import Events
from meetbridge.storage.memory import MemoryStore
from meetbridge.sync.expand import occurrences

from tests.contract.providers.conftest import Subject
from tests.contract.providers.mirror import Mirror
from tests.support.clock import START, FakeClock
from tests.support.small_app import BY, TENANT, caller, connection

ZONE = "Europe/Berlin"
FIRST, LAST = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
Held = list[tuple[str, str]]


def at(day: int, hour: int = 9, month: int = 10) -> EventTime:
    return EventTime(datetime(2026, month, day, hour), ZONE)


WEEKLY = EventWrite(title="Weekly", start=at(13), end=at(13, 10), recurrence=("RRULE:FREQ=WEEKLY;COUNT=5",))
UNTOUCHED = [("10-13 09", "Weekly"), ("10-20 09", "Weekly"), ("10-27 09", "Weekly"), ("11-03 09", "Apart")]


class Editing:
    """One user's services over the mailbox; the series has an exception of its own on 3 November."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.store, self.queue = MemoryStore(FakeClock()), MemoryQueue()
        calendar = Calendar(subject.calendar, 0, "Work", ZONE, primary=True, selected=True)
        made = connection(calendars=(calendar,), default_calendar=subject.calendar)
        self.store.save_user(TENANT, User("ann", "ann@example.com"), expected=None, by=BY)
        self.store.connect(made, "refresh", AccessToken("t", START + timedelta(hours=1)), replaced=None, by=BY)
        events = Events(self.store, self.store, self.store, ())
        self.editing = EventEditing(self.store, events, self, self.queue)  # type: ignore[arg-type]
        series = subject.provider.create(subject.calendar, "a" * 26, WEEKLY, notify=False)
        apart = EventWrite(title="Apart")
        subject.provider.update_occurrence(subject.calendar, series, at(3, month=11), apart, notify=False)
        self.key = self.sync(series.id)

    def open(self, _: Context) -> CalendarProvider:
        """As Mailboxes.open."""
        return self.subject.provider

    @property
    def connection(self) -> Connection:
        found = self.store.context(connection_key(TENANT, "ann")).connection
        assert found is not None
        return found

    def sync(self, event_id: str) -> str:
        """The event as the service has it, into the table."""
        event = self.subject.provider.get(self.subject.calendar, event_id)
        assert event is not None
        lease = self.store.acquire(self.connection, "test", START, 60)
        assert lease is not None
        key = event_key(event.calendar_id, event.id)
        self.store.commit(lease, ChangeSet(put=(StoredEvent(key, event),)))
        self.store.release(lease, {}, None)
        return key

    def held(self) -> Held:
        """What the service shows of all series, occurrence by occurrence."""
        mirror = Mirror(self.subject.provider, self.subject.calendar)
        mirror.pull()
        shown = [o for event in mirror.events.values() for o in occurrences(event, FIRST, LAST)]
        said = [(o.content.start.local.strftime("%m-%d %H"), o.content.title) for o in shown]
        return sorted(said)


@pytest.fixture
def edit(google_subject: Subject) -> Editing:
    return Editing(google_subject)


RETITLED = EventWrite(title="New")
MOVED = EventWrite(start=at(27, 11), end=at(27, 12))


@pytest.mark.parametrize(
    ("write", "scope", "held"),
    [
        (RETITLED, Scope.THIS, [*UNTOUCHED[:2], ("10-27 09", "New"), UNTOUCHED[3], ("11-10 09", "Weekly")]),
        (MOVED, Scope.THIS, [*UNTOUCHED[:2], ("10-27 11", "Weekly"), UNTOUCHED[3], ("11-10 09", "Weekly")]),
        (RETITLED, Scope.FOLLOWING, [*UNTOUCHED[:2], ("10-27 09", "New"), ("11-03 09", "Apart"), ("11-10 09", "New")]),
        (
            MOVED,
            Scope.FOLLOWING,
            [*UNTOUCHED[:2], ("10-27 11", "Weekly"), ("11-03 11", "Apart"), ("11-10 11", "Weekly")],
        ),
        (
            RETITLED,
            Scope.ALL,
            [("10-13 09", "New"), ("10-20 09", "New"), ("10-27 09", "New"), ("11-03 09", "Apart"), ("11-10 09", "New")],
        ),
    ],
    ids=["this title", "this time", "following title", "following time", "all title"],
)
def test_an_edit_changes_what_its_scope_says(edit: Editing, write: EventWrite, scope: Scope, held: Held) -> None:
    target = edit.editing.target(caller(), f"{edit.key}_20261027T090000")
    shown = edit.editing.change(caller(), target, write, scope)
    assert edit.held() == held
    assert shown.content.title == (write.title or "Weekly")
    assert list(edit.queue.urgent) == [SyncJob(connection_key(TENANT, "ann"), 1, (0,))]


@pytest.mark.parametrize(
    ("scope", "held"),
    [
        (Scope.THIS, [*UNTOUCHED[:2], UNTOUCHED[3], ("11-10 09", "Weekly")]),
        (Scope.FOLLOWING, UNTOUCHED[:2]),
        (Scope.ALL, []),
    ],
)
def test_a_deletion_takes_away_what_its_scope_says(edit: Editing, scope: Scope, held: Held) -> None:
    target = edit.editing.target(caller(), f"{edit.key}_20261027T090000")
    edit.editing.delete(caller(), target, scope)
    assert edit.held() == held


@pytest.mark.parametrize("scope", [Scope.FOLLOWING, Scope.ALL])
def test_a_series_that_changed_at_the_service_is_left_alone(edit: Editing, scope: Scope) -> None:
    target = edit.editing.target(caller(), f"{edit.key}_20261027T090000")
    event = target.event
    edit.subject.provider.update(event.calendar_id, event.id, event.etag, EventWrite(title="Theirs"), notify=False)
    before = edit.held()
    with pytest.raises(EtagMismatch):
        edit.editing.change(caller(), target, RETITLED, scope)
    assert edit.held() == before
    assert not edit.queue.urgent
