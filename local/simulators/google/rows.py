"""Reading and writing single rows: the version, the etag and the kept JSON change together."""

from __future__ import annotations

import json
import re
import secrets
from datetime import UTC, datetime, timedelta

from .calendars import zone_of
from .errors import Json, deleted, duplicate, invalid, not_found
from .recurrence import instance, is_occurrence
from .store import Row, Store
from .times import instant, now_text, unwall, zone
from .view import resource

ID = re.compile(r"[a-v0-9]{5,1024}")
FOREVER = 253402300800.0


def now() -> datetime:
    return datetime.now(UTC)


def new_id(store: Store, calendar: str, given: str | None) -> str:
    """A client-given id is checked; a used one, even of a deleted event, is refused."""
    if given is None:
        return "".join(secrets.choice("abcdefghijklmnopqrstuv0123456789") for _ in range(26))
    if not ID.fullmatch(given):
        raise invalid("Invalid resource id value.", "id")
    if store.event(calendar, given):
        raise duplicate()
    return given


def save(store: Store, row: Row, *, quiet: bool = False) -> Row:
    """Stored with a new version. `quiet`: `updated` stays, as for reminders."""
    name = zone_of(store, row.calendar)
    row.version = store.next_version()
    if not quiet:
        row.body["updated"] = now_text(now())
    row.shown = json.dumps(resource(row, name), separators=(",", ":"))
    starts, ends = _span(row.body, name)
    store.put(row, starts, ends)
    return row


def _span(body: Json, name: str) -> tuple[float, float]:
    """From the first start to the last end; a series reaches to its UNTIL, or for ever."""
    if "start" not in body:
        return 0.0, FOREVER
    starts = instant(body["start"], name).timestamp()
    if not body.get("recurrence"):
        return starts, max(instant(body["end"], name).timestamp(), starts)
    text = " ".join(body["recurrence"])
    until = re.search(r"UNTIL=(\d{8})", text)
    if "RDATE" in text or not until:
        return (0.0 if "RDATE" in text else starts), FOREVER
    last = datetime.fromisoformat(until.group(1)).replace(tzinfo=UTC)
    length = instant(body["end"], name).timestamp() - starts
    return starts, (last + timedelta(days=3)).timestamp() + length


def load(store: Store, calendar: str, event_id: str) -> Row:
    """A stored event, or an occurrence that is no exception yet (version 0). Raises ApiError 404."""
    found = store.event(calendar, event_id)
    if found:
        return found
    base, _, text = event_id.rpartition("_")
    master = store.event(calendar, base) if base else None
    if master is None or not master.body.get("recurrence"):
        raise not_found()
    original = original_of(master.body, text)
    if original is None or not is_occurrence(master.body, original):
        raise not_found()
    body = instance(master.body, original)
    return Row(calendar, event_id, body, master=master.id, version=master.version)


def original_of(master: Json, text: str) -> Json | None:
    """The original start behind an instance's id."""
    if not re.fullmatch(r"\d{8}(T\d{6}Z)?", text):
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    if "date" in master["start"]:
        return unwall(parsed, master["start"]) if len(text) == 8 else None
    if len(text) == 8:
        return None
    local = parsed.astimezone(zone(master["start"]["timeZone"]))
    kept = unwall(local.replace(tzinfo=None), master["start"])
    return {**kept, "dateTime": parsed.strftime("%Y-%m-%dT%H:%M:%SZ")}


def alive(row: Row) -> Row:
    if row.cancelled:
        raise deleted()
    return row


def exceptions(store: Store, calendar: str, master: str) -> list[Row]:
    """Those of a series that still belong to it, cancelled ones included."""
    return store.events("calendar=? and master=? and dropped=0 order by id", calendar, master)
