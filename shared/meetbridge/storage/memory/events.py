"""Reading events in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from meetbridge.model.connection import Connection
from meetbridge.ports.repositories import StoredEvent
from meetbridge.storage.memory.state import State, key_of
from meetbridge.storage.places import ranges


class MemoryEvents:
    _state: State

    def window(self, connection: Connection, first: date, last: date) -> Sequence[StoredEvent]:
        found = sorted(self._stored(connection).values(), key=lambda stored: stored.place or "")
        spans = ranges(first, last)
        return [s for s in found if any(low <= (s.place or "") <= high for low, high in spans)]

    def event(self, connection: Connection, key: str) -> StoredEvent | None:
        return self._stored(connection).get(key)

    def _stored(self, connection: Connection) -> dict[str, StoredEvent]:
        return self._state.events.get((key_of(connection), connection.generation), {})
