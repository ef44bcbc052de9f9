"""What events cost on their way in: parsing, the stored form, a first sync on this machine."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import requests
from meetbridge.model.event import Event
from meetbridge.providers.google.changes import ChangeReader
from meetbridge.storage.codec import pack, unpack

from bench.rounds import medians
from tests.support.measured import OWNER, body, measured
from tests.support.stored import event

PARSED = 5000
SYNCED = 2000
DAY = datetime(2026, 3, 2, 9)
RULE = "RRULE:FREQ=WEEKLY;BYDAY=TU"


def parsing() -> Iterator[str]:
    """A page of Google's events: text to values, and an event to and from what is stored."""
    text = json.dumps({"items": [_item(n) for n in range(PARSED)]}).encode()
    values = [event(n) for n in range(PARSED)]
    stored = [pack(value) for value in values]
    items = json.loads(text)["items"]
    candidates = {
        "json": lambda: json.loads(text),
        "orjson": lambda: orjson.loads(text),
        "Google's event to ours": lambda: ChangeReader(OWNER).read(items, "Europe/Berlin"),
        "ours to the stored form": lambda: [pack(value) for value in values],
        "the stored form to ours": lambda: [unpack(Event, one) for one in stored],
    }
    times = medians(candidates, 5, time.thread_time)
    for name, seconds in times.items():
        rate = times["json"] / seconds
        yield f"  {name:<28} {rate:6.2f} times the rate of json   {PARSED / seconds:9,.0f} events a CPU second here"


def first_sync() -> Iterator[str]:
    """All but the network: the simulator over HTTP, our engine, the local table."""
    with TemporaryDirectory() as folder, measured(Path(folder), metered=False) as run:
        singles = [body(n, DAY + timedelta(days=n % 28, hours=n % 8)) for n in range(SYNCED * 9 // 10)]
        repeated = [body(n, DAY + timedelta(days=n % 28), RULE) for n in range(len(singles), SYNCED)]
        run.fill([*singles, *repeated])
        run.connect()
        started, cpu = time.perf_counter(), time.thread_time()
        run.first_sync()
        wall, cpu = time.perf_counter() - started, time.thread_time() - cpu
        started = time.perf_counter()
        address = f"{run.google.url}/calendar/v3/calendars/primary/events?maxResults=2500"
        answer = requests.get(address, headers={"Authorization": f"Bearer {run.token}"}, timeout=60)
        listing = time.perf_counter() - started
        assert len(answer.json()["items"]) == SYNCED
    yield f"  {SYNCED} events in {wall:.1f} s: {SYNCED / wall:,.0f} a second, {SYNCED / cpu:,.0f} a CPU second of ours"
    yield f"  {wall / listing:.1f} times as long as Google's simulator takes to list them to anybody"


def _item(number: int) -> dict[str, Any]:
    made = body(number, DAY)
    ids = {
        "id": f"{number:0>26}",
        "iCalUID": f"{number:0>26}@google.com",
        "etag": f'"{3_400_000_000_000_000 + number}"',
    }
    person = {"email": OWNER, "self": True}
    return {**made, **ids, "status": "confirmed", "creator": person, "organizer": person, "sequence": 0}
