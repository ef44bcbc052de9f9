"""What the table's stream says, as values: what a record was and what it became."""

from __future__ import annotations

from dataclasses import dataclass

from meetbridge.model.account import AccountSettings
from meetbridge.model.connection import Connection
from meetbridge.model.meeting import MeetingRecord
from meetbridge.ports.repositories import By, StoredEvent

Thing = MeetingRecord | StoredEvent | Connection | AccountSettings


@dataclass(frozen=True, slots=True)
class StreamChange:
    """One write. `id` is the stream record's own (the same when it is read again), `at` its time (RFC 3339).

    `old` is None for what is new, `new` for what is gone. `user` is empty for an account's settings.
    """

    id: str
    at: str
    tenant: str
    user: str
    by: By
    old: Thing | None
    new: Thing | None
