"""One user's sync as it really runs, counted: the table on its engine, Google's simulator over HTTP, and the vault."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.config import Config as AwsConfig
from meetbridge.bootstrap import App
from meetbridge.config import Config
from meetbridge.model.account import Settings, User
from meetbridge.model.connection import Access, Calendar, Connection, Permissions, Service
from meetbridge.model.ids import connection_key
from meetbridge.policy.scopes import google_scopes
from meetbridge.ports.jobs import SyncJob
from meetbridge.ports.provider import AccessToken
from meetbridge.queues.memory import MemoryQueue
from meetbridge.services.publishing import ledger_entry
from meetbridge.storage.dynamodb import DynamoStore
from meetbridge.storage.stream import changes
from meetbridge.storage.vault import FileKeys, TableVault

from local.simulators.google import calendars, change, control, events, tokens
from local.simulators.google.app import Running, running
from local.sources.stream import record
from tests.support import dynoxide
from tests.support.clock import START, CountingIds, FakeClock
from tests.support.meter import Meter
from tests.support.stored import BY, SECRET, TENANT, USER, connection

OWNER = "mia@example.com"
KEY = connection_key(TENANT, USER)
ROUNDS = 20


class CountedKeys(FileKeys):
    """A key file in the place of KMS; `calls` is how often KMS would have been asked."""

    calls = 0

    def generate(self, tenant: str) -> tuple[bytes, bytes]:
        self.calls += 1
        return super().generate(tenant)

    def unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        self.calls += 1
        return super().unwrap(tenant, wrapped)


class Measured:
    """`meter` counts the table, `asked` Google, `keys` KMS; `reset` forgets what was counted.

    Not `metered`, the table is used without the counting, which costs time.
    """

    def __init__(self, endpoint: str, google: Running, folder: Path, *, metered: bool = True) -> None:
        self.clock, self.queue, self.google = FakeClock(), MemoryQueue(), google
        self.endpoint, table = endpoint, f"meetbridge-{secrets.token_hex(6)}"
        client = dynoxide.client(endpoint=endpoint)
        dynoxide.make_table(client, table)
        self.meter, self.keys = Meter(client, table), CountedKeys(folder / "key")
        used = self.meter if metered else client
        vault = TableVault(used, table, self.keys, self.clock)
        self.store = DynamoStore(used, table, vault, self.clock)
        self.store.save_settings(TENANT, Settings(), expected=0, by=BY, now=START, job_id="j")
        self.store.save_user(TENANT, User(USER, OWNER), expected=None, by=BY)
        config = Config(
            google_api_root=google.url, join_url_patterns="https://meet.example.com/j/", cursor_keys="0123456789abcdef"
        )
        self.app = App(config)  # without a public address no channel is opened
        wired = {"store": self.store, "jobs": self.queue, "clock": self.clock, "ids": CountingIds(), "vault": vault}
        self.app.__dict__.update(wired)

    # -------------------------------------------------------------- the calendar

    def fill(self, bodies: Sequence[dict[str, Any]], calendar_id: str = OWNER) -> list[str]:
        """Events in the simulated calendar; their ids."""
        store = self.google.simulator.store
        calendars.ensure_account(store, OWNER)
        calendar = calendars.find(store, OWNER, calendar_id)
        with store.transaction():
            return [events.insert(store, calendar, OWNER, body, {}).id for body in bodies]

    def edit(self, ids: Sequence[str], body: dict[str, Any]) -> None:
        store = self.google.simulator.store
        calendar = calendars.find(store, OWNER, OWNER)
        for event_id in ids:
            change.change(store, calendar, OWNER, event_id, body, {}, if_match=None, whole=False)

    def another_calendar(self) -> str:
        calendars.ensure_account(self.google.simulator.store, OWNER)
        return calendars.create(self.google.simulator.store, OWNER, {"summary": "Second"}).id

    # -------------------------------------------------------------- the connection

    def connect(self, *calendar_ids: str) -> None:
        scopes = google_scopes(Permissions(Access.READ_WRITE))
        simulator = self.google.simulator
        calendars.ensure_account(simulator.store, OWNER)
        self.token = tokens.issue_access(simulator.store, tokens.Token(OWNER, "client", tuple(scopes)))
        some = tuple(
            Calendar(id_, n, id_, "Europe/Berlin", primary=n == 0, owned=True, writable=True, selected=True)
            for n, id_ in enumerate(calendar_ids or (OWNER,))
        )
        new = connection(service=Service.GOOGLE, calendars=some)
        self.store.connect(new, SECRET, AccessToken(self.token, START + timedelta(hours=1)), replaced=None, by=BY)

    @property
    def connection(self) -> Connection:
        found = self.store.context(KEY).connection
        assert found is not None
        return found

    # -------------------------------------------------------------- runs

    def run(self, *indexes: int, meetings: bool = False) -> None:
        """One job, as a notification of these calendars brings it."""
        self.app.sync_runs.run(SyncJob(KEY, 1, indexes, meetings), lambda: 100.0)

    def first_sync(self) -> int:
        """All jobs until every calendar is proved; how many there were."""
        self.run()
        for count in range(1, ROUNDS):
            job = self.queue.take()
            if job is None:
                return count
            assert isinstance(job, SyncJob)
            self.app.sync_runs.run(job, lambda: 100.0)
        raise AssertionError("the first sync does not end")

    # -------------------------------------------------------------- what was counted

    def reset(self) -> None:
        self.meter.reset()
        self.keys.calls = 0
        self.google.simulator.store.run("delete from calls")
        self._skip = len(self._records())

    @property
    def asked(self) -> dict[str, int]:
        """Calls that Google was asked, by method."""
        return dict(control.calls(self.google.simulator)["counts"])

    def ledger(self) -> Counter[str]:
        """The ledger's entries for what was written since `reset`, appended as publish does: calls and units."""
        entries = []
        for raw in self._records()[self._skip :]:
            shown = record(raw, "arn:aws:dynamodb:eu-central-1:1:table/t/stream/s")
            entries += [entry for one in changes(shown) if (entry := ledger_entry(one)) is not None]
        before, self.meter.calls = self.meter.calls, Counter()
        units = self.meter.written
        self.store.append(entries)
        counted = Counter(entries=len(entries), calls=self.meter.writes, units=int(self.meter.written - units))
        self.meter.calls, self.meter.written = before, units
        return counted

    def _records(self) -> list[dict[str, Any]]:
        """The table's stream from its beginning."""
        described = self.meter.plain.describe_table(TableName=self.meter.table)["Table"]
        config = AwsConfig(parameter_validation=False)
        streams = dynoxide.client("dynamodbstreams", self.endpoint, config)
        arn = described["LatestStreamArn"]
        found: list[dict[str, Any]] = []
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            at = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
                "ShardIterator"
            ]
            while at:
                answer = streams.get_records(ShardIterator=at)
                found += answer["Records"]
                at = answer.get("NextShardIterator") if answer["Records"] else None
        return found


@contextmanager
def measured(folder: Path, *, metered: bool = True) -> Iterator[Measured]:
    """With an engine and a simulator of its own."""
    with dynoxide.engine() as endpoint, running() as google:
        yield Measured(endpoint, google, folder, metered=metered)


def body(number: int, start: datetime, *recurrence: str) -> dict[str, Any]:
    """A typical event as Google's API takes it."""
    guests = [{"email": f"{name}@example.com"} for name in ("anna", "bea", f"guest{number}")]
    return {
        "summary": f"Planning {number}",
        "description": f"What we decide this time, point by point, for the release number {number} and what follows.",
        "location": f"Room {number % 40}",
        "start": {"dateTime": start.isoformat(), "timeZone": "Europe/Berlin"},
        "end": {"dateTime": (start + timedelta(hours=1)).isoformat(), "timeZone": "Europe/Berlin"},
        "attendees": guests,
        **({"recurrence": list(recurrence)} if recurrence else {}),
    }
