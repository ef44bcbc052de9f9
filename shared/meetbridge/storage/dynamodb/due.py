"""What is due, from the sparse index that the sweep alone reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from meetbridge.model.connection import ConnectionKey
from meetbridge.ports.repositories import SyncDue
from meetbridge.storage import keys
from meetbridge.storage.dynamodb.table import Table
from meetbridge.storage.dynamodb.wire import dump, iso, load, moment

INDEX = "due"


class DynamoDue:
    _table: Table

    def due(self, now: datetime, limit: int) -> Sequence[SyncDue]:
        """One Query for each of the index's shards; the longest due first."""
        found = [_due(load(raw)) for shard in keys.DUE_SHARDS for raw in self._shard(shard, now, limit)]
        return sorted(found, key=lambda due: due.due_at)[:limit]

    def _shard(self, shard: str, now: datetime, limit: int) -> Sequence[dict[str, Any]]:
        answer = self._table.client.query(
            TableName=self._table.name,
            IndexName=INDEX,
            KeyConditionExpression="due_shard = :shard AND due_at <= :now",
            ExpressionAttributeValues=dump({":shard": shard, ":now": iso(now)}),
            Limit=limit,
        )
        return list(answer["Items"])

    def postpone(
        self, key: ConnectionKey, generation: int, due_at: datetime, *, expected: datetime | None = None
    ) -> None:
        condition = "#generation = :generation AND attribute_exists(#due_at)"
        values: dict[str, str | bytes | int] = {":due": iso(due_at), ":generation": generation}
        if expected is not None:
            condition += " AND #due_at = :expected"
            values[":expected"] = iso(expected)
        for place in (keys.connection(key), keys.gone(key, generation)):
            moved, _ = self._table.update(place, "SET #due_at = :due", condition=condition, values=values)
            if moved:
                return


def _due(item: dict[str, Any]) -> SyncDue:
    tenant = item["pk"].split("#", 1)[0]
    user, _, generation = item["sk"].partition("#G#")
    gone = bool(generation)
    return SyncDue(ConnectionKey(tenant, user), item["generation"], moment(item["due_at"]), gone)
