"""An event on its attendees' calendars: the organiser's side is the truth, the copies follow it.

Private to each copy stay reminders, colour, transparency, visibility and the private extended properties.
"""

from __future__ import annotations

import copy

from .errors import Json
from .rows import load, save
from .series import drop_exceptions, materialised
from .store import Row, Store

SHARED = (
    "summary", "description", "location", "start", "end", "recurrence", "status", "attendees", "organizer", "creator",
    "sequence", "guestsCanModify", "guestsCanInviteOthers", "guestsCanSeeOtherGuests", "anyoneCanAddSelf",
    "conferenceData", "hangoutLink", "attachments", "eventType", "originalStartTime", "recurringEventId", "iCalUID",
    "id", "created", "source",
)  # fmt: skip
FIRST_ONLY = ("visibility", "transparency")


def organized_here(row: Row) -> bool:
    return bool(row.body.get("organizer", {}).get("email", row.calendar) == row.calendar)


def propagate(store: Store, row: Row) -> None:
    """Every copy brought up to the organiser's row."""
    if row.body.get("privateCopy") or not organized_here(row):
        return
    invited = {item["email"] for item in row.body.get("attendees", ())} if not row.cancelled else set()
    invited = {email for email in invited if _has_account(store, email) and email != row.calendar}
    for calendar in sorted(invited | _holders(store, row)):
        _bring(store, row, calendar, invited=calendar in invited)


def _has_account(store: Store, email: str) -> bool:
    return store.one("select 1 from accounts where email=?", email) is not None


def _holders(store: Store, row: Row) -> set[str]:
    found = store.all(
        "select distinct e.calendar from events e join calendars c on c.id = e.calendar and c.is_primary = 1"
        " where e.uid=? and e.id in (?, ?) and e.calendar != ? and e.status != 'cancelled'",
        row.uid, row.id, row.master or row.id, row.calendar,
    )  # fmt: skip
    return {item["calendar"] for item in found}


def _bring(store: Store, row: Row, calendar: str, *, invited: bool) -> None:
    existing = store.event(calendar, row.id)
    if existing is not None and existing.uid not in ("", row.uid):
        return
    if existing is None and row.master and store.event(calendar, row.master):
        existing = load(store, calendar, row.id)
    old = existing.body if existing else {}
    body: Json = {name: value for name, value in old.items() if name not in SHARED}
    body |= {name: copy.deepcopy(row.body[name]) for name in SHARED if name in row.body}
    if not old:
        body |= {name: row.body[name] for name in FIRST_ONLY if name in row.body}
        body["reminders"] = {"useDefault": True}
    _share_properties(body, row.body)
    if not invited:
        body["status"] = "cancelled"
    if existing is not None and existing.body == body and not existing.dropped:
        return
    lone = bool(row.master) and body["status"] == "cancelled" and store.event(calendar, row.master) is None
    save(store, Row(calendar, row.id, body, master=row.master, own=row.own, dropped=row.dropped or lone))
    if not row.master and body["status"] == "cancelled":
        drop_exceptions(store, calendar, row.id)


def _share_properties(body: Json, source: Json) -> None:
    private = body.get("extendedProperties", {}).get("private")
    shared = source.get("extendedProperties", {}).get("shared")
    body.pop("extendedProperties", None)
    joined = {name: value for name, value in (("private", private), ("shared", shared)) if value}
    if joined:
        body["extendedProperties"] = joined


def respond(store: Store, row: Row, answer: Json) -> str | None:
    """An attendee's answer carried to the organiser and from there to all; returns the organiser's address."""
    organizer = row.body.get("organizer", {}).get("email", "")
    if not store.one("select 1 from calendars where id=?", organizer):
        return None
    target = store.event(organizer, row.id)
    if target is None and row.master and store.event(organizer, row.master):
        target = materialised(load(store, organizer, row.id))
    if target is None or target.cancelled or target.uid != row.uid:
        return None
    for attendee in target.body.get("attendees", ()):
        if attendee["email"] == row.calendar:
            attendee |= answer
    if target.master and "attendees" not in target.own:
        target.own.append("attendees")
    save(store, target)
    if not target.master:
        spread(store, target, row.calendar, answer)
    propagate(store, target)
    return str(organizer)


def spread(store: Store, master: Row, email: str, answer: Json) -> None:
    """An answer to the whole series counts for the exceptions too."""
    for item in store.events("calendar=? and master=? and status != 'cancelled'", master.calendar, master.id):
        for attendee in item.body.get("attendees", ()):
            if attendee["email"] == email:
                attendee |= answer
        save(store, item)
        propagate(store, item)
