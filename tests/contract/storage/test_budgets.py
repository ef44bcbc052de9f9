"""What the table is asked for, counted: calls as sent, units as the published rules count them from items' sizes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any

import pytest
from meetbridge.model.account import Settings, User
from meetbridge.model.ids import connection_key, short
from meetbridge.ports.repositories import AccountJobRecord, ChangeSet
from meetbridge.storage.dynamodb import DynamoStore
from meetbridge.storage.vault import FileKeys, TableVault

from tests.support import dynoxide
from tests.support.clock import START, FakeClock
from tests.support.meter import Meter
from tests.support.stored import (
    BY,
    CALENDAR,
    SECRET,
    TENANT,
    TOKEN,
    USER,
    connection,
    event,
    exception,
    series,
    stored,
    synced,
)

KEY = connection_key(TENANT, USER)


@pytest.fixture
def meter(engine_client: Any, request: pytest.FixtureRequest) -> Meter:
    name = f"budget-{short(request.node.nodeid)}"
    dynoxide.make_table(engine_client, name)
    return Meter(engine_client, name)


@pytest.fixture
def store(meter: Meter, clock: FakeClock, tmp_path: Any) -> DynamoStore:
    table = meter.table
    held = DynamoStore(meter, table, TableVault(meter, table, FileKeys(tmp_path / "key"), clock), clock)
    held.save_settings(TENANT, Settings(), expected=0, by=BY, now=START, job_id="j")
    held.save_user(TENANT, User(USER, "anna@example.com"), expected=None, by=BY)
    held.connect(connection(calendars=(synced(), synced(1))), SECRET, TOKEN, replaced=None, by=BY)
    meter.reset()
    return held


def test_a_sync_without_change_costs_one_read_and_two_writes_of_one_unit(store: DynamoStore, meter: Meter) -> None:
    held = store.context(KEY).connection
    assert held is not None
    lease = store.acquire(held, "r" * 26, START, 150)
    assert lease is not None
    assert store.release(lease, {CALENDAR: START}, START + timedelta(hours=6))
    assert meter.calls == {"batch_get_item": 1, "update_item": 2}
    assert meter.written == 2


@pytest.mark.parametrize("k", [1, 10, 25])
def test_k_changes_cost_one_transaction_of_two_units_each_and_two_for_the_connection(
    store: DynamoStore, meter: Meter, k: int
) -> None:
    lease = store.acquire(connection(), "run", START, 150)
    assert lease is not None
    store.commit(lease, ChangeSet(put=tuple(stored(event(n)) for n in range(k)), by=BY))
    found = store.load(lease, [(CALENDAR, event(n).id) for n in range(k)])
    changed = tuple(replace(one, event=replace(one.event, etag='"new"')) for one in found.values())
    meter.reset()
    store.commit(lease, ChangeSet(put=changed, calendars=(synced(),), by=BY))
    assert meter.calls == {"transact_write_items": 1}
    assert meter.written == 2 * (k + 1)


def test_a_new_event_costs_its_entry_in_the_directory_too_and_a_move_one_read_and_one_delete_more(
    store: DynamoStore, meter: Meter
) -> None:
    lease = store.acquire(connection(), "run", START, 150)
    assert lease is not None
    meter.reset()
    store.commit(lease, ChangeSet(put=(stored(event(1)),), by=BY))
    assert (meter.calls, meter.written) == ({"transact_write_items": 1}, 2 * (1 + 1 + 1))
    (found,) = store.load(lease, [(CALENDAR, event(1).id)]).values()
    meter.reset()
    store.commit(lease, ChangeSet(put=(replace(found, event=event(1, datetime(2026, 4, 1, 9))),), by=BY))
    assert (meter.calls, meter.written) == ({"batch_get_item": 1, "transact_write_items": 1}, 2 * (1 + 1 + 1 + 1))


def test_a_first_sync_costs_at_most_1_2_units_an_event(store: DynamoStore, meter: Meter) -> None:
    lease = store.acquire(connection(), "run", START, 150)
    assert lease is not None
    meter.reset()
    many = [event(n, datetime(2026, 1, 1 + n % 28, 9)) for n in range(1125)] + [series(n) for n in range(1125, 1250)]
    store.commit(lease, ChangeSet(put=tuple(stored(e, round=1) for e in many), calendars=(synced(),), by=BY))
    assert meter.calls["batch_write_item"] == 50
    assert meter.calls["transact_write_items"] == 2
    assert meter.written <= 1.2 * 1250
    meter.reset()
    more = tuple(stored(event(n), round=1) for n in range(1250, 2500))
    store.commit(lease, ChangeSet(put=more, calendars=(synced(),), by=BY))
    assert meter.written <= 1.2 * 1250


def test_a_month_of_3000_events_is_two_queries_and_at_most_40_units(store: DynamoStore, meter: Meter) -> None:
    lease = store.acquire(connection(), "run", START, 150)
    assert lease is not None
    live = [series(n, datetime(2025, 1, 7, 9)) for n in range(500)]
    inside = [event(n, datetime(2026, 3, 1 + n % 28, 9)) for n in range(500, 750)]
    outside = [event(n, datetime(2025, 1 + n % 12, 1 + n % 28, 9)) for n in range(750, 3000)]
    store.commit(lease, ChangeSet(put=tuple(stored(e, round=1) for e in (*live, *inside, *outside)), by=BY))
    meter.reset()
    found = store.window(connection(), date(2026, 3, 1), date(2026, 3, 31))
    assert {one.event for one in found} == {*live, *inside}
    assert meter.calls == {"query": 2}
    assert meter.read <= 40


def test_25_users_of_a_changed_setting_cost_one_read_and_one_transaction(store: DynamoStore, meter: Meter) -> None:
    some = [connection(user=f"u{n}", calendars=(synced(),)) for n in range(25)]
    for one in some:
        store.connect(one, SECRET, TOKEN, replaced=None, by=BY)
    meter.reset()
    job = AccountJobRecord("j", TENANT, "apply_settings", "running", 1, done=25)
    store.end(some, reason="off", due_at=START, by=BY, job=job)
    assert meter.calls == {"transact_write_items": 1}


def test_a_series_too_large_for_one_item_is_torn_and_comes_back_whole(store: DynamoStore, meter: Meter) -> None:
    lease = store.acquire(connection(), "run", START, 150)
    assert lease is not None
    days = [datetime(2026, 1, 6, 9) + timedelta(days=n) for n in range(2500)]
    noise = _noise(2500)
    huge = series(1, overrides=tuple(exception(day, note) for day, note in zip(days, noise, strict=True)))
    store.commit(lease, ChangeSet(put=(stored(huge), stored(event(2))), by=BY))
    (found,) = store.load(lease, [(CALENDAR, huge.id)]).values()
    assert found.event == huge
    key = stored(huge).key
    first = _parts(meter, key)
    assert len(first) >= 2
    store.commit(lease, ChangeSet(put=(replace(found, event=replace(huge, etag='"new"')),), by=BY))
    read = store.event(connection(), key)
    assert read is not None
    assert read.event.etag == '"new"'
    assert {one.event.id for one in store.window(connection(), date(2026, 3, 1), date(2026, 3, 31))} == {
        huge.id,
        event(2).id,
    }
    assert len(_parts(meter, key)) == len(first)
    assert _parts(meter, key) != first


def _noise(count: int) -> list[str]:
    """Texts that no compression makes small, the same in every run."""
    return ["".join(blake2b(f"{n}.{m}".encode()).hexdigest() for m in range(5)) for n in range(count)]


def _parts(meter: Meter, key: str) -> set[str]:
    pages = meter.plain.get_paginator("scan").paginate(TableName=meter.table, ProjectionExpression="sk")
    return {i["sk"]["S"] for page in pages for i in page["Items"] if i["sk"]["S"].startswith(f"X#{key}")}
