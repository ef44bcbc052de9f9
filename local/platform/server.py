"""The platform's pages, its webhook, and where its join links lead."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request
from standardwebhooks import Webhook, WebhookVerificationError
from werkzeug.wrappers import Response as AnyResponse

from local.issuer.people import PEOPLE
from local.platform.service import Service

_TEXTS = ("topic", "start", "time_zone", "agenda")


def create(service: Service, secret: str) -> Flask:
    """`secret` is what outgoing events are signed with (Standard Webhooks)."""
    app = Flask(__name__)
    webhook = Webhook(secret)

    @app.post("/webhook")
    def hear() -> tuple[str, int]:
        if service.store.down:
            return "down", 503
        try:
            event: Any = webhook.verify(request.get_data(as_text=True), dict(request.headers))
        except WebhookVerificationError:
            return "not signed by Meetbridge", 401
        service.hear(event)
        return "", 204

    @app.get("/")
    def page() -> str:
        return render_template(
            "platform.html",
            people=PEOPLE.values(),
            meetings=service.store.meetings(),
            received=list(reversed(service.store.received(50))),
            down=service.store.down,
            tomorrow=(datetime.now() + timedelta(days=1)).replace(hour=10, minute=0).strftime("%Y-%m-%dT%H:%M"),  # noqa: DTZ005
            trouble=request.args.get("trouble", ""),
        )

    @app.get("/j/<meeting>")
    def join(meeting: str) -> str:
        return render_template("join.html", meeting=meeting)

    _forms(app, service)
    _scripts(app, service)
    return app


def _fields(form: Mapping[str, str]) -> dict[str, Any]:
    """What a form says of a meeting; what it leaves out stays as it is."""
    fields: dict[str, Any] = {name: form[name] for name in _TEXTS if name in form}
    if len(form["start"]) == len("2026-01-01T10:00"):
        fields["start"] = f"{form['start']}:00"
    fields["duration_minutes"] = int(form["duration_minutes"])
    if "invitees" in form:
        fields["invitees"] = [one.strip() for one in form["invitees"].split(",") if one.strip()]
    if form.get("rule"):
        fields["recurrence"] = [form["rule"]]
    return fields


def _forms(app: Flask, service: Service) -> None:
    @app.before_request
    def own_pages_only() -> tuple[str, int] | None:
        # Another site in the same browser must not post here.
        origin = request.headers.get("Origin")
        if request.method == "POST" and origin and origin != request.host_url.rstrip("/"):
            return "from another site", 403
        return None

    @app.post("/meetings")
    def save() -> AnyResponse:
        person = PEOPLE[request.form["person"]]
        name = request.form.get("id") or uuid.uuid4().hex[:12]
        fields = {**_fields(request.form), "host_email": person.email}
        return _back(service.put(person.account, person.id, name, fields))

    @app.post("/meetings/cancel")
    def cancel() -> AnyResponse:
        person = PEOPLE[request.form["person"]]
        return _back(service.cancel(person.account, person.id, request.form["id"]))

    @app.post("/down")
    def down() -> AnyResponse:
        service.store.down = request.form.get("down") == "yes"
        return redirect("/")


def _scripts(app: Flask, service: Service) -> None:
    @app.get("/received")
    def received() -> Response:
        return jsonify(service.store.received())

    @app.get("/meetings")
    def meetings() -> Response:
        found = service.store.meetings()
        return jsonify([{"account": m.account, "user": m.user, "id": m.id, "state": m.state, **m.body} for m in found])


def _back(answer: Any) -> AnyResponse:
    if answer.ok:
        return redirect("/")
    try:
        detail = str(answer.json().get("detail") or answer.json().get("message", ""))
    except ValueError:
        detail = ""
    return redirect(f"/?trouble={answer.status_code} {detail}")
