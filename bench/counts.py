"""The budgets on counted calls, by the code that counts for the tests; nothing here depends on the machine."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.budgets.test_read import get, month
from tests.budgets.test_settings import CONNECTIONS, connect_many, switch_off
from tests.support.cold import NOTIFY, environment, imported
from tests.support.measured import Measured, body, measured
from tests.support.meter import Item, size
from tests.support.sink import sink

DAY = datetime(2026, 3, 2, 9)
EVENTS = 3000
BATCH = 25


@dataclass
class Counts:
    """What the cost model needs; units of the table, bytes of an item or an answer."""

    unchanged_reads: float = 0
    unchanged_writes: float = 0
    change_reads: float = 0
    change_writes: float = 0
    new_writes: float = 0
    ledger_writes: float = 0
    month_reads: float = 0
    month_bytes_pressed: int = 0
    event_bytes: float = 0
    first_writes: float = 0


def report(counts: Counts) -> Iterator[str]:
    """Lines as they are counted, and `counts` filled on the way."""
    with sink() as aws:
        imported("webhooks", environment(aws.url), NOTIFY)
        yield _line("a notification", f"{len(aws.calls)} SQS call, nothing else", "1")
    with TemporaryDirectory() as folder, measured(Path(folder)) as run:
        yield from _syncs(run, counts)
    with TemporaryDirectory() as folder, measured(Path(folder)) as run:
        yield from _reads(run, counts)
    with TemporaryDirectory() as folder, measured(Path(folder)) as run:
        yield from _settings(run)


def _syncs(run: Measured, counts: Counts) -> Iterator[str]:
    singles = [body(n, DAY + timedelta(days=n % 28, hours=n % 8)) for n in range(EVENTS * 9 // 10)]
    repeated = [body(n, DAY + timedelta(days=n % 28), "RRULE:FREQ=WEEKLY") for n in range(len(singles), EVENTS)]
    ids = run.fill([*singles, *repeated])
    run.connect()
    run.reset()
    run.first_sync()
    counts.first_writes = run.meter.written / EVENTS
    beside = run.meter.written - EVENTS
    yield _line(f"first sync of {EVENTS}", f"{_calls(run)}, {counts.first_writes:.3f} write units an event", "1.2")
    yield _line("", f"of these {beside:.0f} for the directory and the connection; {run.meter.read:.0f} read units", "")
    yield _line("", f"the ledger besides: {run.ledger()['units'] / EVENTS:.2f} write units an event", "shown")
    counts.event_bytes = sum(map(size, _items(run))) / EVENTS
    run.reset()
    run.run(0)
    counts.unchanged_reads, counts.unchanged_writes = run.meter.read, run.meter.written
    yield _line("nothing changed", f"{_calls(run)}, {_units(run)}, {run.keys.calls} of KMS", "1 / 2 / 2 / 0")
    for k in (1, BATCH):
        run.edit(ids[:k], {"summary": f"Changed with {k}"})
        run.reset()
        run.run(0)
        if k == 1:
            counts.change_reads, counts.change_writes = run.meter.read, run.meter.written
            counts.ledger_writes = run.ledger()["units"]
        said = f"{_calls(run)}, {_units(run)}, ledger {run.ledger()['units']}"
        yield _line(f"{k} changed", said, f"1 / 1 transaction / {2 * (k + 1)} + lease 2")
    for k in (1, BATCH):
        run.fill([body(EVENTS + n, DAY) for n in range(k)])
        run.reset()
        run.run(0)
        if k == 1:
            counts.new_writes = run.meter.written
        yield _line(f"{k} new", f"{_calls(run)}, {_units(run)}, ledger {run.ledger()['units']}", "and the directory")


def _reads(run: Measured, counts: Counts) -> Iterator[str]:
    run.fill(month())
    run.connect()
    run.first_sync()
    answer = get(run)
    counts.month_reads = run.meter.read
    whole = answer.text.encode()
    counts.month_bytes_pressed = len(gzip.compress(whole, 9))
    yield _line("a month", f"{run.meter.calls['query']} queries, {run.meter.read:g} read units", "2 / 40")
    yield _line("", f"its answer: {len(whole) / 1e3:.0f} kB, {counts.month_bytes_pressed / 1e3:.0f} kB by gzip", "")
    get(run, **{"if-none-match": answer.headers["ETag"]})
    yield _line("the same, unchanged (304)", f"{run.meter.read:g} read unit", "1")


def _settings(run: Measured) -> Iterator[str]:
    connect_many(run, CONNECTIONS)
    job = switch_off(run)
    waits = run.meter.reads + run.meter.writes
    run.reset()
    run.app.account_work.run(job, lambda: 100.0)
    calls = run.meter.reads + run.meter.writes
    yield _line(f"a setting over {CONNECTIONS}", f"{calls * 25 / CONNECTIONS:.2f} calls for 25 users", "3")
    yield _line("", f"the request itself: {waits} call of the table", "")


def _items(run: Measured) -> Iterator[Item]:
    for page in run.meter.plain.get_paginator("scan").paginate(TableName=run.meter.table):
        yield from (item for item in page["Items"] if item["pk"]["S"].split("#")[1] == "E")


def _calls(run: Measured) -> str:
    return f"{sum(run.asked.values())} of Google, {run.meter.reads} reads, {run.meter.writes} writes"


def _units(run: Measured) -> str:
    return f"{run.meter.read:g} read and {run.meter.written:g} write units (index {run.meter.index})"


def _line(what: str, counted: str, budget: str) -> str:
    return f"  {what:<26} {counted:<80} {f'budget {budget}' if budget else ''}".rstrip()
