"""functions/oauth with the event shapes of API Gateway: connecting, and who may not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.oauth import app as function
from tests.support.http import Answer, event, send, without_token
from tests.support.small_app import SmallApp

ROOT = Path(__file__).parents[3]
EVE = {"sub": "eve", "email": "eve@example.com"}
Call = Callable[..., Answer]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> SmallApp:
    made = SmallApp()
    monkeypatch.setattr(function, "app", lambda: made)
    return made


@pytest.fixture
def call(small: SmallApp) -> Call:
    def calling(method: str, path: str, body: object = None, **options: Any) -> Answer:
        return send(function.handler, event(method, path, body, **options))

    return calling


def callback(query: dict[str, str], service: str = "google") -> Answer:
    """The browser comes back from the service: no token, whoever it is."""
    return send(function.handler, without_token(event("GET", f"/oauth/callback/{service}", query=query)))


def attempt_of(answer: Answer) -> str:
    return parse_qs(urlsplit(answer.headers["Location"]).query)["attempt"][0]


def test_begin_callback_finish_and_away(call: Call, small: SmallApp) -> None:
    begun = call("POST", "/v1/me/connection", {"service": "google"})
    assert (begun.status, set(begun.json)) == (201, {"attempt", "authorization_url"})
    query = small.signin.consent(begun.json["authorization_url"])
    back = callback(query)
    assert back.status == 303
    assert back.headers["Location"].startswith("https://meet.example/?attempt=")
    assert query["code"] not in str(back)
    assert query["state"] not in str(back)
    finished = call("POST", f"/v1/me/connection/{attempt_of(back)}/finish")
    assert (finished.status, finished.json["state"], finished.json["warnings"]) == (200, "connecting", [])
    assert finished.json["connection"]["email"] == "ann@example.com"
    assert call("DELETE", "/v1/me/connection").status == 204
    assert call("DELETE", "/v1/me/connection").status == 404


def test_finish_needs_the_attempt_that_the_browser_was_given(call: Call, small: SmallApp) -> None:
    begun = call("POST", "/v1/me/connection", {}).json
    callback(small.signin.consent(begun["authorization_url"]))
    answer = call("POST", f"/v1/me/connection/{begun['attempt']}/finish")
    assert (answer.status, answer.headers["Content-Type"]) == (403, "application/problem+json")


def test_an_attacker_whose_link_a_victim_follows_gets_nothing(call: Call, small: SmallApp) -> None:
    begun = call("POST", "/v1/me/connection", {}, claims=EVE).json
    attempt = attempt_of(callback(small.signin.consent(begun["authorization_url"])))
    assert call("POST", f"/v1/me/connection/{attempt}/finish").status == 404
    assert call("POST", f"/v1/me/connection/{begun['attempt']}.guess/finish", claims=EVE).status == 403
    assert small.live() == set()
    assert not small.queue.jobs


def test_an_attempt_of_another_tenant_is_not_found(call: Call, small: SmallApp) -> None:
    begun = call("POST", "/v1/me/connection", {}).json
    attempt = attempt_of(callback(small.signin.consent(begun["authorization_url"])))
    answer = call("POST", f"/v1/me/connection/{attempt}/finish", claims={"account_id": "other"})
    assert answer.status == 404


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": "code-1"},
        {"state": "forged", "code": "code-1"},
        {"state": "aaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaa.00000000000000000000000001", "code": "code-1"},
    ],
)
def test_a_forged_callback_is_a_problem_and_changes_nothing(small: SmallApp, query: dict[str, str]) -> None:
    answer = callback(query)
    assert (answer.status, answer.headers["Content-Type"]) == (401, "application/problem+json")
    assert not small.queue.jobs


def test_a_replayed_callback_is_a_problem(call: Call, small: SmallApp) -> None:
    begun = call("POST", "/v1/me/connection", {}).json
    query = small.signin.consent(begun["authorization_url"])
    assert callback(query).status == 303
    assert callback(query).status == 401
    assert callback({**query, "code": "another"}).status == 401


def test_a_stale_callback_is_a_problem(call: Call, small: SmallApp) -> None:
    query = small.signin.consent(call("POST", "/v1/me/connection", {}).json["authorization_url"])
    small.fake_clock.advance(601)
    assert callback(query).status == 401


def test_a_replayed_finish_is_not_found(call: Call, small: SmallApp) -> None:
    begun = call("POST", "/v1/me/connection", {}).json
    attempt = attempt_of(callback(small.signin.consent(begun["authorization_url"])))
    assert call("POST", f"/v1/me/connection/{attempt}/finish").status == 200
    assert call("POST", f"/v1/me/connection/{attempt}/finish").status == 404


def test_declined_consent_is_told_to_who_asked_for_it(call: Call, small: SmallApp) -> None:
    begun = call("POST", "/v1/me/connection", {}).json
    state = small.signin.consent(begun["authorization_url"])["state"]
    attempt = attempt_of(callback({"state": state, "error": "access_denied"}))
    answer = call("POST", f"/v1/me/connection/{attempt}/finish")
    assert (answer.status, answer.json["reason"]) == (403, {"code": "consent_declined", "mender": "user"})


@pytest.mark.parametrize(
    ("body", "status", "pointers"),
    [
        ({"service": "yahoo"}, 422, {"/service"}),
        ({"user": "bob"}, 422, {"/user"}),
        ({"permissions": {"calendar": "own"}}, 422, {"/permissions/calendar"}),
        ({"service": "caldav"}, 403, None),
    ],
)
def test_what_can_not_begin(call: Call, body: dict[str, Any], status: int, pointers: set[str] | None) -> None:
    answer = call("POST", "/v1/me/connection", body)
    assert answer.status == status
    if pointers:
        assert answer.pointers == pointers


@pytest.mark.parametrize("role", ["platform"])
def test_the_platform_connects_nobody(call: Call, role: str) -> None:
    assert call("POST", "/v1/me/connection", {}, claims={"role": role}).status == 403


@pytest.mark.parametrize("name", ["settings", "oauth"])
def test_importing_the_handler_loads_no_provider_sdk(name: str) -> None:
    """What a request does not need, a cold start does not pay for."""
    sdks = "('googleapiclient', 'google.auth', 'httplib2', 'boto3', 'requests', 'cryptography', 'icalendar', 'idna')"
    script = f"import sys, functions.{name}.app; print([m for m in {sdks} if m in sys.modules])"
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}"},
    )
    assert run.stdout.strip() == "[]"
