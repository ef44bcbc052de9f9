"""The people of an end-to-end test: one at Meetbridge's API, one in front of the (simulated) Google Calendar."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import requests

from local.environment import GOOGLE_CLIENT_ID
from local.stack import Stack
from local.state import read_json

T = TypeVar("T")
CALENDAR = "https://www.googleapis.com/auth/calendar"
VERIFIER = "v" * 50


def eventually(look: Callable[[], T], seconds: float = 30) -> T:
    """What `look` gives as soon as it is true; its last answer is asserted at the end of patience."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not (found := look()) and time.monotonic() < deadline:
        pause.wait(0.15)
    assert found, "it did not come to pass"
    return found


class Caller:
    """Somebody at the API, by the name that the issuer knows."""

    def __init__(self, stack: Stack, who: str, version: str = "5.17.0") -> None:
        self.stack = stack
        self.who = who
        self.session = stack.session(who)
        self.session.headers.update({"X-Client-Version": version, "X-Client-Platform": "web"})

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        options.setdefault("timeout", 40)
        options.setdefault("allow_redirects", False)
        return self.session.request(method, self.stack.api + path, **options)

    def ok(self, method: str, path: str, **options: Any) -> Any:
        answer = self.call(method, path, **options)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def state(self) -> str:
        return str(self.ok("GET", "/v1/me/integration")["state"])

    # ---------------------------------------------------------------- connecting

    def begin(self, **body: Any) -> str:
        """The address of the service's consent page."""
        return str(self.ok("POST", "/v1/me/connection", json={"service": "google", **body})["authorization_url"])

    def finish(self, handle: str) -> requests.Response:
        return self.call("POST", f"/v1/me/connection/{handle}/finish")

    def connect(self, email: str, **consent: Any) -> Any:
        """The whole path: begin, consent as `email`, callback, finish."""
        answer = self.finish(come_back(self.stack, approve(self.begin(), email, **consent)))
        assert answer.status_code == 200, answer.text
        return answer.json()

    # ---------------------------------------------------------------- reading

    def events(self, first: str, last: str) -> list[dict[str, Any]]:
        """Every occurrence of the window, page by page."""
        items: list[dict[str, Any]] = []
        query = {"from": first, "to": last}
        while True:
            page = self.ok("GET", "/v1/me/events", params=query)
            items += page["items"]
            if not page["next"]:
                return items
            query["cursor"] = page["next"]


def approve(authorization_url: str, email: str, *, without: str = "", decision: str = "allow") -> str:
    """Consent at the service; returns the callback's address. `without`: scopes that hold this are unticked."""
    address = urlsplit(authorization_url)
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    grant = [scope for scope in asked["scope"].split() if not (without and without in scope)]
    form = {**asked, "account": email, "grant": grant, "decision": decision}
    page = f"{address.scheme}://{address.netloc}{address.path}"
    answer = requests.post(page, data=form, allow_redirects=False, timeout=20)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def come_back(stack: Stack, callback: str) -> str:
    """The browser follows to our callback; returns the handle that it is sent back to the console with."""
    answer = requests.get(callback, allow_redirects=False, timeout=40)
    assert answer.status_code == 303, answer.text
    location = urlsplit(answer.headers["location"])
    assert stack.api.endswith(location.netloc)
    assert "code" not in parse_qs(location.query)
    return parse_qs(location.query)["attempt"][0]


class InGoogle:
    """The owner of a calendar, in front of it: what they do is what a person does there, not what we do."""

    def __init__(self, stack: Stack, email: str) -> None:
        self.root = stack.google
        self.email = email
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {self._token(stack)}"

    def _token(self, stack: Stack) -> str:
        digest = hashlib.sha256(VERIFIER.encode()).digest()
        form = {
            "client_id": GOOGLE_CLIENT_ID, "redirect_uri": f"{stack.api}/oauth/callback/google", "scope": CALENDAR,
            "response_type": "code", "state": "s", "code_challenge_method": "S256", "access_type": "offline",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "account": self.email, "grant": CALENDAR, "decision": "allow",
        }  # fmt: skip
        back = requests.post(f"{self.root}/o/oauth2/v2/auth", data=form, allow_redirects=False, timeout=20)
        code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
        exchange = {
            "grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER,
            "client_id": GOOGLE_CLIENT_ID, "redirect_uri": form["redirect_uri"],
            "client_secret": read_json(stack.state / "secrets.json")["google_client_secret"],
        }  # fmt: skip
        answer = requests.post(f"{self.root}/token", data=exchange, timeout=20)
        assert answer.ok, answer.text
        return str(answer.json()["access_token"])

    def call(self, method: str, path: str, **options: Any) -> Any:
        answer = self.session.request(method, f"{self.root}/calendar/v3/{path}", timeout=30, **options)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content else None

    def listed(self, calendar: str = "primary", **params: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        query = {"maxResults": 2500, **params}
        while True:
            page = self.call("GET", f"calendars/{calendar}/events", params=query)
            items += page.get("items", [])
            if "nextPageToken" not in page:
                return items
            query["pageToken"] = page["nextPageToken"]

    def insert(self, body: dict[str, Any], calendar: str = "primary", **params: Any) -> dict[str, Any]:
        return dict(self.call("POST", f"calendars/{calendar}/events", json=body, params=params))

    def patch(self, event: str, body: dict[str, Any], calendar: str = "primary", **params: Any) -> dict[str, Any]:
        return dict(self.call("PATCH", f"calendars/{calendar}/events/{event}", json=body, params=params))

    def get(self, event: str, calendar: str = "primary") -> dict[str, Any]:
        return dict(self.call("GET", f"calendars/{calendar}/events/{event}"))

    def delete(self, event: str, calendar: str = "primary", **params: Any) -> None:
        self.call("DELETE", f"calendars/{calendar}/events/{event}", params=params)

    def titled(self, title: str) -> list[dict[str, Any]]:
        return [event for event in self.listed() if event.get("summary") == title]

    def mails(self) -> list[dict[str, Any]]:
        """What the service would have mailed so far about this person's events."""
        found = requests.get(f"{self.root}/control/mails", timeout=20).json()["mails"]
        return [mail for mail in found if mail.get("organizer", self.email) == self.email]


class Platform:
    """The meeting platform's backend for one account, and what its webhook has received."""

    def __init__(self, stack: Stack, account: str = "acme") -> None:
        self.stack = stack
        self.api = Caller(stack, f"platform-{account}")

    def meeting(self, topic: str, **more: Any) -> dict[str, Any]:
        """A meeting as the platform would send it."""
        return {
            "topic": topic, "start": "2027-03-01T10:00:00", "duration_minutes": 30, "time_zone": "Europe/Berlin",
            "join_url": f"{self.stack.platform}/j/{abs(hash(topic))}", "revision": 1, **more,
        }  # fmt: skip

    def put(self, user: str, name: str, body: dict[str, Any]) -> Any:
        return self.api.ok("PUT", f"/v1/users/{user}/meetings/{name}", json=body)

    def get(self, user: str, name: str) -> Any:
        return self.api.ok("GET", f"/v1/users/{user}/meetings/{name}")

    def received(self, kind: str = "", name: str = "") -> list[dict[str, Any]]:
        """Outgoing events that the sample platform has verified and taken, oldest first."""
        found = requests.get(f"{self.stack.platform}/received", timeout=20).json()
        return [e for e in found if kind in ("", e["type"]) and name in ("", e["data"].get("id"))]
