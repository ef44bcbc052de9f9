"""A series and its exceptions: an exception keeps only what it changed, the rest follows the master."""

from __future__ import annotations

import copy

from .recurrence import instance, is_occurrence
from .rows import save
from .store import Row, Store

FOLLOWED = (
    "summary", "description", "location", "attendees", "visibility", "transparency", "colorId", "reminders",
    "guestsCanModify", "guestsCanInviteOthers", "guestsCanSeeOtherGuests", "extendedProperties", "conferenceData",
    "hangoutLink", "attachments", "status", "start", "end", "sequence", "source",
)  # fmt: skip


def materialised(row: Row) -> Row:
    """An occurrence about to become an exception, free of its master's objects."""
    row.body = copy.deepcopy(row.body)
    return row


def follow_master(store: Store, master: Row) -> None:
    """After a change of the master: misfit exceptions are dropped, the others take over what they don't own.

    The reference says nothing of this; it is the plainest reading of `originalStartTime`.
    """
    for item in store.events("calendar=? and master=? and dropped=0", master.calendar, master.id):
        if not master.body.get("recurrence") or not is_occurrence(master.body, item.body["originalStartTime"]):
            item.dropped = True
            item.body["status"] = "cancelled"
            save(store, item)
        elif not item.cancelled:
            _take_over(store, item, master)


def _take_over(store: Store, item: Row, master: Row) -> None:
    plain = instance(master.body, item.body["originalStartTime"])
    body = dict(item.body)
    for name in FOLLOWED:
        if name in item.own:
            continue
        body.pop(name, None)
        if name in plain:
            body[name] = copy.deepcopy(plain[name])
    if body != item.body:
        item.body = body
        save(store, item)


def drop_exceptions(store: Store, calendar: str, master: str) -> None:
    """With their master cancelled the exceptions go without a word of their own."""
    for item in store.events("calendar=? and master=? and dropped=0", calendar, master):
        version, item.dropped = item.version, True
        item.body["status"] = "cancelled"
        save(store, item)
        store.run("update events set version=? where calendar=? and id=?", version, calendar, item.id)
