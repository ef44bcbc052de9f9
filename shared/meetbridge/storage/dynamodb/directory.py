"""The directory of events: in which place each key stands, in at most 64 items.

An item holds an attribute for each key, its place as a number: twice the day's ordinal, plus one for a series.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from meetbridge.errors import MeetbridgeError
from meetbridge.storage import keys
from meetbridge.storage.dynamodb.table import Action, Table

Edits = Mapping[str, str | None]
"""Event key -> its place; None where it has none any more."""


def places_of(table: Table, partition: str, wanted: Iterable[str], *, consistent: bool) -> dict[str, str]:
    by_item = {key: (partition, keys.directory(key)) for key in wanted}
    found = table.batch_get(list(by_item.values()), consistent=consistent)
    codes = {key: found.get(item, {}).get(key) for key, item in by_item.items()}
    return {key: place_in(key, code) for key, code in codes.items() if code is not None}


def edit(table: Table, partition: str, edits: Edits, error: MeetbridgeError) -> list[Action]:
    """One action for each directory item that these edits touch."""
    by_item: dict[str, dict[str, str | None]] = defaultdict(dict)
    for key, place in edits.items():
        by_item[keys.directory(key)][key] = place
    return [_edit(table, (partition, sk), some, error) for sk, some in sorted(by_item.items())]


def _edit(table: Table, item: keys.Key, edits: Edits, error: MeetbridgeError) -> Action:
    names = {f"#{n}": key for n, key in enumerate(edits)}
    codes = {f":{n}": place_out(place) for n, place in enumerate(edits.values()) if place is not None}
    sets = [f"#{code[1:]} = {code}" for code in codes]
    removes = [name for name in names if f":{name[1:]}" not in codes]
    expression = (f"SET {', '.join(sets)} " if sets else "") + (f"REMOVE {', '.join(removes)}" if removes else "")
    return table.updating(item, expression.strip(), error, values=codes or None, names=names)


def place_out(place: str) -> int:
    kind, day, _ = place.split("#")
    return date.fromisoformat(day).toordinal() * 2 + (kind == "R")


def place_in(key: str, code: int) -> str:
    return f"{'R' if code % 2 else 'S'}#{date.fromordinal(code // 2).isoformat()}#{key}"
