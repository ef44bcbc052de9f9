"""patch and update: what may change, by whom, and what follows from it."""

from __future__ import annotations

import copy

from . import mails
from .calendars import Calendar
from .copies import organized_here, propagate
from .errors import ApiError, Json, event_type, invalid, not_organizer
from .fields import accept
from .remove import answer, check_etag, delete
from .rows import exceptions, load, save
from .series import follow_master, materialised
from .store import Row, Store
from .validate import READ_ONLY, check, keep_times, tidy

PERSONAL = ("reminders", "colorId", "transparency", "visibility", "attendees", "eventLabelId")
SIGNIFICANT = ("start", "end", "recurrence", "status", "location", "summary", "description")


def merged(old: Json, patch: Json) -> Json:
    """JSON merge: objects merge, arrays are replaced, null clears."""
    result = dict(old)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(old.get(name), dict):
            result[name] = merged(old[name], value)
        else:
            result[name] = copy.deepcopy(value)
    return result


def change(
    store: Store, calendar: Calendar, actor: str, event_id: str, body: Json, query: Json, *, if_match: str | None,
    whole: bool
) -> Row:  # fmt: skip
    """patch, or with `whole` update. An unchanged event keeps its etag."""
    with store.transaction():
        row = materialised(load(store, calendar.id, event_id))
        check_etag(row, calendar.zone, if_match)
        before = copy.deepcopy(row)
        if row.cancelled and body.get("status") not in ("confirmed", "tentative"):
            raise ApiError(403, "forbidden", "Forbidden")
        if body.get("eventType", row.body.get("eventType")) != row.body.get("eventType"):
            raise event_type("The type of an event cannot be changed.")
        row.body = _changed(row.body, body, calendar, query, whole=whole)
        if _same(before.body, row.body) and before.cancelled == row.cancelled:
            return before
        if not organized_here(row) and not row.body.get("privateCopy"):
            return _change_copy(store, before, row, query)
        if row.body["status"] == "cancelled":
            return delete(store, calendar, actor, event_id, query)
        return _commit(store, actor, before, row, query)


def _same(old: Json, new: Json) -> bool:
    return {**old, "updated": ""} == {**new, "updated": ""}


def _changed(old: Json, body: Json, calendar: Calendar, query: Json, *, whole: bool) -> Json:
    given = {name: value for name, value in body.items() if name not in READ_ONLY}
    if "originalStartTime" in old and given.get("recurrence"):
        raise invalid("An instance of a recurring event has no recurrence.", "recurrence")
    kept = {name: value for name, value in old.items() if name in (*READ_ONLY, "eventType", "privateCopy")}
    if whole:
        defaults = {"status": "confirmed", "reminders": {"useDefault": True}}
        new = {**kept, **defaults, **{name: value for name, value in given.items() if value is not None}}
    else:
        new = merged(old, given)
    if "status" not in new:
        new["status"] = "confirmed"
    accept(new, old, query)
    keep_times(new, calendar, given)
    check(new, calendar)
    tidy(new)
    if isinstance(body.get("sequence"), int):
        new["sequence"] = max(body["sequence"], old.get("sequence", 0))
    return new


def _commit(store: Store, actor: str, before: Row, row: Row, query: Json) -> Row:
    differs = {name for name in {*before.body, *row.body} if before.body.get(name) != row.body.get(name)}
    if differs & set(SIGNIFICANT):
        row.body["sequence"] = max(row.body.get("sequence", 0), before.body.get("sequence", 0) + 1)
    if row.master:
        row.own = sorted({*row.own, *differs, *(("start", "end") if differs & {"start", "end"} else ())} - {"sequence"})
        row.dropped = False
    save(store, row, quiet=differs <= {"reminders"})
    if not row.master:
        follow_master(store, row)
    if differs - set(PERSONAL) or "attendees" in differs:
        shared = bool(differs - set(PERSONAL))
        mails.announce(store, actor, mails.guests(before), row, mails.policy(query), changed=shared)
        propagate(store, row)
        for item in exceptions(store, row.calendar, row.id):
            propagate(store, item)
    return row


def _change_copy(store: Store, before: Row, row: Row, query: Json) -> Row:
    """An attendee's copy: the answer and what is personal may change, shared members belong to the organiser."""
    for name in {*before.body, *row.body} - {*PERSONAL, "extendedProperties", "updated", "sequence"}:
        if before.body.get(name) != row.body.get(name):
            raise not_organizer()
    shared = [item.body.get("extendedProperties", {}).get("shared") for item in (before, row)]
    own = [next((a for a in _people(item) if a["email"] == row.calendar), None) for item in (before, row)]
    others = [[a for a in _people(item) if a["email"] != row.calendar] for item in (before, row)]
    if shared[0] != shared[1] or (others[0] != others[1] and not row.body.get("attendeesOmitted")) or (
        own[1] is None and own[0] is not None
    ):  # fmt: skip
        raise not_organizer()
    differs = {name for name in {*before.body, *row.body} if before.body.get(name) != row.body.get(name)}
    if row.master:
        row.own = sorted({*row.own, *differs})
    save(store, row, quiet=differs <= {"reminders"})
    if own[0] != own[1] and own[1] is not None:
        answer(store, row, own[1], query)
    return load(store, row.calendar, row.id)


def _people(row: Row) -> list[Json]:
    return list(row.body.get("attendees", ()))
