"""A tenant's users or connections in slices: shard after shard, in the order of their short ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meetbridge.errors import InvalidInput
from meetbridge.storage.dynamodb.table import Table, cursor_in, cursor_out
from meetbridge.storage.keys import SHARDS


def walk(
    table: Table,
    partition: Callable[[str], str],
    cursor: str | None,
    limit: int,
    wanted: Callable[[dict[str, Any]], bool] = bool,
) -> tuple[list[dict[str, Any]], str | None]:
    """Up to `limit` wanted items, and the cursor to go on with; None after the last shard's end."""
    shard, after = cursor_in(cursor) if cursor else (SHARDS[0], "")
    if shard not in SHARDS:
        raise InvalidInput("the cursor is none of ours")
    found: list[dict[str, Any]] = []
    for name in SHARDS[SHARDS.index(shard) :]:
        for item in table.query(partition(name), after=after or None, limit=limit):
            if wanted(item):
                found.append(item)
            if len(found) == limit:
                return found, cursor_out(name, item["sk"])
        after = ""
    return found, None
