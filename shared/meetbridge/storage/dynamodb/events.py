"""What the API reads of events: two Queries for a window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from meetbridge.model.connection import Connection
from meetbridge.ports.repositories import StoredEvent
from meetbridge.storage import keys
from meetbridge.storage.dynamodb.connection_items import key_of
from meetbridge.storage.dynamodb.directory import places_of
from meetbridge.storage.dynamodb.event_items import events_in
from meetbridge.storage.dynamodb.table import Table
from meetbridge.storage.places import ranges


class DynamoEvents:
    _table: Table

    def window(self, connection: Connection, first: date, last: date) -> Sequence[StoredEvent]:
        partition = keys.events(key_of(connection), connection.generation)
        spans = sorted(ranges(first, last))
        found = [item for span in spans for item in self._table.query(partition, between=span, consistent=False)]
        return events_in(self._table, found, consistent=False)

    def event(self, connection: Connection, key: str) -> StoredEvent | None:
        partition = keys.events(key_of(connection), connection.generation)
        place = places_of(self._table, partition, [key], consistent=False).get(key)
        item = self._table.get((partition, place), consistent=False) if place else None
        found = events_in(self._table, [item] if item else [], consistent=False)
        return found[0] if found else None
