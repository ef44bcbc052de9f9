"""Forged, replayed and foreign things change nothing; one tenant sees nothing of another."""

from __future__ import annotations

import pytest
import requests

from local.stack import Stack
from tests.e2e.people import Caller, Platform, approve, come_back, eventually

pytestmark = pytest.mark.e2e
PROBLEM = "application/problem+json"


def hook(stack: Stack, token: str, state: str = "exists") -> requests.Response:
    headers = {
        "X-Goog-Channel-Token": token, "X-Goog-Resource-State": state, "X-Goog-Channel-ID": "c",
        "X-Goog-Message-Number": "7", "X-Goog-Resource-ID": "r", "X-Goog-Resource-URI": "https://www.googleapis.com/",
    }  # fmt: skip
    return requests.post(f"{stack.api}/webhooks/google", headers=headers, timeout=30)


@pytest.mark.parametrize("token", ["", "v1.k.t.u.1.0.mac", "x" * 300, "é".encode().decode("latin-1")])
def test_a_forged_notification_is_refused_as_a_problem(stack: Stack, token: str) -> None:
    answer = hook(stack, token)
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)


def test_a_replayed_notification_does_no_harm(stack: Stack) -> None:
    max_ = Caller(stack, "max")
    max_.connect("max@example.com")

    def channel() -> dict[str, str] | None:
        found = requests.get(f"{stack.google}/control/channels", timeout=20).json()["channels"]
        return next((c for c in found if "max@example.com" in str(c)), None)

    token = str(eventually(channel)["token"])  # type: ignore[index]
    assert [hook(stack, token).status_code for _ in range(3)] == [204] * 3
    assert max_.state() == "connected"


@pytest.mark.parametrize("state", ["", "forged", "a" * 16 + "." + "b" * 16 + "." + "c" * 26])
def test_a_forged_state_at_the_callback_is_refused(stack: Stack, state: str) -> None:
    answer = requests.get(f"{stack.api}/oauth/callback/google", params={"state": state, "code": "c"}, timeout=30)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"].startswith(PROBLEM)


def test_a_state_works_once(stack: Stack) -> None:
    ada = Caller(stack, "ada")
    callback = approve(ada.begin(), "assistant@example.com")
    come_back(stack, callback)
    again = requests.get(callback, timeout=30, allow_redirects=False)
    assert (again.status_code, again.headers["content-type"].split(";")[0]) == (401, PROBLEM)


def test_a_victim_who_follows_somebodys_link_connects_nothing(stack: Stack) -> None:
    attacker, victim = Caller(stack, "ada"), Caller(stack, "nora")
    handle = come_back(stack, approve(attacker.begin(), "nora@example.org"))
    before = attacker.ok("GET", "/v1/me/integration")["connection"]
    assert victim.finish(handle).status_code == 404
    assert attacker.finish(handle.partition(".")[0]).status_code == 403
    assert attacker.ok("GET", "/v1/me/integration")["connection"] == before


def test_an_attempt_is_finished_once(stack: Stack) -> None:
    ada = Caller(stack, "ada")
    handle = come_back(stack, approve(ada.begin(), "assistant@example.com"))
    assert ada.finish(handle).status_code == 200
    assert ada.finish(handle).status_code == 404


def test_a_forged_or_foreign_token_gets_nowhere(stack: Stack) -> None:
    for header in ("Bearer x.y.z", "Bearer " + stack.token("mia")[:-4] + "AAAA", "Basic bWlhOm1pYQ=="):
        answer = requests.get(f"{stack.api}/v1/me/integration", headers={"Authorization": header}, timeout=30)
        assert answer.status_code == 401


def test_a_second_tenant_sees_nothing_of_the_first(stack: Stack) -> None:
    ours, theirs = Platform(stack, "acme"), Platform(stack, "globex")
    ours.put("max", "secret", ours.meeting("Ours alone"))
    assert theirs.api.call("GET", "/v1/users/max/meetings/secret").status_code == 404
    assert theirs.api.call("DELETE", "/v1/users/max/meetings/secret").status_code == 404
    assert theirs.api.call("GET", "/v1/users/max").status_code == 404
    gina = Caller(stack, "gina")
    assert gina.ok("GET", "/v1/account/connections")["items"] == []
    admin = Caller(stack, "adam")
    etag = admin.call("GET", "/v1/account/settings")
    settings = {k: v for k, v in etag.json().items() if k not in ("warnings", "job", "version")}
    saved = admin.call("PUT", "/v1/account/settings", json=settings, headers={"If-Match": etag.headers["etag"]})
    assert gina.call("GET", saved.headers["location"]).status_code == 404


def test_a_member_is_not_the_platform(stack: Stack) -> None:
    body = Platform(stack).meeting("Not mine to put")
    assert Caller(stack, "mia").call("PUT", "/v1/users/mia/meetings/x", json=body).status_code == 403
    assert Caller(stack, "adam").call("PUT", "/v1/users/mia/meetings/x", json=body).status_code == 403


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"colour": "red"}, "/colour"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"start": "tomorrow"}, "/start"),
        ({"duration_minutes": 0}, "/duration_minutes"),
        ({"recurrence": ["RRULE:FREQ=NEVER"]}, "/recurrence/0"),
        ({"join_url": "javascript:alert(1)"}, "/join_url"),
        ({"invitees": ["nobody"]}, "/invitees/0"),
    ],
)
def test_a_wrong_meeting_is_refused_and_the_member_named(stack: Stack, change: dict[str, object], pointer: str) -> None:
    platform = Platform(stack)
    answer = platform.api.call("PUT", "/v1/users/max/meetings/wrong", json={**platform.meeting("Wrong"), **change})
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (422, PROBLEM)
    assert [e["pointer"] for e in answer.json()["errors"]] == [pointer]
    assert platform.api.call("GET", "/v1/users/max/meetings/wrong").status_code == 404


def test_an_older_revision_is_refused(stack: Stack) -> None:
    platform = Platform(stack)
    platform.put("nora", "rev", platform.meeting("Second", revision=2))
    answer = platform.api.call("PUT", "/v1/users/nora/meetings/rev", json=platform.meeting("First", revision=1))
    assert answer.status_code == 409
    assert platform.get("nora", "rev")["topic"] == "Second"
