"""Takes an .ics file into a calendar; what stands there already, by iCalUID, is left alone, so twice is as once."""

from __future__ import annotations

from dataclasses import dataclass, field

from .calendars import Calendar
from .errors import ApiError, Json
from .ics_event import Refused, body, time
from .ics_read import Source, read
from .recurrence import instance, is_occurrence
from .rows import load, new_id, now, save
from .store import Row, Store
from .times import now_text
from .validate import check, tidy


@dataclass
class Report:
    """`refused`: line and reason of each event that could not be taken."""

    imported: int = 0
    present: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    def text(self) -> str:
        lines = [f"line {line}: refused: {reason}" for line, reason in self.refused]
        count = f"{self.imported} events imported, {self.present} already there, {len(self.refused)} refused"
        return "\n".join([*lines, count])


def import_file(store: Store, calendar: Calendar, data: bytes) -> Report:
    """All that can be taken, in one transaction. Raises IcsError for a file that can't be read."""
    sources = read(data)
    report = Report()
    with store.transaction():
        known = {row["uid"] for row in store.all("select distinct uid from events where calendar=?", calendar.id)}
        for source in [s for s in sources if "RECURRENCE-ID" not in s.event]:
            _take(store, calendar, source, report, known)
        for source in [s for s in sources if "RECURRENCE-ID" in s.event]:
            _take(store, calendar, source, report, known)
    report.refused.sort()
    return report


def _take(store: Store, calendar: Calendar, source: Source, report: Report, known: set[str]) -> None:
    uid = str(source.event.get("UID", "")).strip()
    try:
        if not uid:
            raise Refused("", "no UID")
        if uid in known:
            report.present += 1
            return
        if "RECURRENCE-ID" in source.event:
            _exception(store, calendar, source, uid)
        else:
            _event(store, calendar, source, uid)
        report.imported += 1
    except Refused as error:
        report.refused.append((source.properties.get(error.name, source.line), str(error)))
    except ApiError as error:
        report.refused.append((source.line, error.message))
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        report.refused.append((source.line, f"unreadable: {str(error)[:160]}"))


def _event(store: Store, calendar: Calendar, source: Source, uid: str) -> None:
    fresh = body(source.event, calendar.id, calendar.zone)
    if fresh["status"] == "cancelled":
        raise Refused("STATUS", "it is cancelled")
    if store.events("calendar=? and uid=? and master=''", calendar.id, uid):
        raise Refused("UID", "the file has this UID twice")
    name = new_id(store, calendar.id, None)
    save(store, Row(calendar.id, name, _whole(fresh, calendar, name, uid)))


def _whole(fresh: Json, calendar: Calendar, name: str, uid: str) -> Json:
    check(fresh, calendar)
    tidy(fresh)
    defaults: Json = {"reminders": {"useDefault": True}, "eventType": "default", "organizer": {"email": calendar.id}}
    own: Json = {"id": name, "iCalUID": uid, "created": now_text(now()), "sequence": 0}
    return {**defaults, **fresh, **own, "creator": {"email": calendar.owner}}


def _exception(store: Store, calendar: Calendar, source: Source, uid: str) -> None:
    masters = store.events("calendar=? and uid=? and master=''", calendar.id, uid)
    if not masters or not masters[0].body.get("recurrence"):
        raise Refused("RECURRENCE-ID", "an exception whose series is not in the file")
    given = source.event["RECURRENCE-ID"]
    if given.params.get("RANGE"):
        raise Refused("RECURRENCE-ID", "RANGE is not supported")
    master = masters[0]
    original = time(given, calendar.zone, "RECURRENCE-ID")
    if "dateTime" in original and "dateTime" in master.body["start"]:
        original["timeZone"] = master.body["start"]["timeZone"]
    if not is_occurrence(master.body, original):
        raise Refused("RECURRENCE-ID", "the series has no such occurrence")
    plain = instance(master.body, original)
    fresh = body(source.event, calendar.id, calendar.zone)
    fresh = {**{name: plain[name] for name in plain if name not in fresh}, **fresh}
    check(fresh, calendar)
    tidy(fresh)
    own = sorted(name for name in {*plain, *fresh} if plain.get(name) != fresh.get(name))
    if load(store, calendar.id, plain["id"]).shown:
        raise Refused("RECURRENCE-ID", "the file has this exception twice")
    save(store, Row(calendar.id, plain["id"], fresh, master=master.id, own=own))
