"""insert, import and move of events."""

from __future__ import annotations

import copy

from . import mails
from .calendars import Calendar
from .copies import organized_here, propagate
from .errors import ApiError, Json, deleted, event_type, invalid, required
from .fields import accept
from .rows import exceptions, load, new_id, now, save
from .series import drop_exceptions, follow_master
from .store import Row, Store
from .times import now_text
from .validate import READ_ONLY, check, keep_times, tidy


def insert(store: Store, calendar: Calendar, actor: str, body: Json, query: Json) -> Row:
    if body.get("id") and body.get("iCalUID"):
        raise invalid("Only one of id and iCalUID may be given.", "iCalUID")
    with store.transaction():
        name = new_id(store, calendar.id, body.get("id"))
        fresh = _fresh(calendar, actor, name, body, query)
        fresh["iCalUID"] = body.get("iCalUID") or f"{name}@google.com"
        row = save(store, Row(calendar.id, name, fresh))
        mails.announce(store, actor, set(), row, mails.policy(query))
        propagate(store, row)
        return row


def _fresh(calendar: Calendar, actor: str, name: str, body: Json, query: Json) -> Json:
    if body.get("eventType") == "fromGmail":
        raise event_type("Events of type fromGmail cannot be created.")
    fresh = {key: copy.deepcopy(value) for key, value in body.items() if key not in READ_ONLY}
    accept(fresh, {}, query)
    keep_times(fresh, calendar, fresh)
    if fresh.get("eventType") == "birthday":
        fresh |= {"visibility": "private", "transparency": "transparent"}
    check(fresh, calendar)
    tidy(fresh)
    organizer = {"email": calendar.id} if calendar.primary else {"email": calendar.id, "displayName": calendar.summary}
    defaults: Json = {"status": "confirmed", "reminders": {"useDefault": True}, "eventType": "default"}
    fresh = {**defaults, **fresh, "id": name, "created": now_text(now()), "sequence": body.get("sequence", 0)}
    return fresh | {"creator": {"email": actor}, "organizer": organizer}


def import_event(store: Store, calendar: Calendar, actor: str, body: Json, query: Json) -> Row:
    """A private copy of an event: nothing is sent, nothing is spread. The same iCalUID again replaces it."""
    uid = body.get("iCalUID")
    if not uid:
        raise required("iCalUID", "Missing iCalUID.")
    if body.get("eventType", "default") != "default":
        raise event_type("Only events of type default can be imported.")
    organizer = body.get("organizer", {}).get("email", calendar.id)
    if organizer != calendar.id and calendar.id not in [item.get("email") for item in body.get("attendees", ())]:
        message = "The owner of the calendar must either be the organizer or an attendee of an event that is imported."
        raise ApiError(400, "participantIsNeitherOrganizerNorAttendee", message, "calendar")
    with store.transaction():
        found = store.events("calendar=? and uid=? and master='' order by version", calendar.id, uid)
        name = found[0].id if found else new_id(store, calendar.id, None)
        fresh = _fresh(calendar, actor, name, body, query)
        fresh |= {"iCalUID": uid, "organizer": {"email": organizer}}
        if found:
            fresh["created"] = found[0].body["created"]
        row = save(store, Row(calendar.id, name, fresh))
        follow_master(store, row)
        return row


def move(store: Store, source: Calendar, target: Calendar, actor: str, event_id: str, query: Json) -> Row:
    """The event with its exceptions to another calendar, whose owner becomes the organiser."""
    with store.transaction():
        row = load(store, source.id, event_id)
        if row.cancelled:
            raise deleted()
        if row.master:
            message = "Cannot change the organizer of an instance."
            raise ApiError(400, "cannotChangeOrganizerOfInstance", message, "calendar")
        if row.body.get("eventType", "default") != "default":
            raise event_type("Only events of type default can be moved.")
        if not organized_here(row):
            raise ApiError(403, "cannotChangeOrganizer", "Only the organizer can move an event.", "calendar")
        if target.id == source.id:
            return row
        return _moved(store, row, source, target, actor, query)


def _moved(store: Store, row: Row, source: Calendar, target: Calendar, actor: str, query: Json) -> Row:
    organizer = {"email": target.id} if target.primary else {"email": target.id, "displayName": target.summary}
    children = exceptions(store, source.id, row.id)
    for item in (row, *children):
        body = {**copy.deepcopy(item.body), "organizer": organizer}
        save(store, Row(target.id, item.id, body, master=item.master, own=item.own))
    gone = copy.deepcopy(row)
    gone.body["status"] = "cancelled"
    gone.body["organizer"] = organizer
    save(store, gone)
    drop_exceptions(store, source.id, row.id)
    arrived = load(store, target.id, row.id)
    mails.announce(store, actor, mails.guests(arrived), arrived, mails.policy(query))
    propagate(store, arrived)
    return arrived
