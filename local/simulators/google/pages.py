"""The pages on which a person sees and edits a calendar, and throws the fault switches. Plain HTML forms."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from . import control, events, faults, forms, listing, mails, tokens
from .calendars import Calendar, ensure_account, find, listed, writable
from .errors import ApiError, Json
from .ics import import_file
from .ics_read import IcsError
from .rows import load, now
from .state import Simulator
from .times import zone

Answer = str | Redirect | tuple[str, int]


def same_origin() -> None:
    """Another site's form must not edit the calendar of whoever visits it."""
    control.local_only()
    origin = request.headers.get("Origin")
    if request.method != "GET" and origin and origin != "null" and urlsplit(origin).netloc != request.host:
        abort(403)


def _month(text: str) -> tuple[date, date]:
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        first = now().date().replace(day=1)
    return first, (first.replace(day=28) + (date(2000, 1, 5) - date(2000, 1, 1))).replace(day=1)


def _before(first: date) -> str:
    return (first - (date(2000, 1, 2) - date(2000, 1, 1))).strftime("%Y-%m")


class Pages:
    """The views; `account` and `calendar` are in every query."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def _place(self, *, write: bool = False) -> tuple[str, Calendar]:
        email = request.values.get("account", "").strip().lower()
        ensure_account(self.sim.store, email)
        name = request.values.get("calendar") or "primary"
        return email, (writable if write else find)(self.sim.store, email, name)

    def people(self) -> Answer:
        people = self.sim.store.all("select * from accounts order by rowid")
        state = {"faults": self.sim.faults.listed(), "mails": mails.listed(self.sim.store)[-50:]}
        return render_template("people.html", people=people, kinds=faults, **state)

    def month(self, note: str = "") -> Answer:
        email, calendar = self._place()
        first, after = _month(request.values.get("month", ""))
        own = zone(calendar.zone)
        least, most = (datetime(d.year, d.month, d.day, tzinfo=own).isoformat() for d in (first, after))
        query: Json = {
            "singleEvents": True,
            "orderBy": "startTime",
            "timeMin": least,
            "timeMax": most,
            "maxResults": 2500,
        }
        rows = [item.row for item in listing.page(self.sim.store, calendar, query)[1]]
        shown = [(forms.day_of(row, calendar), row) for row in rows]
        calendars = listed(self.sim.store, email)
        return render_template(
            "calendar.html", email=email, calendar=calendar, calendars=calendars, events=shown, note=note,
            month=first.strftime("%Y-%m"), before=_before(first), after=after.strftime("%Y-%m"),
            repeats=forms.REPEATS, today=now().astimezone(own).strftime("%Y-%m-%dT%H:00"), kinds=faults,
        )  # fmt: skip

    def event(self) -> Answer:
        email, calendar = self._place()
        row = load(self.sim.store, calendar.id, request.values.get("event", ""))
        if row.cancelled:
            raise ApiError(404, "notFound", "This event has been deleted.")
        values = forms.form_of(row, calendar)
        return render_template("event.html", email=email, calendar=calendar, row=row, values=values)

    def create(self) -> Answer:
        email, calendar = self._place(write=True)
        body = forms.body_of(request.form, calendar)
        body["attendees"] = forms.attendees_of(request.form, [])
        sends = {"sendUpdates": "all" if request.form.get("mail") else "none"}
        events.insert(self.sim.store, calendar, email, body, sends)
        return self._back(email, calendar, str(request.form.get("start", ""))[:7])

    def save(self) -> Answer:
        email, calendar = self._place(write=True)
        forms.save(self.sim.store, calendar, email, request.form.get("event", ""), request.form)
        return self._back(email, calendar, str(request.form.get("start", ""))[:7])

    def delete(self) -> Answer:
        email, calendar = self._place(write=True)
        forms.delete(self.sim.store, calendar, email, request.form.get("event", ""), request.form)
        return self._back(email, calendar, str(request.form.get("start", ""))[:7])

    def upload(self) -> Answer:
        _, calendar = self._place(write=True)
        file = request.files.get("file")
        try:
            note = import_file(self.sim.store, calendar, file.read() if file else b"").text()
        except IcsError as error:
            note = f"Nothing was imported: {error}"
        return self.month(note)

    def fault(self) -> Answer:
        body: Json = dict(request.form)
        where = body.pop("where", "calls")
        if where == "clear":
            self.sim.faults.clear()
        elif where == "tokens":
            control.invalidate_sync_tokens(self.sim)
        elif where == "revoke":
            tokens.revoke_grant(self.sim.store, str(body.get("account", "")))
        else:
            self.sim.faults.add(body, faults.CALLS if where == "calls" else faults.NOTIFICATIONS)
        return redirect(url_for("pages.people"))

    def _back(self, email: str, calendar: Calendar, month: str) -> Redirect:
        return redirect(url_for("pages.month", account=email, calendar=calendar.id, month=month))


def blueprint(sim: Simulator) -> Blueprint:
    part = Blueprint("pages", __name__)
    pages = Pages(sim)
    part.before_request(same_origin)
    routes: list[tuple[str, str, Any]] = [
        ("GET", "/", pages.people), ("GET", "/month", pages.month), ("GET", "/event", pages.event),
        ("POST", "/create", pages.create), ("POST", "/save", pages.save), ("POST", "/delete", pages.delete),
        ("POST", "/ics", pages.upload), ("POST", "/fault", pages.fault),
    ]  # fmt: skip
    for verb, path, view in routes:
        part.add_url_rule(path, view.__name__, view, methods=[verb])

    @part.errorhandler(ApiError)
    def refuse(error: ApiError) -> tuple[str, int]:
        return render_template("problem.html", problem=error.message), error.code

    return part
