"""Series opened into single occurrences, for `singleEvents` and `instances`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from .calendars import Calendar
from .errors import Json
from .recurrence import instance, originals
from .rows import now
from .store import Row, Store
from .times import instant, length, moment_of, stamp


@dataclass
class Item:
    """A row in a list, with the key by which the list is ordered and paged."""

    row: Row
    key: tuple[str, str] = ("", "")


def item_of(row: Row) -> Item:
    return Item(row)


def window(query: Json) -> tuple[datetime | None, datetime | None]:
    least, most = query.get("timeMin"), query.get("timeMax")
    return (moment_of(least) if least else None), (moment_of(most) if most else None)


def expanded(store: Store, calendar: Calendar, rows: list[Row], query: Json, *, deleted: bool) -> list[Item]:
    """Single events, exceptions and plain occurrences within the window; masters themselves never."""
    least, most = window(query)
    result = []
    for row in rows:
        if row.body.get("recurrence") and not row.master:
            result += [item for item in _plain(store, calendar, row, least, most) if deleted or not item.row.cancelled]
        elif deleted or not row.cancelled:
            result.append(Item(row))
    return [item for item in result if _within(item.row, calendar, least, most)]


def _plain(
    store: Store, calendar: Calendar, master: Row, least: datetime | None, most: datetime | None
) -> Iterator[Item]:
    known = {
        item["id"] for item in store.all("select id from events where calendar=? and master=?", calendar.id, master.id)
    }
    long = length(master.body["start"], master.body["end"])
    for original in originals(master.body, most, now()):
        if least and instant(original, calendar.zone) + long < least:
            continue
        if f"{master.id}_{stamp(original)}" not in known:
            body = instance(master.body, original)
            yield Item(Row(calendar.id, body["id"], body, master=master.id, version=master.version))


def _within(row: Row, calendar: Calendar, least: datetime | None, most: datetime | None) -> bool:
    start, end = (instant(row.body[name], calendar.zone) for name in ("start", "end"))
    if least and end <= least and not (start == end == least):
        return False
    return not (most and start >= most)
