"""Accounts, their calendars, and who may do what on them."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from .errors import ApiError, Json, access_level, invalid, not_found, required
from .people import COMPANY_CALENDAR, DEFAULT_ZONE, PEOPLE, secondary_calendar
from .store import Store
from .times import zone

ROLES = ("none", "freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner")
EMAIL = re.compile(r"[^@\s<>\"]{1,64}@[^@\s<>\"]{1,255}")


@dataclass(frozen=True)
class Calendar:
    """A calendar as one account sees it; `role` is that account's."""

    id: str
    owner: str
    summary: str
    zone: str
    primary: bool
    description: str
    version: int
    role: str

    def at_least(self, role: str) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


def seed(store: Store) -> None:
    with store.transaction():
        for email in PEOPLE:
            ensure_account(store, email)


def ensure_account(store: Store, email: str) -> None:
    """The account with its calendars, made on first use. Raises ApiError for what is no address."""
    if store.one("select 1 from accounts where email=?", email):
        return
    if not EMAIL.fullmatch(email):
        raise invalid("Invalid email address.", "email")
    with store.transaction():
        store.run("insert into accounts values (?, ?)", email, PEOPLE.get(email, email.partition("@")[0]))
        _add(store, email, email, email, DEFAULT_ZONE, primary=True)
        _add(store, secondary_calendar(email), email, "Training", DEFAULT_ZONE)
        if not store.one("select 1 from calendars where id=?", COMPANY_CALENDAR):
            _add(store, COMPANY_CALENDAR, email, "Company", DEFAULT_ZONE)
        else:
            share(store, COMPANY_CALENDAR, email, "reader")


def _add(store: Store, name: str, owner: str, summary: str, zone_name: str, *, primary: bool = False) -> None:
    values = (name, owner, summary, zone_name, int(primary), None, store.next_version())
    store.run("insert into calendars values (?,?,?,?,?,?,?)", *values)
    store.run("insert into access values (?, ?, 'owner')", name, owner)


def create(store: Store, email: str, body: Json) -> Calendar:
    if not body.get("summary"):
        raise required("summary", "Missing title.")
    zone_name = body.get("timeZone") or DEFAULT_ZONE
    zone(zone_name)
    name = f"c_{secrets.token_hex(16)}@group.calendar.google.com"
    with store.transaction():
        _add(store, name, email, body["summary"], zone_name)
        store.run("update calendars set description=? where id=?", body.get("description"), name)
    return find(store, email, name)


def share(store: Store, calendar: str, email: str, role: str) -> None:
    """`none` takes the calendar away again."""
    if role not in ROLES:
        raise invalid(f"Invalid role {role[:40]}", "role")
    with store.transaction():
        store.run("delete from access where calendar=? and email=?", calendar, email)
        if role != "none":
            store.run("insert into access values (?, ?, ?)", calendar, email, role)


def find(store: Store, email: str, name: str) -> Calendar:
    """A calendar that the account can see; `primary` is its own. Raises ApiError 404."""
    name = email if name == "primary" else name
    for calendar in listed(store, email):
        if calendar.id == name:
            return calendar
    raise not_found()


def writable(store: Store, email: str, name: str) -> Calendar:
    calendar = find(store, email, name)
    if not calendar.at_least("writerWithoutPrivateAccess"):
        raise access_level("writer")
    return calendar


def listed(store: Store, email: str) -> list[Calendar]:
    rows = store.all(
        "select c.*, a.role from calendars c join access a on a.calendar = c.id where a.email=?"
        " order by c.is_primary desc, c.version",
        email,
    )
    return [
        Calendar(r["id"], r["owner"], r["summary"], r["zone"], bool(r["is_primary"]) and r["owner"] == email,
                 r["description"] or "", r["version"], r["role"])
        for r in rows
    ]  # fmt: skip


def zone_of(store: Store, name: str) -> str:
    found = store.one("select zone from calendars where id=?", name)
    return str(found["zone"]) if found else DEFAULT_ZONE


def resource(calendar: Calendar) -> Json:
    """The Calendar resource."""
    shown: Json = {"kind": "calendar#calendar", "etag": etag(calendar.version), "id": calendar.id}
    shown |= {"summary": calendar.summary, "timeZone": calendar.zone, "dataOwner": calendar.owner}
    shown["conferenceProperties"] = {"allowedConferenceSolutionTypes": ["hangoutsMeet"]}
    if calendar.description:
        shown["description"] = calendar.description
    return shown


def entry(calendar: Calendar) -> Json:
    """The CalendarListEntry resource."""
    shown = {**resource(calendar), "kind": "calendar#calendarListEntry", "accessRole": calendar.role}
    shown |= {"colorId": "1", "backgroundColor": "#ac725e", "foregroundColor": "#1d1d1d", "selected": True}
    shown["defaultReminders"] = [{"method": "popup", "minutes": 10}] if calendar.primary else []
    if calendar.primary:
        shown["primary"] = True
    return shown


def etag(version: int) -> str:
    return f'"{3_500_000_000_000_000 + version * 2}"'


def list_page(store: Store, email: str, query: Json) -> Json:
    """calendarList.list, with paging."""
    if query.get("syncToken"):
        if query["syncToken"] != _list_token(store):
            raise ApiError(
                410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.", "calendar"
            )
        first, entries = 0, []
    else:
        least = query.get("minAccessRole", "freeBusyReader")
        entries = [entry(item) for item in listed(store, email) if item.at_least(least)]
        text = query.get("pageToken", "0")
        if not text.isascii() or not text.isdigit():
            raise invalid("Invalid page token value.", "pageToken")
        first = int(text)
    size = min(query.get("maxResults", 100), 250)
    page: Json = {"kind": "calendar#calendarList", "etag": etag(store.version), "items": entries[first : first + size]}
    if first + size < len(entries):
        page["nextPageToken"] = str(first + size)
    else:
        page["nextSyncToken"] = _list_token(store)
    return page


def _list_token(store: Store) -> str:
    found = store.one("select max(version) as v, count(*) as n, (select count(*) from access) as m from calendars")
    return f"{store.epoch}-{found['v']}-{found['n']}-{found['m']}" if found else ""
