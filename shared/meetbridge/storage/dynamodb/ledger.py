"""Why each event is as it is: entries that publish writes from the stream, told apart by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from meetbridge.model.ids import connection_key
from meetbridge.ports.clock import Clock
from meetbridge.ports.repositories import Slice
from meetbridge.storage import keys
from meetbridge.storage.codec import pack_plain
from meetbridge.storage.dynamodb.accounts import latest_first
from meetbridge.storage.dynamodb.table import Table
from meetbridge.storage.dynamodb.wire import keyed
from meetbridge.storage.records import ledger_id


class DynamoLedger:
    _table: Table
    _clock: Clock

    def append(self, entries: Sequence[Mapping[str, Any]]) -> None:
        items = [_item(entry) for entry in entries]
        self._table.batch_write(puts=list({(item["pk"], item["sk"]): item for item in items}.values()))

    def history(self, tenant: str, user: str, subject: str, cursor: str | None, limit: int) -> Slice[Mapping[str, Any]]:
        pk, prefix = keys.ledger(connection_key(tenant, user), subject)
        return latest_first(self._table, pk, prefix, cursor, limit, self._clock.now().timestamp())


def _item(entry: Mapping[str, Any]) -> dict[str, Any]:
    key = connection_key(entry["tenant"], entry["user"])
    place = keys.ledger(key, entry["subject"], entry["at"], ledger_id(entry))
    expires = {"expires": int(entry["expires"])} if "expires" in entry else {}
    return keyed(place, body=pack_plain(dict(entry)), **expires)
