"""What the engine's stream says of each write: who, what before, what after; and nothing of what is nobody's news."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from botocore.config import Config
from meetbridge.model.account import AccountSettings, Settings
from meetbridge.model.connection import Connection, ConnectionState
from meetbridge.model.meeting import MeetingRecord
from meetbridge.ports.repositories import By, ChangeSet, Lease, StoredEvent
from meetbridge.ports.stream import StreamChange
from meetbridge.storage.dynamodb import DynamoStore
from meetbridge.storage.stream import changes

from tests.support import dynoxide
from tests.support.clock import START
from tests.support.stored import BY, CALENDAR, SECRET, TENANT, TOKEN, USER, connection, event, record, stored, synced

LOSING = By("sync", "run", "webhook", (("topic", "Ours"),))


class Stream:
    """What came since the last look, as Lambda would be given it."""

    def __init__(self, engine: str, table: str) -> None:
        # The engine's ids are shorter than botocore expects.
        self._client = dynoxide.client("dynamodbstreams", engine, Config(parameter_validation=False))
        (stream,) = self._client.list_streams(TableName=table)["Streams"]
        self._arn = stream["StreamArn"]
        self._seen: set[str] = set()

    def news(self) -> list[StreamChange]:
        found: list[StreamChange] = []
        for shard in self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]["Shards"]:
            where = {"ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = self._client.get_shard_iterator(StreamArn=self._arn, **where)["ShardIterator"]
            for one in self._client.get_records(ShardIterator=iterator)["Records"]:
                if one["eventID"] not in self._seen:
                    self._seen.add(one["eventID"])
                    found += changes(_plain(one))
        return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.timestamp() if isinstance(value, datetime) else value


@pytest.fixture
def stream(engine: str, dynamo: DynamoStore) -> Stream:
    return Stream(engine, dynamo._table.name)


@pytest.fixture
def lease(dynamo: DynamoStore, stream: Stream) -> Lease:
    dynamo.connect(connection(calendars=(synced(),)), SECRET, TOKEN, replaced=None, by=BY)
    taken = dynamo.acquire(connection(), "run", START, 60)
    assert taken is not None
    stream.news()
    return taken


def one(stream: Stream) -> StreamChange:
    (found,) = stream.news()
    assert (found.tenant, found.user) == (TENANT, USER)
    return found


def test_a_meeting_says_what_it_was_and_who_changed_it(dynamo: DynamoStore, stream: Stream, lease: Lease) -> None:
    dynamo.save(TENANT, USER, record(), dirty=True, by=BY, now=START)
    made = one(stream)
    assert (made.old, made.new, made.by) == (None, record(version=1), BY)
    dynamo.commit(lease, ChangeSet(meetings=(record(version=1),), clean=("m1",), by=LOSING))
    changed = one(stream)
    assert (changed.old, changed.new, changed.by) == (record(version=1), record(version=2), LOSING)
    assert isinstance(changed.new, MeetingRecord)
    assert datetime.fromisoformat(changed.at).tzinfo is not None


def test_an_event_is_made_changed_moved_and_removed(dynamo: DynamoStore, stream: Stream, lease: Lease) -> None:
    def held() -> StoredEvent:
        return dynamo.load(lease, [(CALENDAR, event(1).id)])[CALENDAR, event(1).id]

    dynamo.commit(lease, ChangeSet(put=(stored(event(1)),), by=BY))
    first = held()
    made = one(stream)
    assert (made.old, made.new, made.by) == (None, first, BY)
    dynamo.commit(lease, ChangeSet(put=(replace(first, requested=True),), by=LOSING))
    second = held()
    changed = one(stream)
    assert (changed.old, changed.new, changed.by) == (first, second, LOSING)
    dynamo.commit(lease, ChangeSet(put=(replace(second, event=event(1, datetime(2026, 5, 1, 9))),), by=BY))
    moved = one(stream)
    assert isinstance(moved.old, StoredEvent)
    assert (moved.old.event, moved.old.requested, moved.new) == (event(1), True, held())
    last = held()
    dynamo.commit(lease, ChangeSet(remove=(last,), by=LOSING))
    removed = one(stream)
    assert (removed.old, removed.new, removed.by) == (last, None, LOSING)


def test_a_connection_says_its_state_and_not_its_syncs(dynamo: DynamoStore, stream: Stream, lease: Lease) -> None:
    dynamo.commit(lease, ChangeSet(calendars=(synced(page="2"),), by=BY))
    dynamo.release(lease, {CALENDAR: START}, START)
    assert stream.news() == []
    before = dynamo.context(lease.key).connection
    assert before is not None
    dynamo.end([before], reason="locked", due_at=START, by=LOSING)
    ended = one(stream)
    assert isinstance(ended.new, Connection)
    assert (ended.old, ended.new.state, ended.new.reason) == (before, ConnectionState.DISCONNECTED, "locked")
    gone = dynamo.gone(lease.key, 1)
    assert gone is not None
    dynamo.forget(gone, limit=100)
    assert stream.news() == []


def test_settings_say_their_account(dynamo: DynamoStore, stream: Stream) -> None:
    dynamo.save_settings(TENANT, Settings(locked=True), expected=0, by=BY, now=START, job_id="j")
    (saved,) = stream.news()
    assert (saved.tenant, saved.user, saved.old) == (TENANT, "", None)
    assert saved.new == AccountSettings(Settings(locked=True), 1)
