"""The administrator's side: what settings do to people who are connected, and who may set them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local.stack import Stack
from tests.e2e.people import Caller, approve, come_back, eventually

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def admin(stack: Stack) -> Caller:
    return Caller(stack, "adam")


@pytest.fixture
def restored(admin: Caller) -> Iterator[dict[str, Any]]:
    """The settings as they were, put back after the test."""
    before = members(admin.ok("GET", "/v1/account/settings"))
    yield before
    save(admin, before)


def members(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in ("warnings", "job", "version")}


def save(admin: Caller, settings: dict[str, Any]) -> dict[str, Any]:
    """PUT, and wait until the clean-up is done."""
    etag = admin.call("GET", "/v1/account/settings").headers["etag"]
    answer = admin.call("PUT", "/v1/account/settings", json=settings, headers={"If-Match": etag})
    assert answer.status_code == 202, answer.text
    job = answer.headers["location"]
    eventually(lambda: admin.ok("GET", job)["state"] != "running")
    return dict(answer.json())


def test_a_domain_that_is_not_allowed_disconnects_whom_it_no_longer_covers_and_nobody_else(
    stack: Stack, admin: Caller, restored: dict[str, Any]
) -> None:
    nora, max_ = Caller(stack, "nora"), Caller(stack, "max")
    nora.connect("nora@example.org")
    max_.connect("max@example.com")
    wanted = {**restored, "allowed_domains": "example.com"}
    preview = admin.ok("POST", "/v1/account/settings/preview", json=wanted)
    save(admin, wanted)
    assert nora.state() == "not_connected"
    eventually(lambda: max_.state() == "connected")
    assert {i["user"]: i["effect"] for i in preview["items"]}["max"] == "keep"
    assert {i["user"]: i["effect"] for i in preview["items"]}["nora"] != "keep"
    assert nora.ok("GET", "/v1/me/integration")["prompt"] == "configure"
    assert Caller(stack, "nora", version="5.2.1").ok("GET", "/v1/me/integration")["prompt"] is None
    refused = nora.finish(come_back(stack, approve(nora.begin(), "nora@example.org")))
    assert refused.status_code == 403
    assert refused.headers["content-type"].startswith("application/problem+json")


def test_switched_off_nobody_syncs_nobody_connects_and_nothing_is_prompted(
    stack: Stack, admin: Caller, restored: dict[str, Any]
) -> None:
    save(admin, {**restored, "enabled": False})
    max_ = Caller(stack, "max")
    profile = max_.ok("GET", "/v1/me/integration")
    assert (profile["state"], profile["prompt"]) == ("disabled", None)
    assert max_.call("POST", "/v1/me/connection", json={"service": "google"}).status_code == 403


def test_an_old_version_of_the_settings_is_not_overwritten(admin: Caller) -> None:
    settings = members(admin.ok("GET", "/v1/account/settings"))
    stale = admin.call("PUT", "/v1/account/settings", json=settings, headers={"If-Match": '"nothing"'})
    assert stale.status_code == 412
    assert admin.call("PUT", "/v1/account/settings", json=settings).status_code == 428


def test_an_unknown_member_is_named(admin: Caller) -> None:
    etag = admin.call("GET", "/v1/account/settings").headers["etag"]
    settings = {**members(admin.ok("GET", "/v1/account/settings")), "colour": "red"}
    answer = admin.call("PUT", "/v1/account/settings", json=settings, headers={"If-Match": etag})
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/colour"]


def test_members_may_not_see_or_change_the_accounts_settings(stack: Stack) -> None:
    mia = Caller(stack, "mia")
    for method, path in (
        ("GET", "/v1/account/settings"),
        ("GET", "/v1/account/connections"),
        ("GET", "/v1/account/audit"),
    ):
        assert mia.call(method, path).status_code == 403


def test_an_unticked_scope_is_noticed(stack: Stack) -> None:
    ada = Caller(stack, "ada")
    answer = ada.finish(come_back(stack, approve(ada.begin(), "assistant@example.com", without="calendar.events")))
    assert answer.status_code >= 400 or answer.json()["warnings"]


def test_a_grant_taken_back_at_the_service_is_told_and_prompts(stack: Stack) -> None:
    owner = Caller(stack, "olivia")
    owner.connect("owner@example.com")
    eventually(lambda: owner.ok("GET", "/v1/me/integration")["connection"]["freshness"])
    requests.post(f"{stack.google}/control/grants/revoke", json={"email": "owner@example.com"}, timeout=20)
    owner.call("GET", "/v1/me/calendars")
    profile = eventually(lambda: (p := owner.ok("GET", "/v1/me/integration"))["state"] != "connected" and p)
    assert (profile["state"], profile["prompt"]) == ("needs_reauthorization", "reauthorize")
    owner.connect("owner@example.com")
    eventually(lambda: owner.state() == "connected")


def test_a_user_removes_their_connection_and_the_calendar_keeps_its_events(stack: Stack) -> None:
    ada = Caller(stack, "ada")
    ada.connect("assistant@example.com")
    ada.ok("DELETE", "/v1/me/connection")
    assert ada.state() == "not_connected"

    def channels() -> list[str]:
        found = requests.get(f"{stack.google}/control/channels", timeout=20).json()["channels"]
        return [c for c in found if "assistant@example.com" in str(c)]

    eventually(lambda: not channels())
