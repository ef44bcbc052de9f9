"""What a person does on the page, as the calls that Google's own page makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from . import events, remove
from .calendars import Calendar
from .change import change
from .errors import Json, invalid
from .recurrence import rules
from .rows import load
from .store import Row, Store
from .times import instant, keep, length, moment_of, shifted, unwall, wall, zone

REPEATS = {"": "", "DAILY": "every day", "WEEKLY": "every week", "MONTHLY": "every month", "YEARLY": "every year"}


def body_of(form: Mapping[str, str], calendar: Calendar) -> Json:
    """The fields of the form as an event's body; the last day of an all-day event is inclusive on the page."""
    zone_name = form.get("zone") or calendar.zone
    zone(zone_name)
    body: Json = {name: form.get(name, "").replace("\r\n", "\n") for name in ("summary", "description", "location")}
    for name in ("start", "end"):
        body[name] = _time(form.get(name, ""), name, zone_name, all_day=bool(form.get("all_day")))
    if form.get("repeat") in REPEATS and form.get("repeat"):
        body["recurrence"] = [f"RRULE:FREQ={form['repeat']}"]
    return body


def _time(text: str, name: str, zone_name: str, *, all_day: bool) -> Json:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"Invalid {name} time.", name) from None
    if all_day:
        return {"date": (moment.date() + timedelta(days=1 if name == "end" else 0)).isoformat()}
    return {"dateTime": moment.replace(tzinfo=None).isoformat(timespec="seconds"), "timeZone": zone_name}


def attendees_of(form: Mapping[str, str], old: list[Json]) -> list[Json]:
    """The addresses of the form; who was invited before keeps the answer."""
    known = {item["email"].lower(): item for item in old}
    emails = [text.lower() for text in re.split(r"[,;\s]+", form.get("attendees", "")) if text]
    return [known.get(email, {"email": email}) for email in emails]


def form_of(row: Row, calendar: Calendar) -> Json:
    """The values with which the form opens."""
    body = row.body
    values: Json = {name: body.get(name, "") for name in ("summary", "description", "location")}
    values["all_day"] = "date" in body["start"]
    values["zone"] = body["start"].get("timeZone", calendar.zone)
    for name in ("start", "end"):
        values[name] = wall({**body[name], **({} if values["all_day"] else {"timeZone": values["zone"]})})
    if values["all_day"]:
        values["end"] -= timedelta(days=1)
    for name in ("start", "end"):
        values[name] = values[name].strftime("%Y-%m-%dT%H:%M")
    values["attendees"] = ", ".join(item["email"] for item in body.get("attendees", ()))
    return values


def save(store: Store, calendar: Calendar, actor: str, event_id: str, form: Mapping[str, str]) -> Row:
    """An edit of a single event, or of one (`this`), later (`following`) or `all` occurrences of a series."""
    query = {"sendUpdates": "all" if form.get("mail") else "none"}
    with store.transaction():
        row = load(store, calendar.id, event_id)
        body = body_of(form, calendar)
        if "attendees" in form:
            body["attendees"] = attendees_of(form, row.body.get("attendees", []))
        scope = form.get("scope", "this") if row.master else "this"
        if scope == "following":
            return _following(store, calendar, actor, row, body, query)
        if scope == "all":
            return _all(store, calendar, actor, row, body, query)
        body = _differing(row, body, calendar)
        return change(store, calendar, actor, event_id, body, query, if_match=None, whole=False)


def _differing(row: Row, body: Json, calendar: Calendar) -> Json:
    """Only what the person changed, so that an exception keeps following its series in the rest."""
    changed = {name: value for name, value in body.items() if (value or None) != (row.body.get(name) or None)}
    for name in ("start", "end"):
        if keep(body[name], name, calendar.zone) == row.body[name]:
            changed.pop(name, None)
        else:
            changed[name] = {"date": None, "dateTime": None, **body[name]}
    return changed


def _all(store: Store, calendar: Calendar, actor: str, row: Row, body: Json, query: Json) -> Row:
    """The series moves by as much as the occurrence was moved."""
    master = load(store, calendar.id, row.master)
    start, end = (keep(body[name], name, calendar.zone) for name in ("start", "end"))
    if ("date" in start) == ("date" in master.body["start"]):
        shift = wall(start) - wall(row.body["start"])
        start = {**unwall(wall(master.body["start"]) + shift, start)}
        end = shifted(start, length(*(keep(body[name], name, calendar.zone) for name in ("start", "end"))), end)
    fields = {**body, "start": start, "end": end}
    fields = _differing(master, fields, calendar)
    return change(store, calendar, actor, master.id, fields, query, if_match=None, whole=False)


def _following(store: Store, calendar: Calendar, actor: str, row: Row, body: Json, query: Json) -> Row:
    """The series ends before this occurrence, and a new one begins with it."""
    master = load(store, calendar.id, row.master)
    rest = remaining(master.body, row.body["originalStartTime"])
    fresh = {name: value for name, value in master.body.items() if name not in ("id", "iCalUID", "sequence")}
    cut(store, calendar, actor, row, query)
    return events.insert(store, calendar, actor, {**fresh, **body, "recurrence": rest}, query)


def remaining(master: Json, original: Json) -> list[str]:
    """The series' lines for what begins at `original`: a COUNT is lessened by what was before."""
    first = wall(_in_zone(original, master))
    lines = []
    for line in master["recurrence"]:
        found = re.search(r"COUNT=(\d+)", line)
        if found:
            before = sum(1 for naive in rules([line], master["start"]) if naive < first)
            line = line.replace(found.group(0), f"COUNT={int(found.group(1)) - before}")
        lines.append(line)
    return lines


def _in_zone(original: Json, master: Json) -> Json:
    return original if "date" in original else {**original, "timeZone": master["start"]["timeZone"]}


def cut(store: Store, calendar: Calendar, actor: str, row: Row, query: Json) -> None:
    """The series ended before this occurrence; at the first one it is deleted."""
    master = load(store, calendar.id, row.master)
    original = row.body["originalStartTime"]
    if instant(original, calendar.zone) <= instant(master.body["start"], calendar.zone):
        remove.delete(store, calendar, actor, master.id, query)
        return
    if "date" in original:
        until = (date.fromisoformat(original["date"]) - timedelta(days=1)).strftime("%Y%m%d")
    else:
        until = (moment_of(original["dateTime"]) - timedelta(seconds=1)).strftime("%Y%m%dT%H%M%SZ")
    lines = [_ended(line, until) for line in master.body["recurrence"]]
    change(store, calendar, actor, master.id, {"recurrence": lines}, query, if_match=None, whole=False)


def _ended(line: str, until: str) -> str:
    if not line.upper().startswith("RRULE"):
        return line
    return re.sub(r";?(UNTIL|COUNT)=[^;]*", "", line).rstrip(";") + f";UNTIL={until}"


def delete(store: Store, calendar: Calendar, actor: str, event_id: str, form: Mapping[str, str]) -> None:
    query = {"sendUpdates": "all" if form.get("mail") else "none"}
    with store.transaction():
        row = load(store, calendar.id, event_id)
        scope = form.get("scope", "this") if row.master else "this"
        if scope == "following":
            cut(store, calendar, actor, row, query)
        else:
            remove.delete(store, calendar, actor, row.master if scope == "all" else event_id, query)


def day_of(row: Row, calendar: Calendar) -> str:
    """When it is, for the list."""
    start = row.body["start"]
    if "date" in start:
        return f"{start['date']} all day"
    return instant(start, calendar.zone).astimezone(ZoneInfo(calendar.zone)).strftime("%Y-%m-%d %H:%M")
