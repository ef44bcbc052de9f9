"""Switches and readings for tests and the curious, over JSON, from this machine only."""

from __future__ import annotations

import ipaddress
import secrets

from flask import Blueprint, Response, abort, jsonify, request

from . import calendars, channels, faults, mails, tokens
from .errors import ApiError, Json, invalid
from .state import Simulator


def local_only() -> None:
    if not ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback:
        abort(403)


def _body() -> Json:
    value = request.get_json(silent=True)
    if not isinstance(value, dict):
        raise invalid("A JSON object is needed.")
    return value


def calls(sim: Simulator) -> Json:
    rows = [dict(row) for row in sim.store.all("select * from calls order by n")]
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["method"]] = counts.get(row["method"], 0) + 1
    return {"counts": counts, "calls": rows}


def invalidate_sync_tokens(sim: Simulator) -> None:
    sim.store.set_meta("epoch", secrets.token_hex(4))


def blueprint(sim: Simulator) -> Blueprint:
    part = Blueprint("control", __name__, url_prefix="/control")
    part.before_request(local_only)

    @part.errorhandler(ApiError)
    def refuse(error: ApiError) -> tuple[Response, int]:
        return jsonify(error.body()), error.code

    @part.get("/faults")
    def list_faults() -> Response:
        return jsonify(sim.faults.listed())

    @part.post("/faults")
    def add_fault() -> Response:
        sim.faults.add(_body(), faults.CALLS)
        return jsonify(sim.faults.listed())

    @part.post("/notifications")
    def add_notification_fault() -> Response:
        sim.faults.add(_body(), faults.NOTIFICATIONS)
        return jsonify(sim.faults.listed())

    @part.delete("/faults")
    def clear_faults() -> Response:
        sim.faults.clear()
        return jsonify(sim.faults.listed())

    @part.post("/sync-tokens/invalidate")
    def invalidate() -> Response:
        invalidate_sync_tokens(sim)
        return jsonify({})

    @part.post("/grants/revoke")
    def revoke() -> Response:
        return jsonify(revoked=tokens.revoke_grant(sim.store, str(_body().get("email", ""))))

    @part.post("/tokens/expire")
    def expire() -> Response:
        return jsonify(expired=tokens.expire_access(sim.store, str(_body().get("email", ""))))

    @part.get("/calls")
    def list_calls() -> Response:
        return jsonify(calls(sim))

    @part.delete("/calls")
    def clear_calls() -> Response:
        sim.store.run("delete from calls")
        return jsonify({})

    @part.get("/mails")
    def list_mails() -> Response:
        found = mails.listed(sim.store)
        return jsonify(count=len(found), mails=found)

    @part.delete("/mails")
    def clear_mails() -> Response:
        sim.store.run("delete from mails")
        return jsonify({})

    @part.get("/accounts")
    def accounts() -> Response:
        return jsonify(accounts=[dict(row) for row in sim.store.all("select * from accounts order by rowid")])

    @part.get("/channels")
    def list_channels() -> Response:
        return jsonify(channels=[dict(row) for row in sim.store.all("select * from channels order by rowid")])

    @part.post("/channels/life")
    def shorten_channels() -> Response:
        channels.set_longest_life(sim.store, int(_body().get("seconds", channels.DEFAULT_LIFE)))
        return jsonify({})

    @part.post("/calendars")
    def add_calendar() -> Response:
        body = _body()
        email = str(body.get("email", ""))
        calendars.ensure_account(sim.store, email)
        return jsonify(calendars.resource(calendars.create(sim.store, email, body)))

    @part.post("/access")
    def add_access() -> Response:
        body = _body()
        email = str(body.get("email", ""))
        calendars.ensure_account(sim.store, email)
        calendars.share(sim.store, str(body.get("calendar", "")), email, str(body.get("role", "")))
        return jsonify({})

    return part
