"""events.list and events.instances: filters, pages and sync tokens.

A page token fixes the state at the first page, so that the sync token of the last page misses nothing
that changed in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from .calendars import Calendar, etag
from .errors import Json, full_sync_required, invalid
from .expand import Item, expanded, item_of, window
from .filters import matches
from .paging import NO_TOKEN_AFTER, SAME, check, pack, shape, unpack
from .rows import load, now
from .store import Row, Store
from .times import instant, moment_of


def page(store: Store, calendar: Calendar, query: Json) -> tuple[Json, list[Item]]:
    """The members of a page beside its items, and the items in order."""
    check(query)
    with store.lock:
        since = _since(store, calendar, query)
        start = _position(calendar, query) if query.get("pageToken") else {"upto": store.version, "at": 0}
        items = _items(store, calendar, query, since)
    return _cut(store, calendar, query, start, items)


def _cut(store: Store, calendar: Calendar, query: Json, start: Json, items: list[Item]) -> tuple[Json, list[Item]]:
    size = max(1, min(query.get("maxResults", 250), 2500))
    first = start["at"]
    if "after" in start:
        first = next((n for n, item in enumerate(items) if list(item.key) > start["after"]), len(items))
    chosen = items[first : first + size]
    extra: Json = {}
    if first + size < len(items):
        token = {"upto": start["upto"], "at": 0, "after": chosen[-1].key, "calendar": calendar.id}
        extra["nextPageToken"] = pack({**token, "shape": shape(query)})
    elif not any(name in query for name in NO_TOKEN_AFTER):
        same = {name: query[name] for name in SAME if query.get(name)}
        extra["nextSyncToken"] = pack(
            {"since": start["upto"], "calendar": calendar.id, "epoch": store.epoch, "same": same}
        )
    extra["etag"] = etag(start["upto"])
    return extra, chosen


def _position(calendar: Calendar, query: Json) -> Json:
    wrong = invalid("Invalid page token value.", "pageToken")
    start = unpack(query["pageToken"], wrong)
    if start.get("calendar") != calendar.id or start.get("shape") != shape(query):
        raise wrong
    return start


def _since(store: Store, calendar: Calendar, query: Json) -> int | None:
    if not query.get("syncToken"):
        return None
    token = unpack(query["syncToken"], full_sync_required())
    if token.get("calendar") != calendar.id or token.get("epoch") != store.epoch:
        raise full_sync_required()
    if token.get("same") != {name: query[name] for name in SAME if query.get(name)}:
        raise invalid("The parameters differ from those of the initial request.", "syncToken")
    return int(token["since"])


def _items(store: Store, calendar: Calendar, query: Json, since: int | None) -> list[Item]:
    rows = _rows(store, calendar, query, since)
    deleted = bool(query.get("showDeleted") or since is not None or "updatedMin" in query)
    if query.get("singleEvents"):
        items = expanded(store, calendar, rows, query, deleted=deleted)
    else:
        items = [item_of(row) for row in rows if deleted or not row.cancelled or (row.master and not row.dropped)]
    return _sorted(items, calendar, query, since)


def _sorted(items: list[Item], calendar: Calendar, query: Json, since: int | None) -> list[Item]:
    key: Callable[[Item], tuple[str, str]]
    if query.get("orderBy") == "startTime":

        def key(item: Item) -> tuple[str, str]:
            start = item.row.body.get("start") or item.row.body["originalStartTime"]
            return instant(start, calendar.zone).isoformat(), item.row.id
    elif query.get("orderBy") == "updated":

        def key(item: Item) -> tuple[str, str]:
            return str(item.row.body.get("updated", "")), item.row.id
    elif since is not None:

        def key(item: Item) -> tuple[str, str]:
            return f"{item.row.version:015d}", item.row.id
    else:

        def key(item: Item) -> tuple[str, str]:
            return "", item.row.id

    for item in items:
        item.key = key(item)
    return sorted(items, key=lambda item: item.key)


def _rows(store: Store, calendar: Calendar, query: Json, since: int | None) -> list[Row]:
    condition, values = "calendar=?", [calendar.id]
    if since is not None:
        rows = store.events(condition + " and version>?", *values, since)
        return _wanted(rows, query)
    if not query.get("showDeleted") and "updatedMin" not in query:
        condition += " and (status != 'cancelled' or (master != '' and dropped = 0))"
    least, most = window(query)
    if "iCalUID" in query:
        condition, values = condition + " and uid=?", [*values, query["iCalUID"]]
    rows = store.events(
        condition + " and (ends > ? or (? = starts and ends >= ?)) and starts < ?",
        *values, _seconds(least, -1e12), _seconds(least, -1e12), _seconds(least, -1e12), _seconds(most, 1e12),
    ) if not query.get("singleEvents") else store.events(condition, *values)  # fmt: skip
    return _wanted(rows, query)


def _seconds(moment: datetime | None, default: float) -> float:
    return moment.timestamp() if moment else default


def _wanted(rows: Iterable[Row], query: Json) -> list[Row]:
    return [row for row in rows if matches(row.body, query)]


def instances(store: Store, calendar: Calendar, event_id: str, query: Json) -> tuple[Json, list[Item]]:
    """The occurrences of one series, exceptions in their places."""
    check(query)
    with store.lock:
        master = load(store, calendar.id, event_id)
        start = _position(calendar, query) if query.get("pageToken") else {"upto": store.version, "at": 0}
        rows = [master, *store.events("calendar=? and master=? and dropped=0", calendar.id, master.id)]
        items = expanded(store, calendar, rows, query, deleted=bool(query.get("showDeleted")))
        for item in items:
            item.key = (instant(item.row.body["originalStartTime"], calendar.zone).isoformat(), item.row.id)
        items.sort(key=lambda item: item.key)
    if "originalStart" in query:
        items = [item for item in items if _starts(item, query["originalStart"], calendar)]
    extra, chosen = _cut(store, calendar, query, start, items)
    return extra, chosen


def _starts(item: Item, wanted: str, calendar: Calendar) -> bool:
    original = item.row.body["originalStartTime"]
    try:
        if "date" in original:
            return bool(original["date"] == wanted)
        return instant(original, calendar.zone) == moment_of(wanted)
    except (ValueError, TypeError):
        raise invalid("Invalid originalStart.", "originalStart") from None


def summary(store: Store, calendar: Calendar) -> Json:
    """What stands beside the items of every page."""
    reminders = [{"method": "popup", "minutes": 10}] if calendar.primary else []
    found = store.one("select max(body ->> '$.updated') as u from events where calendar=?", calendar.id)
    updated = (found["u"] if found else None) or now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    extra = {"description": calendar.description} if calendar.description else {}
    return {"kind": "calendar#events", "summary": calendar.summary, "timeZone": calendar.zone, "updated": updated,
            "accessRole": calendar.role, "defaultReminders": reminders, **extra}  # fmt: skip
