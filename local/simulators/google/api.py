"""The Calendar API over HTTP: routed and judged by the discovery document, answered by the modules beside this one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from . import calendars, change, channels, events, listing, paging, remove
from .calendars import Calendar, find, writable
from .errors import ApiError, Json, access_level
from .expand import Item
from .rows import load
from .state import Simulator
from .store import Row
from .times import zone
from .tokens import Token
from .view import cut_attendees, hidden, resource

OWNED_ONLY = {"https://www.googleapis.com/auth/calendar.events.owned",
              "https://www.googleapis.com/auth/calendar.events.owned.readonly"}  # fmt: skip
FREE_BUSY = "https://www.googleapis.com/auth/calendar.events.freebusy"


@dataclass
class Call:
    """One authorised request: `path` and `query` typed, `body` of the right shape."""

    sim: Simulator
    token: Token
    method: str
    scopes: frozenset[str]
    path: dict[str, str]
    query: Json
    body: Json
    if_match: str | None
    if_none_match: str | None

    @property
    def granted(self) -> set[str]:
        return set(self.token.scopes) & self.scopes

    def calendar(self, *, write: bool = False, name: str = "") -> Calendar:
        look = writable if write else find
        calendar = look(self.sim.store, self.token.email, name or self.path["calendarId"])
        if self.granted <= OWNED_ONLY and calendar.role != "owner" and self.granted:
            raise access_level("owner")
        return calendar


Answer = tuple[int, str]


def _json(value: Json) -> Answer:
    return 200, json.dumps(value, separators=(",", ":"))


def _shown(call: Call, calendar: Calendar, row: Row) -> str:
    """The event as this caller may see it; the kept JSON where nothing is special."""
    private = row.body.get("visibility") in ("private", "confidential") and not calendar.at_least("writer")
    conceal = private or calendar.role == "freeBusyReader" or call.granted == {FREE_BUSY}
    most = call.query.get("maxAttendees")
    if row.shown and not conceal and most is None and "timeZone" not in call.query:
        return row.shown
    value = resource(row, call.query.get("timeZone") or calendar.zone)
    value = cut_attendees(value, most) if most else value
    return json.dumps(hidden(value) if conceal else value, separators=(",", ":"))


def _page(call: Call, calendar: Calendar, extra: Json, items: list[Item]) -> Answer:
    if "timeZone" in call.query:
        zone(call.query["timeZone"])
    head = json.dumps({**listing.summary(call.sim.store, calendar), **extra}, separators=(",", ":"))
    joined = ",".join(_shown(call, calendar, item.row) for item in items)
    return 200, f'{head[:-1]},"items":[{joined}]}}'


def _list(call: Call) -> Answer:
    calendar = call.calendar()
    return _page(call, calendar, *listing.page(call.sim.store, calendar, call.query))


def _instances(call: Call) -> Answer:
    calendar = call.calendar()
    extra, items = listing.instances(call.sim.store, calendar, call.path["eventId"], call.query)
    return _page(call, calendar, extra, items)


def _get(call: Call) -> Answer:
    calendar = call.calendar()
    row = load(call.sim.store, calendar.id, call.path["eventId"])
    shown = _shown(call, calendar, row)
    if call.if_none_match and call.if_none_match == json.loads(shown)["etag"]:
        return 304, ""
    return 200, shown


def _insert(call: Call) -> Answer:
    calendar = call.calendar(write=True)
    return 200, _shown(call, calendar, events.insert(call.sim.store, calendar, call.token.email, call.body, call.query))


def _import(call: Call) -> Answer:
    calendar = call.calendar(write=True)
    row = events.import_event(call.sim.store, calendar, call.token.email, call.body, call.query)
    return 200, _shown(call, calendar, row)


def _change(call: Call, *, whole: bool) -> Answer:
    calendar = call.calendar(write=True)
    row = change.change(call.sim.store, calendar, call.token.email, call.path["eventId"], call.body, call.query,
                        if_match=call.if_match, whole=whole)  # fmt: skip
    return 200, _shown(call, calendar, row)


def _delete(call: Call) -> Answer:
    calendar = call.calendar(write=True)
    name = call.path["eventId"]
    remove.delete(call.sim.store, calendar, call.token.email, name, call.query, if_match=call.if_match)
    return 204, ""


def _move(call: Call) -> Answer:
    source, target = call.calendar(write=True), call.calendar(write=True, name=call.query["destination"])
    row = events.move(call.sim.store, source, target, call.token.email, call.path["eventId"], call.query)
    return 200, _shown(call, target, row)


def _watch(call: Call) -> Answer:
    paging.check(call.query)
    return _json(channels.watch(call.sim, call.calendar(), call.token, call.body))


def _stop(call: Call) -> Answer:
    channels.stop(call.sim.store, call.token, call.body)
    return 204, ""


def _calendar_list(call: Call) -> Answer:
    return _json(calendars.list_page(call.sim.store, call.token.email, call.query))


HANDLERS: dict[str, Callable[[Call], Answer]] = {
    "calendar.calendarList.list": _calendar_list,
    "calendar.calendarList.get": lambda call: _json(calendars.entry(call.calendar())),
    "calendar.calendars.get": lambda call: _json(calendars.resource(call.calendar())),
    "calendar.calendars.insert": lambda call: _json(
        calendars.resource(calendars.create(call.sim.store, call.token.email, call.body))
    ),
    "calendar.events.list": _list,
    "calendar.events.instances": _instances,
    "calendar.events.get": _get,
    "calendar.events.insert": _insert,
    "calendar.events.import": _import,
    "calendar.events.patch": lambda call: _change(call, whole=False),
    "calendar.events.update": lambda call: _change(call, whole=True),
    "calendar.events.delete": _delete,
    "calendar.events.move": _move,
    "calendar.events.watch": _watch,
    "calendar.channels.stop": _stop,
}


def answer(call: Call) -> Answer:
    handler = HANDLERS.get(call.method)
    if handler is None:
        raise ApiError(501, "notImplemented", f"{call.method} is not offered by this simulator.")
    return handler(call)
