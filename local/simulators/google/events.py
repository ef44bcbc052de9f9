"""insert, import, patch, update, delete and move of events."""

from __future__ import annotations

import copy

from . import conference, mails
from .calendars import Calendar
from .copies import organized_here, propagate, respond
from .errors import ApiError, Json, condition_not_met, deleted, event_type, invalid, not_organizer, required
from .rows import exceptions, load, new_id, now, save
from .series import drop_exceptions, follow_master, materialised
from .store import Row, Store
from .times import now_text
from .validate import READ_ONLY, check, keep_times, tidy
from .view import resource

PERSONAL = ("reminders", "colorId", "transparency", "visibility", "attendees", "eventLabelId")
SIGNIFICANT = ("start", "end", "recurrence", "status", "location", "summary", "description")


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
    _accept(fresh, {}, query)
    keep_times(fresh, calendar, fresh)
    if fresh.get("eventType") == "birthday":
        fresh |= {"visibility": "private", "transparency": "transparent"}
    check(fresh, calendar)
    tidy(fresh)
    organizer = {"email": calendar.id} if calendar.primary else {"email": calendar.id, "displayName": calendar.summary}
    defaults: Json = {"status": "confirmed", "reminders": {"useDefault": True}, "eventType": "default"}
    fresh = {**defaults, **fresh, "id": name, "created": now_text(now()), "sequence": body.get("sequence", 0)}
    return fresh | {"creator": {"email": actor}, "organizer": organizer}


def _accept(body: Json, old: Json, query: Json) -> None:
    """Members that need a parameter of the request to count."""
    if query.get("conferenceDataVersion", 0) < 1:
        _restore(body, old, "conferenceData")
    elif body.get("conferenceData"):
        body["conferenceData"] = conference.made(body["conferenceData"])
        body["hangoutLink"] = conference.link(body["conferenceData"])
    if not body.get("conferenceData") or not body.get("hangoutLink"):
        body.pop("hangoutLink", None)
    if not query.get("supportsAttachments"):
        _restore(body, old, "attachments")


def _restore(body: Json, old: Json, name: str) -> None:
    body.pop(name, None)
    if name in old:
        body[name] = old[name]


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


def check_etag(row: Row, zone: str, if_match: str | None) -> None:
    if if_match and if_match != "*" and if_match not in (resource(row, zone)["etag"],):
        raise condition_not_met()


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
    _accept(new, old, query)
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
    own = [next((a for a in item.body.get("attendees", ()) if a["email"] == row.calendar), None) for item in (before, row)]
    others = [[a for a in item.body.get("attendees", ()) if a["email"] != row.calendar] for item in (before, row)]
    if shared[0] != shared[1] or (others[0] != others[1] and not row.body.get("attendeesOmitted")) or (
        own[1] is None and own[0] is not None
    ):  # fmt: skip
        raise not_organizer()
    differs = {name for name in {*before.body, *row.body} if before.body.get(name) != row.body.get(name)}
    if row.master:
        row.own = sorted({*row.own, *differs})
    save(store, row, quiet=differs <= {"reminders"})
    if own[0] != own[1] and own[1] is not None:
        _answer(store, row, own[1], query)
    return load(store, row.calendar, row.id)


def _answer(store: Store, row: Row, attendee: Json, query: Json) -> None:
    answer = {name: attendee[name] for name in ("responseStatus", "comment", "additionalGuests") if name in attendee}
    organizer = respond(store, row, answer)
    if organizer:
        mails.send(store, row.calendar, {organizer}, "reply", row, mails.policy(query))


def delete(
    store: Store, calendar: Calendar, actor: str, event_id: str, query: Json, *, if_match: str | None = None
) -> Row:
    """The event, or one occurrence of it, cancelled; an attendee's deletion declines."""
    with store.transaction():
        row = materialised(load(store, calendar.id, event_id))
        if row.cancelled:
            raise deleted()
        check_etag(row, calendar.zone, if_match)
        guests = mails.guests(row)
        here = organized_here(row)
        if not here and any(item["email"] == row.calendar for item in row.body.get("attendees", ())):
            _answer(store, row, {"responseStatus": "declined"}, query)
            row = materialised(load(store, calendar.id, event_id))
        row.body["status"] = "cancelled"
        row.body["sequence"] = row.body.get("sequence", 0) + (1 if here else 0)
        save(store, row)
        if not row.master:
            drop_exceptions(store, row.calendar, row.id)
        if here:
            mails.announce(store, actor, guests, row, mails.policy(query))
            propagate(store, row)
        return row


def move(store: Store, source: Calendar, target: Calendar, actor: str, event_id: str, query: Json) -> Row:
    """The event with its exceptions to another calendar, whose owner becomes the organiser."""
    with store.transaction():
        row = load(store, source.id, event_id)
        if row.cancelled:
            raise deleted()
        if row.master:
            raise ApiError(400, "cannotChangeOrganizerOfInstance", "Cannot change the organizer of an instance.", "calendar")
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
