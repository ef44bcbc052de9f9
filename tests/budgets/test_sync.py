"""What a sync costs, with the real store, the real adapter and the simulator: calls counted, units computed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.measured import Measured, body, measured

DAY = datetime(2026, 3, 2, 9)
PAGE = 2500
LIST = "calendar.events.list"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Measured]:
    with measured(tmp_path) as one:
        yield one


def some(count: int, first: int = 0) -> list[dict[str, object]]:
    return [body(n, DAY + timedelta(days=n % 28, hours=n % 8)) for n in range(first, first + count)]


@pytest.mark.parametrize("calendars", [1, 2])
def test_nothing_changed_is_one_call_a_calendar_one_read_two_writes_of_one_unit_and_no_call_of_kms(
    run: Measured, calendars: int
) -> None:
    run.fill(some(30))
    run.connect("mia@example.com", *(run.another_calendar() for _ in range(calendars - 1)))
    run.first_sync()
    run.reset()
    run.run(*range(calendars))
    assert run.asked == {LIST: calendars}
    assert (run.meter.reads, run.meter.writes, run.meter.written, run.meter.index) == (1, 2, 2, 0)
    assert run.keys.calls == 0
    assert run.ledger()["units"] == 0
    assert run.queue.jobs == ()


@pytest.mark.parametrize("k", [1, 10, 25])
def test_k_changes_are_one_call_and_one_transaction_of_two_units_each_beside_the_lease(run: Measured, k: int) -> None:
    ids = run.fill(some(100))
    run.connect()
    run.first_sync()
    run.edit(ids[:k], {"summary": "Changed"})
    run.reset()
    run.run(0)
    assert run.asked == {LIST: 1}
    assert run.meter.calls == {"batch_get_item": 3, "transact_write_items": 1, "update_item": 2}
    assert run.meter.written == 2 * (k + 1) + 2
    assert run.meter.index == 0
    assert run.ledger() == {"entries": k, "calls": math.ceil(k / 25), "units": k}


@pytest.mark.parametrize("k", [1, 25])
def test_k_new_events_cost_their_entries_in_the_directory_besides(run: Measured, k: int) -> None:
    run.fill(some(100))
    run.connect()
    run.first_sync()
    run.fill(some(k, first=1000))
    run.reset()
    run.run(0)
    assert run.asked == {LIST: 1}
    assert run.meter.calls["transact_write_items"] == 1
    assert 2 * (k + 1) + 2 < run.meter.written <= 2 * (k + 1) + 2 + 2 * k


def test_a_first_sync_of_3000_is_one_call_a_page_and_at_most_1_2_units_an_event_with_the_directory(
    run: Measured,
) -> None:
    series = [body(n, DAY + timedelta(days=n % 28), "RRULE:FREQ=WEEKLY;BYDAY=TU") for n in range(2700, 3000)]
    run.fill([*some(2700), *series])
    run.connect()
    run.reset()
    jobs = run.first_sync()
    assert run.asked == {LIST: math.ceil(3000 / PAGE)}
    assert jobs == math.ceil(3000 / PAGE)
    assert run.meter.calls["batch_write_item"] == math.ceil(3000 / 25)
    assert 3000 < run.meter.written <= 1.2 * 3000
    assert run.keys.calls == 0
    assert run.ledger()["units"] == 3000
