"""One simulator for each test module, and people who have signed in to it."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from local.simulators.google.app import Running, running

CALENDAR = "https://www.googleapis.com/auth/calendar"
VERIFIER = "v" * 50
REDIRECT = "http://127.0.0.1:9/callback"
COUNTER = itertools.count()


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def asked(scopes: str) -> dict[str, str]:
    return {
        "client_id": "client", "redirect_uri": REDIRECT, "response_type": "code", "scope": scopes, "state": "s t",
        "code_challenge": challenge(VERIFIER), "code_challenge_method": "S256", "access_type": "offline",
        "prompt": "consent",
    }  # fmt: skip


@dataclass
class Person:
    """Somebody's session at the API."""

    email: str
    root: str
    session: requests.Session
    grant: dict[str, Any]

    def call(self, verb: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(verb, f"{self.root}/calendar/v3/{path}", timeout=30, **options)

    def insert(self, body: dict[str, Any], **params: Any) -> dict[str, Any]:
        answer = self.call("POST", "calendars/primary/events", json=body, params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def list(self, **params: Any) -> dict[str, Any]:
        answer = self.call("GET", "calendars/primary/events", params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def consent(root: str, email: str, form: dict[str, str], grant: list[str], decision: str = "allow") -> dict[str, str]:
    """What comes back to the redirect address after the consent page."""
    data = {**form, "account": email, "grant": grant, "decision": decision}
    answer = requests.post(f"{root}/o/oauth2/v2/auth", data=data, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def redeem(root: str, code: str, **changes: str) -> requests.Response:
    form = {"client_id": "client", "client_secret": "x", "grant_type": "authorization_code", "code": code,
            "code_verifier": VERIFIER, "redirect_uri": REDIRECT, **changes}  # fmt: skip
    return requests.post(f"{root}/token", data=form, timeout=10)


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("google") / "traffic.jsonl"


@pytest.fixture(scope="module")
def google(traffic: Path) -> Iterator[Running]:
    with running(record=str(traffic)) as found:
        yield found


@pytest.fixture
def sign_in(google: Running) -> Iterator[Callable[..., Person]]:
    """Signs somebody in; without an address somebody new."""
    opened: list[requests.Session] = []

    def enter(email: str = "", scopes: str = CALENDAR) -> Person:
        email = email or f"person{next(COUNTER)}@example.com"
        code = consent(google.url, email, asked(scopes), scopes.split())["code"]
        grant = redeem(google.url, code).json()
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {grant['access_token']}"
        opened.append(session)
        return Person(email, google.url, session, grant)

    yield enter
    for session in opened:
        session.close()


@pytest.fixture
def mia(sign_in: Callable[..., Person]) -> Person:
    return sign_in()


@pytest.fixture
def timed() -> dict[str, Any]:
    """An hour in Zurich."""
    zone = "Europe/Zurich"
    return {
        "summary": "Talk",
        "start": {"dateTime": "2026-10-23T09:00:00", "timeZone": zone},
        "end": {"dateTime": "2026-10-23T10:00:00", "timeZone": zone},
    }


@pytest.fixture
def series(timed: dict[str, Any]) -> dict[str, Any]:
    """Five days across the end of summer time (2026-10-25)."""
    return {**timed, "recurrence": ["RRULE:FREQ=DAILY;COUNT=5"]}


def reason(answer: requests.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    return error["code"], error["errors"][0]["reason"]


@pytest.fixture
def fault() -> Callable[[requests.Response], tuple[int, str]]:
    """The code and reason of a refused call."""
    return reason
