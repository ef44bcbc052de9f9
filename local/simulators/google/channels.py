"""Notification channels: opened by watch, closed by stop.

Source: developers.google.com/workspace/calendar/api/guides/push
"""

from __future__ import annotations

import hashlib
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from .calendars import Calendar
from .errors import ApiError, Json, invalid, not_found, required
from .store import Store
from .tokens import Token

if TYPE_CHECKING:
    from .state import Simulator

DEFAULT_LIFE = 604_800
ID = re.compile(r"[A-Za-z0-9\-_+/=]{1,64}")
MEMBERS = ("id", "type", "address", "token", "params", "expiration", "payload", "kind")


def _check(body: Json) -> None:
    for name in ("id", "type", "address"):
        if not body.get(name):
            raise required(name)
    if not ID.fullmatch(body["id"]):
        raise invalid("Invalid channel id.", "id")
    if body["type"] not in ("web_hook", "webhook"):
        raise invalid(f"Unknown channel type: {str(body['type'])[:40]}", "type")
    address = urlsplit(body["address"])
    loopback = address.hostname in ("localhost", "127.0.0.1", "::1")
    if not address.hostname or not (address.scheme == "https" or (address.scheme == "http" and loopback)):
        message = f"WebHook callback must be HTTPS: {body['address'][:200]}"
        raise invalid(message, reason="push.webhookUrlNotHttps")
    if len(body.get("token", "")) > 256:
        raise invalid("The channel's token is too long.", "token")


def set_longest_life(store: Store, seconds: int) -> None:
    """Of the channels that are opened from now on; the service may always give less than was asked for."""
    store.set_meta("channel_life", str(min(max(seconds, 1), DEFAULT_LIFE)))


def _expiration(body: Json, longest: int) -> int:
    """Milliseconds; `params.ttl` (seconds) or `expiration`, at most `longest` (seconds) from now."""
    now = int(time.time())
    texts = (str((body.get("params") or {}).get("ttl", "")), str(body.get("expiration") or ""))
    if any(text and not re.fullmatch(r"\d{1,18}", text) for text in texts):
        raise invalid("Invalid expiration.", "expiration")
    asked = int(texts[1]) if texts[1] else (now + int(texts[0] or longest)) * 1000
    if asked <= now * 1000:
        raise invalid("The channel's expiration is in the past.", "expiration")
    return min(asked, (now + longest) * 1000)


def watch(sim: Simulator, calendar: Calendar, token: Token, body: Json) -> Json:
    """The opened channel; its `sync` notification is on the way."""
    _check(body)
    expiration = _expiration(body, int(sim.store.meta("channel_life", str(DEFAULT_LIFE))))
    uri = f"https://www.googleapis.com/calendar/v3/calendars/{quote(calendar.id)}/events?alt=json"
    resource = hashlib.blake2b(f"{calendar.id}".encode(), digest_size=20).hexdigest()[:27]
    with sim.store.transaction():
        if sim.store.one("select 1 from channels where id=?", body["id"]):
            message = f"Channel id {body['id']} not unique"
            raise ApiError(400, "channelIdNotUnique", message)
        sim.store.run(
            "insert into channels values (?,?,?,?,?,?,?,?,0,?)",
            body["id"], calendar.id, resource, body["address"], body.get("token"), expiration, token.email,
            token.client, uri,
        )  # fmt: skip
    sim.notifier.send(body["id"], "sync")
    shown: Json = {"kind": "api#channel", "id": body["id"], "resourceId": resource, "resourceUri": uri}
    if body.get("token"):
        shown["token"] = body["token"]
    return shown | {"expiration": str(expiration)}


def stop(store: Store, token: Token, body: Json) -> None:
    for name in ("id", "resourceId"):
        if not body.get(name):
            raise required(name)
    found = store.run(
        "delete from channels where id=? and resource=? and email=? and client=?",
        body["id"], body["resourceId"], token.email, token.client,
    )  # fmt: skip
    if not found:
        error = not_found()
        error.message = f"Channel '{body['id'][:64]}' not found for project"
        raise error


def open_on(store: Store, calendars: set[str]) -> list[str]:
    """The ids of the channels of these calendars that have not expired."""
    now = int(time.time() * 1000)
    store.run("delete from channels where expiration<=?", now)
    return [
        row["id"]
        for row in store.all("select id, calendar from channels order by rowid")
        if row["calendar"] in calendars
    ]
