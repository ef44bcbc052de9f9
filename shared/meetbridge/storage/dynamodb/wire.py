"""Items as DynamoDB's low-level client sends them; the resource layer would cost four times the CPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from meetbridge.ports.repositories import By
from meetbridge.storage.keys import Key

Item = Mapping[str, Any]
"""Attribute name -> str, bytes, int or bool."""


def attribute(value: str | bytes | int) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    return {"S": value} if isinstance(value, str) else {"B": value}


def dump(item: Item) -> dict[str, Any]:
    return {name: attribute(value) for name, value in item.items()}


def load(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(typed) for name, typed in raw.items()}


def _value(typed: Mapping[str, Any]) -> str | bytes | int | bool:
    ((kind, value),) = typed.items()
    if kind == "N":
        return int(value)
    return bytes(value) if kind == "B" else value


def raw_key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def keyed(key: Key, **attributes: str | bytes | int) -> dict[str, Any]:
    """An item with its key."""
    return {"pk": key[0], "sk": key[1], **attributes}


def by_out(by: By) -> str:
    losers = [list(loser) for loser in by.losers]
    return orjson.dumps([by.actor, by.run, by.cause, *([losers] if losers else [])]).decode()


def by_in(text: str) -> By:
    actor, run, cause, *rest = orjson.loads(text)
    losers: Sequence[Sequence[str]] = rest[0] if rest else ()
    return By(actor, run, cause, tuple((name, value) for name, value in losers))


def millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def iso(moment: datetime) -> str:
    """UTC with microseconds, so that texts sort as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
