"""What the memory repositories share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from meetbridge.errors import VersionConflict
from meetbridge.model.account import AccountSettings, User
from meetbridge.model.connection import Connection, ConnectionKey
from meetbridge.model.ids import connection_key
from meetbridge.model.meeting import MeetingRecord
from meetbridge.ports.clock import Clock
from meetbridge.ports.provider import AccessToken
from meetbridge.ports.repositories import AccountJobRecord, Attempt, Gone, Slice, StoredEvent

T = TypeVar("T")


@dataclass
class Row:
    """A connection with its lease."""

    connection: Connection
    until: datetime | None = None
    owner: str = ""
    pending: bool = False


@dataclass
class Mark:
    """A dirty mark; `version` is the meeting's when it was made, so that a newer mark is told apart."""

    at: datetime
    version: int


@dataclass
class State:
    clock: Clock
    settings: dict[str, AccountSettings] = field(default_factory=dict)
    audit: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    users: dict[ConnectionKey, tuple[str, User]] = field(default_factory=dict)
    jobs: dict[tuple[str, str], AccountJobRecord] = field(default_factory=dict)
    attempts: dict[tuple[ConnectionKey, str], tuple[Attempt, bool]] = field(default_factory=dict)
    rows: dict[ConnectionKey, Row] = field(default_factory=dict)
    gone: dict[tuple[ConnectionKey, int], tuple[Gone, datetime]] = field(default_factory=dict)
    refresh_secrets: dict[tuple[ConnectionKey, int], str] = field(default_factory=dict)
    access_tokens: dict[ConnectionKey, tuple[int, AccessToken]] = field(default_factory=dict)
    events: dict[tuple[ConnectionKey, int], dict[str, StoredEvent]] = field(default_factory=dict)
    meetings: dict[ConnectionKey, dict[str, MeetingRecord]] = field(default_factory=dict)
    marks: dict[ConnectionKey, dict[str, Mark]] = field(default_factory=dict)
    read_marks: dict[tuple[ConnectionKey, int, str], Mark] = field(default_factory=dict)
    ledger: dict[tuple[ConnectionKey, str], dict[str, Mapping[str, Any]]] = field(default_factory=dict)

    def put_meeting(self, key: ConnectionKey, record: MeetingRecord) -> MeetingRecord:
        self.check_meeting(key, record)
        stored = replace(record, version=record.version + 1)
        self.meetings.setdefault(key, {})[record.meeting.id] = stored
        return stored

    def check_meeting(self, key: ConnectionKey, record: MeetingRecord) -> None:
        stored = self.meetings.get(key, {}).get(record.meeting.id)
        if (stored.version if stored else 0) != record.version:
            raise VersionConflict("the meeting changed since it was read")

    def mark(self, key: ConnectionKey, meeting_id: str, at: datetime, version: int | None = None) -> None:
        """The earlier of two marks counts."""
        marks = self.marks.setdefault(key, {})
        old = marks.get(meeting_id)
        earliest = min(at, old.at) if old else at
        marks[meeting_id] = Mark(earliest, version if version is not None else old.version if old else 0)


def key_of(connection: Connection) -> ConnectionKey:
    return connection_key(connection.tenant, connection.user)


def sliced(items: Sequence[T], cursor: str | None, limit: int) -> Slice[T]:
    start = int(cursor or 0)
    end = start + limit
    return Slice(tuple(items[start:end]), str(end) if end < len(items) else None)
