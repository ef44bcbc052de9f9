"""The right to sync a connection: taken, told of more work, given back; every step one conditional write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from meetbridge.errors import LeaseLost
from meetbridge.model.connection import Connection, ConnectionState
from meetbridge.ports.repositories import Lease
from meetbridge.storage import keys
from meetbridge.storage.dynamodb.connection_items import key_of, micros, proved_name
from meetbridge.storage.dynamodb.table import Table
from meetbridge.storage.dynamodb.wire import iso, millis

LOST = LeaseLost("another run has taken over")
_HELD = "#generation = :generation AND #fence = :fence AND attribute_exists(#lease_until)"
_CONNECTED = ConnectionState.CONNECTED.value


def held(lease: Lease) -> tuple[str, dict[str, str | bytes | int]]:
    """Condition and values under which every write of a run stands."""
    return _HELD, {":generation": lease.generation, ":fence": lease.fence}


class DynamoLeases:
    _table: Table

    def acquire(self, connection: Connection, owner: str, now: datetime, seconds: int) -> Lease | None:
        """The same owner may take it again: its first answer may have been lost on the way."""
        key, until = key_of(connection), now + timedelta(seconds=seconds)
        while True:
            taken, item = self._table.update(
                keys.connection(key),
                "SET #lease_until = :until, #lease_owner = :owner, #fence = #fence + :one REMOVE #pending",
                condition="#generation = :generation AND #state = :connected AND "
                "(attribute_not_exists(#lease_until) OR #lease_until <= :now OR #lease_owner = :owner)",
                values={
                    ":until": millis(until),
                    ":owner": owner,
                    ":one": 1,
                    ":generation": connection.generation,
                    ":connected": _CONNECTED,
                    ":now": millis(now),
                },
            )
            if taken:
                return Lease(key, connection.generation, item["fence"], until, connection.tenant, connection.user)
            if item.get("generation") != connection.generation or item["state"] != _CONNECTED:
                raise LeaseLost("the connection has been replaced or ended")
            if self._tell(item):
                return None

    def _tell(self, item: Mapping[str, Any]) -> bool:
        """The holder told to go on; False where it has given the lease back meanwhile."""
        told, _ = self._table.update(
            (item["pk"], item["sk"]),
            "SET #pending = :yes",
            condition=_HELD,
            values={":yes": True, ":generation": item["generation"], ":fence": item["fence"]},
        )
        return told

    def release(self, lease: Lease, proved: Mapping[str, datetime], due_at: datetime | None) -> bool:
        condition, values = held(lease)
        changes = []
        for n, (calendar_id, when) in enumerate(sorted(proved.items())):
            changes.append(f"#{proved_name(calendar_id)} = :p{n}")
            values[f":p{n}"] = micros(when)
        given, item = self._release(lease, changes, values, condition, due_at)
        if not given and due_at is not None and item.get("state") != _CONNECTED:
            given, item = self._release(lease, changes, values, condition, None)
        if given:
            return True
        if "lease_until" not in item and item.get("fence") == lease.fence and item["generation"] == lease.generation:
            return True  # given back by this very call, whose first answer was lost
        return self._go_on(lease)

    def _release(
        self,
        lease: Lease,
        changes: list[str],
        values: Mapping[str, str | bytes | int],
        condition: str,
        due_at: datetime | None,
    ) -> tuple[bool, dict[str, Any]]:
        condition += " AND attribute_not_exists(#pending)"
        values, changes = dict(values), list(changes)
        if due_at is not None:
            changes += ["#due_at = :due", "#due_shard = :shard"]
            values |= {":due": iso(due_at), ":shard": keys.due_shard(lease.key), ":connected": _CONNECTED}
            condition += " AND #state = :connected"
        expression = (f"SET {', '.join(changes)} " if changes else "") + "REMOVE #lease_until, #lease_owner"
        return self._table.update(keys.connection(lease.key), expression, condition=condition, values=values)

    def _go_on(self, lease: Lease) -> bool:
        condition, values = held(lease)
        kept, _ = self._table.update(keys.connection(lease.key), "REMOVE #pending", condition=condition, values=values)
        if not kept:
            raise LOST
        return False
