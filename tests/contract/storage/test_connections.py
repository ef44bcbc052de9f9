"""Connections, secrets, ended generations and what is due: the same in memory and in the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from meetbridge.errors import LeaseLost, VersionConflict
from meetbridge.model.account import Settings, User
from meetbridge.model.connection import Connection, ConnectionState, Mailbox
from meetbridge.model.ids import connection_key
from meetbridge.ports.provider import AccessToken
from meetbridge.ports.repositories import AccountJobRecord, ChangeSet, Gone, SyncDue

from tests.support.clock import START
from tests.support.stored import BY, SECRET, TENANT, TOKEN, USER, calendar, connection, event, stored, synced

KEY = connection_key(TENANT, USER)
LATER = START + timedelta(hours=1)


def connected(store: Any, value: Connection | None = None, replaced: Connection | None = None) -> Connection:
    value = value or connection()
    store.connect(value, SECRET, TOKEN, replaced=replaced, by=BY)
    found: Connection = store.context(connection_key(value.tenant, value.user)).connection
    return found


def token_of(store: Any) -> AccessToken:
    context = store.context(KEY)
    opened: AccessToken = store.opened(context.connection, context.access_token)
    return opened


def test_the_context_is_all_that_a_run_decides_by(store: Any) -> None:
    empty = store.context(KEY)
    assert (empty.account.version, empty.user, empty.connection, empty.access_token) == (0, None, None, None)
    store.save_settings(TENANT, Settings(locked=True), expected=0, by=BY, now=START, job_id="j")
    store.save_user(TENANT, User(USER, "a@example.com"), expected=None, by=BY)
    assert connected(store) == connection()
    full = store.context(KEY, consistent=False)
    assert full.account.settings.locked
    assert full.user == User(USER, "a@example.com")
    assert store.opened(full.connection, full.access_token) == TOKEN
    assert store.context(connection_key("other", USER)).connection is None


class Closed:
    """A vault that nobody may open."""

    def open(self, tenant: str, context: str, sealed: bytes) -> str:
        raise AssertionError("a secret was opened")


def test_a_context_is_read_without_opening_a_secret(dynamo: Any) -> None:
    connected(dynamo)
    dynamo._vault = Closed()
    sealed = dynamo.context(KEY).access_token
    assert (sealed.expires_at, TOKEN.value.encode() in sealed.sealed) == (TOKEN.expires_at, False)


def test_two_connections_at_once_leave_one(store: Any) -> None:
    connected(store)
    with pytest.raises(VersionConflict):
        store.connect(connection(generation=2), "second", TOKEN, replaced=None, by=BY)
    assert store.refresh_secret(connection()) == SECRET


def test_what_is_replaced_is_due_to_be_taken_down_at_once(store: Any) -> None:
    old = connected(store, connection(calendars=(synced(),)))
    new = connected(store, connection(generation=2, mailbox=Mailbox("other", "o@example.com")), old)
    assert new.generation == 2
    assert store.gone(KEY, 1) == Gone(TENANT, USER, 1, "google", old.calendars, revoke=True)
    assert SyncDue(KEY, 1, START, gone=True) in store.due(START, 10)
    assert store.gone_secret(store.gone(KEY, 1)) == SECRET
    with pytest.raises(VersionConflict):
        store.connect(connection(generation=3), SECRET, TOKEN, replaced=old, by=BY)


def test_a_new_grant_of_the_same_mailbox_is_not_revoked_with_the_old(store: Any) -> None:
    old = connected(store)
    connected(store, connection(generation=2), old)
    assert not store.gone(KEY, 1).revoke


def test_nor_is_it_where_the_old_one_had_ended_before(store: Any) -> None:
    store.end([connected(store)], reason="left", due_at=START, by=BY)
    ended = store.context(KEY).connection
    connected(store, connection(generation=2), ended)
    assert not store.gone(KEY, 1).revoke


def test_tokens_are_of_their_generation(store: Any) -> None:
    old = connected(store)
    fresh = AccessToken("fresh", LATER)
    store.save_tokens(old, fresh, "rotated")
    assert token_of(store) == fresh
    assert store.refresh_secret(old) == "rotated"
    store.save_tokens(old, TOKEN, None)
    assert store.refresh_secret(old) == "rotated"
    new = connected(store, connection(generation=2), old)
    with pytest.raises(VersionConflict):
        store.save_tokens(old, fresh, None)
    assert token_of(store) == TOKEN
    assert store.refresh_secret(new) == SECRET


def test_an_update_writes_what_is_not_the_syncs(store: Any) -> None:
    before = connected(store)
    lease = store.acquire(before, "run", START, 60)
    store.commit(lease, ChangeSet(put=(stored(event(1)),), calendars=(synced(),)))
    chosen = (replace(before.calendars[0], selected=False, token="not ours to write"), calendar("second", 1))
    after = store.update(
        replace(before, calendars=chosen, default_calendar="second", failures=2, fence=99), expected=before, by=BY
    )
    assert after == store.context(KEY).connection
    assert (after.version, after.failures, after.default_calendar) == (1, 2, "second")
    assert (after.fence, after.events_version, after.due_at) == (lease.fence, 1, START)
    assert after.calendars == (synced(selected=False), calendar("second", 1))
    assert store.release(lease, {}, None)


def test_an_update_of_what_has_changed_is_refused(store: Any) -> None:
    before = connected(store)
    store.update(replace(before, reason="one"), expected=before, by=BY)
    with pytest.raises(VersionConflict):
        store.update(replace(before, reason="two"), expected=before, by=BY)
    assert store.context(KEY).connection.reason == "one"


def test_an_update_leaves_the_due_time_to_the_sweep_unless_it_changes_it(store: Any) -> None:
    before = connected(store)
    store.postpone(KEY, 1, LATER)
    same = store.update(replace(before, failures=1), expected=before, by=BY)
    assert same.due_at == LATER
    moved = store.update(replace(same, due_at=START), expected=same, by=BY)
    assert moved.due_at == START
    assert store.due(START, 10) == [SyncDue(KEY, 1, START)]


@pytest.mark.parametrize("state", [ConnectionState.BLOCKED, ConnectionState.NEEDS_REAUTHORIZATION])
def test_one_that_may_not_sync_stays_due_but_gives_no_lease(store: Any, state: ConnectionState) -> None:
    before = connected(store)
    stopped = store.update(replace(before, state=state), expected=before, by=BY)
    assert store.due(START, 10) == [SyncDue(KEY, 1, START)]
    with pytest.raises(LeaseLost):
        store.acquire(stopped, "run", START, 60)
    ended = store.context(KEY).connection
    store.end([ended], reason="left", due_at=LATER, by=BY)
    assert store.due(LATER, 10) == [SyncDue(KEY, 1, LATER, gone=True)]


def test_a_due_time_that_has_changed_meanwhile_is_not_moved(store: Any) -> None:
    before = connected(store)
    store.postpone(KEY, 1, LATER, expected=START - timedelta(seconds=1))
    assert store.context(KEY).connection.due_at == START
    store.postpone(KEY, 1, LATER, expected=START)
    assert store.context(KEY).connection.due_at == LATER
    store.end([before], reason="left", due_at=START, by=BY)
    store.postpone(KEY, 1, LATER, expected=LATER)
    assert store.due(START, 10) == [SyncDue(KEY, 1, START, gone=True)]
    store.postpone(KEY, 1, LATER, expected=START)
    assert store.due(LATER, 10) == [SyncDue(KEY, 1, LATER, gone=True)]


def test_a_calendar_that_left_and_came_again_starts_anew(store: Any) -> None:
    before = connected(store, connection(calendars=(synced(),)))
    without = store.update(replace(before, calendars=()), expected=before, by=BY)
    again = store.update(replace(without, calendars=(calendar(),)), expected=without, by=BY)
    assert again.calendars == (calendar(),)


def test_ending_fences_off_the_run_and_leaves_a_gone(store: Any) -> None:
    before = connected(store, connection(calendars=(synced(),)))
    lease = store.acquire(before, "run", START, 60)
    job = AccountJobRecord("j", TENANT, "apply_settings", "running", 1, done=1)
    store.end([before], reason="locked", due_at=LATER, by=BY, job=job)
    with pytest.raises(LeaseLost):
        store.commit(lease, ChangeSet(put=(stored(event(1)),)))
    with pytest.raises(LeaseLost):
        store.release(lease, {}, None)
    context = store.context(KEY)
    assert (context.connection.state, context.connection.reason) == (ConnectionState.DISCONNECTED, "locked")
    assert (context.connection.calendars, context.connection.due_at, context.access_token) == ((), None, None)
    assert context.connection.mailbox == before.mailbox
    assert store.gone(KEY, 1).calendars == (synced(),)
    assert store.due(LATER, 10) == [SyncDue(KEY, 1, LATER, gone=True)]
    assert store.job(TENANT, "j") == job


def test_25_end_together_or_not_at_all(store: Any) -> None:
    some = [connected(store, connection(user=f"u{n}")) for n in range(25)]
    stale = replace(some[3], generation=7)
    with pytest.raises(VersionConflict):
        store.end([*some[:3], stale], reason="off", due_at=START, by=BY)
    assert all(c.state is ConnectionState.CONNECTED for c in store.connections(TENANT, None, 30).items)
    store.end(some, reason="off", due_at=START, by=BY)
    assert all(c.state is ConnectionState.DISCONNECTED for c in store.connections(TENANT, None, 30).items)
    with pytest.raises(VersionConflict):
        store.end(some[:1], reason="again", due_at=START, by=BY)


def test_connections_come_in_slices_each_once_without_what_is_gone(store: Any) -> None:
    some = {f"u{n}": connected(store, connection(user=f"u{n}")) for n in range(11)}
    connected(store, connection(tenant="other"))
    store.end([some["u3"]], reason="x", due_at=START, by=BY)
    seen, cursor = [], None
    while True:
        part = store.connections(TENANT, cursor, 4)
        seen += [c.user for c in part.items]
        cursor = part.next
        if cursor is None:
            break
    assert sorted(seen) == sorted(some)


def test_forgetting_goes_step_by_step_and_ends(store: Any) -> None:
    before = connected(store)
    lease = store.acquire(before, "run", START, 60)
    store.commit(lease, ChangeSet(put=tuple(stored(event(n)) for n in range(7))))
    store.end([before], reason="left", due_at=START, by=BY)
    gone = store.gone(KEY, 1)
    steps = 1
    while not store.forget(gone, limit=3):
        steps += 1
        assert store.gone(KEY, 1) == gone
    assert steps >= 3
    assert (store.gone(KEY, 1), store.gone_secret(gone), store.event(before, stored(event(1)).key)) == (None,) * 3
    assert list(store.due(LATER, 10)) == []
    assert store.forget(gone, limit=3)


def test_what_is_due_comes_in_order_of_time_and_can_be_postponed(store: Any) -> None:
    for n in range(6):
        connected(store, connection(user=f"u{n}", due_at=START - timedelta(minutes=n)))
    connected(store, connection(user="later", due_at=LATER))
    store.end([store.context(connection_key(TENANT, "u0")).connection], reason="x", due_at=START, by=BY)
    first = store.due(START, 3)
    assert [due.due_at for due in first] == [START - timedelta(minutes=n) for n in (5, 4, 3)]
    for due in store.due(START, 10):
        store.postpone(due.key, due.generation, LATER)
    assert list(store.due(START, 10)) == []
    assert len(store.due(LATER, 10)) == 7
    store.postpone(connection_key(TENANT, "nobody"), 1, START)
    assert list(store.due(START, 10)) == []
