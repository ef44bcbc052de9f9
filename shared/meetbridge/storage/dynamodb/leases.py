"""The right to sync a connection: taken, told of more work, given back; every step one conditional write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from meetbridge.errors import LeaseLost
from meetbridge.model.connection import Connection, ConnectionKey, ConnectionState
from meetbridge.ports.repositories import Lease
from meetbridge.storage import keys
from meetbridge.storage.dynamodb.connection_items import due_attributes, due_of, key_of, micros, proved_name
from meetbridge.storage.dynamodb.table import Table
from meetbridge.storage.dynamodb.wire import millis

LOST = LeaseLost("another run has taken over")
_HELD = "#generation = :generation AND #fence = :fence AND attribute_exists(#lease_until)"
_CONNECTED = ConnectionState.CONNECTED.value
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def held(lease: Lease) -> tuple[str, dict[str, str | bytes | int]]:
    """Condition and values under which every write of a run stands."""
    return _HELD, {":generation": lease.generation, ":fence": lease.fence}


class DynamoLeases:
    _table: Table

    def acquire(
        self, connection: Connection, owner: str, now: datetime, seconds: int, *, resume: bool = False
    ) -> Lease | None:
        """The same owner may take it again: its first answer may have been lost on the way."""
        key, until = key_of(connection), now + timedelta(seconds=seconds)
        due, values = _due(key, until if resume else None)
        while True:
            taken, item = self._table.update(
                keys.connection(key),
                f"SET #lease_until = :until, #lease_owner = :owner, #fence = #fence + :one{due} REMOVE #pending",
                condition="#generation = :generation AND #state = :connected AND "
                "(attribute_not_exists(#lease_until) OR #lease_until <= :now OR #lease_owner = :owner)",
                values=values
                | {
                    ":until": millis(until),
                    ":owner": owner,
                    ":one": 1,
                    ":generation": connection.generation,
                    ":connected": _CONNECTED,
                    ":now": millis(now),
                },
            )
            if taken:
                tenant, user = connection.tenant, connection.user
                return Lease(key, connection.generation, item["fence"], until, tenant, user, resume)
            if item.get("generation") != connection.generation or item["state"] != _CONNECTED:
                raise LeaseLost("the connection has been replaced or ended")
            if self._tell(key, item):
                return None

    def _tell(self, key: ConnectionKey, item: Mapping[str, Any]) -> bool:
        """The holder told to go on, and the sweep to look after it; False where the lease is given back meanwhile."""
        until, due_at = _EPOCH + timedelta(milliseconds=item["lease_until"]), due_of(item)
        due, values = _due(key, until if due_at is None or until < due_at else None)
        told, _ = self._table.update(
            keys.connection(key),
            f"SET #pending = :yes{due}",
            condition=_HELD,
            values=values | {":yes": True, ":generation": item["generation"], ":fence": item["fence"]},
        )
        return told

    def extend(self, lease: Lease, now: datetime, seconds: int) -> Lease:
        until = now + timedelta(seconds=seconds)
        condition, held_by = held(lease)
        due, values = _due(lease.key, until if lease.resume else None)
        extended, _ = self._table.update(
            keys.connection(lease.key),
            f"SET #lease_until = :until{due}",
            condition=condition,
            values=held_by | values | {":until": millis(until)},
        )
        if not extended:
            raise LOST
        return replace(lease, until=until)

    def release(self, lease: Lease, proved: Mapping[str, datetime], due_at: datetime | None) -> bool:
        condition, values = held(lease)
        changes = []
        for n, (calendar_id, when) in enumerate(sorted(proved.items())):
            changes.append(f"#{proved_name(calendar_id)} = :p{n}")
            values[f":p{n}"] = micros(when)
        due, due_values = _due(lease.key, due_at)
        expression = f"{', '.join(changes)}{due}".removeprefix(", ")
        given, item = self._table.update(
            keys.connection(lease.key),
            (f"SET {expression} " if expression else "") + "REMOVE #lease_until, #lease_owner",
            condition=f"{condition} AND attribute_not_exists(#pending)",
            values=values | due_values,
        )
        if given:
            return True
        if "lease_until" not in item and item.get("fence") == lease.fence and item["generation"] == lease.generation:
            return True  # given back by this very call, whose first answer was lost
        return self._go_on(lease)

    def _go_on(self, lease: Lease) -> bool:
        condition, values = held(lease)
        kept, _ = self._table.update(keys.connection(lease.key), "REMOVE #pending", condition=condition, values=values)
        if not kept:
            raise LOST
        return False


def _due(key: ConnectionKey, due_at: datetime | None) -> tuple[str, dict[str, str | bytes | int]]:
    """More for a SET, with its values: when the connection is due; nothing for None."""
    attributes = due_attributes(key, due_at)
    return "".join(f", #{name} = :{name}" for name in attributes), {f":{n}": v for n, v in attributes.items()}
