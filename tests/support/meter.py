"""What the table is asked for, counted: calls as sent, units as DynamoDB's published rules make them of items' sizes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Item = dict[str, Any]
Place = tuple[str, str]
_INDEXED = ("due_shard", "due_at", "generation")


class Meter:
    """A client of the table that counts: `written` and `read` in units, `index` the writes of the sparse index.

    A write is sized by the item before or after it, whichever is larger, and costs twice in a transaction.
    """

    def __init__(self, client: Any, table: str) -> None:
        self.plain, self.table = client, table
        self.reset()

    def reset(self) -> None:
        self.calls: Counter[str] = Counter()
        self.read = self.written = 0.0
        self.index = 0

    @property
    def reads(self) -> int:
        return sum(self.calls[name] for name in ("get_item", "batch_get_item", "query"))

    @property
    def writes(self) -> int:
        return sum(self.calls.values()) - self.reads

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.plain, name)
        if not callable(call) or name in ("meta", "exceptions"):
            return call

        def counted(**request: Any) -> Any:
            places = _written_by(name, request)
            before = self._items(places)
            self.calls[name] += 1
            answer = call(**request)
            self._read(name, request, answer)
            self._write(before, self._items(places), places, twice=name == "transact_write_items")
            return answer

        return counted

    def _write(self, before: dict[Place, Item], after: dict[Place, Item], places: list[Place], *, twice: bool) -> None:
        for place in places:
            old, new = before.get(place, {}), after.get(place, {})
            self.written += max(_writes(old), _writes(new)) * (2 if twice else 1)
            was, is_ = ([item.get(name) for name in _INDEXED] if "due_at" in item else None for item in (old, new))
            moved = was is not None and is_ is not None and was[:2] != is_[:2]
            self.index += 2 if moved else int(was != is_)

    def _read(self, name: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        if name == "get_item":
            self.read += _reads(answer.get("Item", {})) / _halved(request)
        elif name == "batch_get_item":
            asked = request["RequestItems"][self.table]
            found = answer["Responses"].get(self.table, ())
            missing = len(asked["Keys"]) - len(found)
            self.read += (sum(map(_reads, found)) + missing) / _halved(asked)
        elif name == "query":
            self.read += max(1, math.ceil(sum(map(size, answer["Items"])) / 4096)) / _halved(request)

    def _items(self, places: list[Place]) -> dict[Place, Item]:
        found: dict[Place, Item] = {}
        for start in range(0, len(places), 100):
            asked = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in places[start : start + 100]]
            left: Mapping[str, Any] = {self.table: {"Keys": asked, "ConsistentRead": True}}
            while left:
                answer = self.plain.batch_get_item(RequestItems=left)
                found |= {_place(item): item for item in answer["Responses"].get(self.table, ())}
                left = answer.get("UnprocessedKeys") or {}
        return found


def size(item: Item) -> int:
    """An item's bytes as the table counts them."""
    return sum(len(name) + _length(*typed.items()) for name, typed in item.items())


def _length(typed: tuple[str, Any]) -> int:
    kind, value = typed
    if kind == "N":
        return len(value) // 2 + 2
    return 1 if kind == "BOOL" else len(value if kind == "B" else value.encode())


def _writes(item: Item) -> int:
    return max(1, math.ceil(size(item) / 1024))


def _reads(item: Item) -> int:
    return max(1, math.ceil(size(item) / 4096))


def _halved(request: Mapping[str, Any]) -> int:
    return 1 if request.get("ConsistentRead") else 2


def _place(item: Item) -> Place:
    return item["pk"]["S"], item["sk"]["S"]


def _written_by(name: str, request: Mapping[str, Any]) -> list[Place]:
    if name in ("update_item", "delete_item"):
        return [_place(request["Key"])]
    if name == "put_item":
        return [_place(request["Item"])]
    if name == "batch_write_item":
        return [_place(_body(one)) for some in request["RequestItems"].values() for one in some]
    if name == "transact_write_items":
        return list(_acted_on(request["TransactItems"]))
    return []


def _body(request: Mapping[str, Any]) -> Item:
    ((_, body),) = request.items()
    return dict(body.get("Item") or body["Key"])


def _acted_on(actions: Iterable[Mapping[str, Any]]) -> Iterable[Place]:
    for action in actions:
        yield _place(_body(action))
