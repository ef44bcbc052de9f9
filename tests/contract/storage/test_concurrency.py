"""Eight threads at once: a lease is taken once, a version is written once, a code is used once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

from meetbridge.errors import LeaseLost, MeetbridgeError, NotFound, VersionConflict
from meetbridge.model.account import Settings
from meetbridge.model.connection import Permissions
from meetbridge.model.ids import connection_key
from meetbridge.ports.repositories import Attempt, ChangeSet
from meetbridge.storage.dynamodb import DynamoStore

from tests.support.clock import START
from tests.support.stored import BY, CALENDAR, SECRET, TENANT, TOKEN, USER, connection, event, record, stored

KEY = connection_key(TENANT, USER)


def at_once(call: Callable[[int], Any]) -> list[Any]:
    """Eight results, errors of ours among them."""

    def one(n: int) -> Any:
        try:
            return call(n)
        except MeetbridgeError as e:
            return e

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(8)))


def connected(store: DynamoStore) -> None:
    store.connect(connection(), SECRET, TOKEN, replaced=None, by=BY)


def test_one_of_eight_gets_the_lease_and_learns_of_the_others(dynamo: DynamoStore) -> None:
    connected(dynamo)
    leases = [one for one in at_once(lambda n: dynamo.acquire(connection(), f"run{n}", START, 60)) if one]
    assert len(leases) == 1
    assert not dynamo.release(leases[0], {}, None)
    assert dynamo.release(leases[0], {}, None)


def test_one_of_eight_saves_a_version(dynamo: DynamoStore) -> None:
    results = at_once(lambda n: dynamo.save(TENANT, USER, record(revision=n), dirty=True, by=BY, now=START))
    saved = [one for one in results if not isinstance(one, MeetbridgeError)]
    assert len(saved) == 1
    assert all(isinstance(one, VersionConflict) for one in results if one not in saved)
    assert dynamo.meeting(TENANT, USER, "m1") == saved[0]


def test_one_of_eight_changes_the_settings(dynamo: DynamoStore) -> None:
    results = at_once(lambda n: dynamo.save_settings(TENANT, Settings(), expected=0, by=BY, now=START, job_id=f"j{n}"))
    assert sum(not isinstance(one, MeetbridgeError) for one in results) == 1
    assert len(dynamo.audit(TENANT, None, 20).items) == 1


def test_one_of_eight_takes_an_attempt(dynamo: DynamoStore) -> None:
    until = START + timedelta(minutes=10)
    dynamo.begin(Attempt("i", "h" * 64, TENANT, USER, "google", Permissions(), "v", "https://x/cb", until))
    dynamo.park(KEY, "h" * 64, "code", None, START)
    results = at_once(lambda _: dynamo.take(TENANT, USER, "i", START))
    assert sum(isinstance(one, NotFound) for one in results) == 7


def test_commits_of_the_holder_all_count_and_a_stale_one_does_not(dynamo: DynamoStore) -> None:
    connected(dynamo)
    lease = dynamo.acquire(connection(), "run", START, 60)
    assert lease is not None
    results = at_once(lambda n: dynamo.commit(lease, ChangeSet(put=(stored(event(n)),), by=BY)))
    assert results == [None] * 8
    held = dynamo.context(KEY).connection
    assert held is not None
    assert held.events_version == 8
    assert len(dynamo.load(lease, [(CALENDAR, event(n).id) for n in range(8)])) == 8
    stale = replace(lease, fence=lease.fence - 1)
    assert all(isinstance(one, LeaseLost) for one in at_once(lambda _: dynamo.commit(stale, ChangeSet(clean=("m",)))))


def test_ending_wins_over_a_run_whichever_comes_first(dynamo: DynamoStore) -> None:
    connected(dynamo)
    lease = dynamo.acquire(connection(), "run", START, 60)
    assert lease is not None

    def act(n: int) -> None:
        if n == 4:
            dynamo.end([connection()], reason="off", due_at=START, by=BY)
        else:
            dynamo.commit(lease, ChangeSet(put=(stored(event(n)),), by=BY))

    results = at_once(act)
    assert results[4] is None
    assert all(one is None or isinstance(one, LeaseLost) for one in results)
    ended = dynamo.context(KEY).connection
    assert ended is not None
    assert ended.state == "disconnected"
