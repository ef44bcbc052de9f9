"""delete, and an attendee's answer, which a deletion of a copy is."""

from __future__ import annotations

from . import mails
from .calendars import Calendar
from .copies import organized_here, propagate, respond
from .errors import Json, condition_not_met, deleted
from .rows import load, save
from .series import drop_exceptions, materialised
from .store import Row, Store
from .view import resource


def check_etag(row: Row, zone: str, if_match: str | None) -> None:
    if if_match and if_match != "*" and if_match not in (resource(row, zone)["etag"],):
        raise condition_not_met()


def answer(store: Store, row: Row, attendee: Json, query: Json) -> None:
    answer: Json = {
        name: attendee[name] for name in ("responseStatus", "comment", "additionalGuests") if name in attendee
    }
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
            answer(store, row, {"responseStatus": "declined"}, query)
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
