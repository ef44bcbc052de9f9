"""What a setting costs that touches many connections."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from meetbridge.model.account import Identity, Role, Settings
from meetbridge.ports.jobs import AccountJob

from tests.support.measured import Measured, measured
from tests.support.stored import BY, SECRET, TENANT, TOKEN, connection, synced

ADMIN = Identity(TENANT, "root", Role.ADMIN, "root@example.com")
CONNECTIONS = 400


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Measured]:
    with measured(tmp_path) as one:
        yield one


def connect_many(run: Measured, count: int) -> None:
    for n in range(count):
        one = connection(user=f"user{n}", calendars=(synced(),))
        run.store.connect(one, SECRET, TOKEN, replaced=None, by=BY)


def switch_off(run: Measured) -> AccountJob:
    version = run.store.settings(TENANT).version
    run.reset()
    run.app.settings.save(ADMIN, Settings(enabled=False), version)
    job = run.queue.take()
    assert isinstance(job, AccountJob)
    return job


@pytest.mark.parametrize("count", [0, 30])
def test_no_request_waits_for_the_connections_that_it_touches(run: Measured, count: int) -> None:
    connect_many(run, count)
    switch_off(run)
    assert run.meter.calls == {"transact_write_items": 1}


def test_a_setting_that_ends_400_connections_costs_at_most_3_calls_for_25_users(run: Measured) -> None:
    connect_many(run, CONNECTIONS)
    job = switch_off(run)
    run.reset()
    run.app.account_work.run(job, lambda: 100.0)
    record = run.store.job(TENANT, job.job_id)
    assert record is not None
    assert (record.state, record.done) == ("done", CONNECTIONS)
    assert len(run.queue.jobs) == CONNECTIONS
    calls = run.meter.reads + run.meter.writes - 1  # the line above read the record
    assert run.meter.calls["transact_write_items"] == math.ceil(CONNECTIONS / 25)
    assert calls <= 3 * math.ceil(CONNECTIONS / 25)
