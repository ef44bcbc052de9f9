"""functions/settings with the event shapes of API Gateway: S1, S8, S13, S18, S21, B1 and the directory."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from meetbridge.model.connection import Mailbox, Service

from functions.settings import app as function
from tests.support.http import Answer, event, send, without_token
from tests.support.small_app import TENANT, SmallApp, connection, many

ADMIN = {"role": "admin", "sub": "boss"}
OWNER = {"role": "owner", "sub": "boss"}
PLATFORM = {"role": "platform", "sub": "backend"}
WHOLE: dict[str, Any] = {
    "enabled": True,
    "service": "google",
    "ews_url": None,
    "caldav_url": None,
    "permissions": {"calendar": "read_write", "contacts": "read"},
    "locked": False,
    "bidirectional": {"enabled": True, "locked": False},
    "rollout": None,
    "allowed_domains": ["example.com"],
    "account_consent": False,
    "application_permissions": False,
    "enforce_oauth": False,
}
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


def put(call: Call, body: object, if_match: str | None = '"0"', claims: Mapping[str, str] = ADMIN) -> Answer:
    headers = {} if if_match is None else {"if-match": if_match}
    return call("PUT", "/v1/account/settings", body, claims=claims, headers=headers)


# ------------------------------------------------------------------ settings


def test_what_get_answers_can_be_put_back(call: Call) -> None:
    read = call("GET", "/v1/account/settings", claims=OWNER)
    assert (read.status, read.headers["ETag"], set(read.json)) == (200, '"0"', set(WHOLE))
    saved = put(call, read.json, read.headers["ETag"], OWNER)
    assert (saved.status, saved.headers["ETag"]) == (202, '"1"')


def test_put_answers_what_is_in_force_with_warnings_and_the_clean_up_s_address(call: Call) -> None:
    saved = put(call, {**WHOLE, "allowed_domains": "Example.COM, *.bücher.example"})
    assert saved.status == 202
    assert saved.json["allowed_domains"] == ["example.com", "*.xn--bcher-kva.example"]
    assert [warning["code"] for warning in saved.json["warnings"]] == ["contacts_not_yet"]
    assert saved.headers["Location"] == saved.json["job"]
    job = call("GET", saved.headers["Location"], claims=ADMIN)
    assert (job.status, job.json["kind"], job.json["state"]) == (200, "apply_settings", "running")
    assert call("GET", "/v1/account/settings", claims=ADMIN).json["allowed_domains"][0] == "example.com"


@pytest.mark.parametrize(("if_match", "status"), [(None, 428), ('"7"', 412), ('W/"0"', 412), ('"0"', 202), ("*", 202)])
def test_put_against_if_match(call: Call, if_match: str | None, status: int) -> None:
    answer = put(call, WHOLE, if_match)
    assert answer.status == status
    if status >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["status"] == status
        assert call("GET", "/v1/account/settings", claims=ADMIN).headers["ETag"] == '"0"'


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"colour": "red"}, {"/colour"}),
        ({"permissions": {"calendar": "read", "mail": "read"}}, {"/permissions/mail"}),
        ({"permissions": {"calendar": "write"}}, {"/permissions/calendar"}),
        ({"enabled": "yes"}, {"/enabled"}),
        ({"locked": 1}, {"/locked"}),
        ({"service": "yahoo"}, {"/service"}),
        ({"service": "caldav"}, {"/service"}),
        ({"service": None}, {"/service"}),
        ({"allowed_domains": ["example.com", "not a domain"]}, {"/allowed_domains/1"}),
        ({"ews_url": "https://mail.example.com"}, {"/ews_url"}),
        ({"bidirectional": {"enabled": True, "locked": False, "a/b~": 1}}, {"/bidirectional/a~1b~0"}),
    ],
)
def test_a_put_that_can_not_be_names_the_member(call: Call, change: dict[str, Any], pointers: set[str]) -> None:
    answer = put(call, {**WHOLE, **change})
    assert answer.status == 422
    assert pointers <= answer.pointers
    assert call("GET", "/v1/account/settings", claims=ADMIN).headers["ETag"] == '"0"'


def test_put_takes_the_whole(call: Call) -> None:
    answer = put(call, {"enabled": False})
    assert answer.status == 422
    assert answer.pointers == {"/service", "/permissions", "/locked", "/bidirectional", "/allowed_domains"}


@pytest.mark.parametrize("body", ["{", "nothing", "[" * 50_000])
def test_a_body_that_can_not_be_read_is_a_bad_request(call: Call, body: str) -> None:
    assert put(call, body).status == 400


@pytest.mark.parametrize("role", ["member", "platform"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/account/settings", None),
        ("PUT", "/v1/account/settings", WHOLE),
        ("POST", "/v1/account/settings/preview", WHOLE),
        ("GET", "/v1/jobs/some", None),
        ("GET", "/v1/account/connections", None),
        ("GET", "/v1/account/audit", None),
    ],
)
def test_s21_the_account_is_its_administrators_alone(
    call: Call, role: str, method: str, path: str, body: object
) -> None:
    answer = call(method, path, body, claims={"role": role}, headers={"if-match": '"0"'})
    assert (answer.status, answer.json["type"]) == (403, "urn:meetbridge:problem:forbidden")


@pytest.mark.parametrize(("claims", "status"), [({"role": "god"}, 403), ({"sub": ""}, 401), ({"account_id": ""}, 401)])
def test_claims_that_say_nothing(call: Call, claims: dict[str, str], status: int) -> None:
    assert call("GET", "/v1/me/integration", claims=claims).status == status


def test_without_an_authorizer_nobody_is_signed_in(small: SmallApp) -> None:
    assert send(function.handler, without_token(event("GET", "/v1/me/integration"))).status == 401


# ------------------------------------------------------------------ B1, jobs, listings


def test_b1_the_preview_changes_nothing(call: Call, small: SmallApp) -> None:
    small.connect(connection(), connection("bob", mailbox=Mailbox("b", "bob@elsewhere.net")))
    answer = call("POST", "/v1/account/settings/preview", WHOLE, claims=ADMIN)
    assert answer.status == 200
    assert answer.json["counts"] == {"keep": 1, "lose": 0, "renew": 1}
    effects = {item["user"]: (item["effect"], item["reason"]) for item in answer.json["items"]}
    assert effects == {"ann": ("keep", None), "bob": ("renew", "domain_not_allowed")}
    assert small.live() == {"ann", "bob"}
    assert call("GET", "/v1/account/settings", claims=ADMIN).headers["ETag"] == '"0"'


def test_b1_a_large_account_gets_a_job_and_pages(call: Call, small: SmallApp) -> None:
    small.connect(*many(201))
    answer = call("POST", "/v1/account/settings/preview", WHOLE, claims=ADMIN)
    assert (answer.status, answer.json["counts"], len(answer.json["items"])) == (202, None, 200)
    assert answer.headers["Location"] == answer.json["job"]
    query = {"cursor": answer.json["next"]}
    rest = call("POST", "/v1/account/settings/preview", WHOLE, claims=ADMIN, query=query)
    assert (rest.status, len(rest.json["items"]), rest.json["next"]) == (200, 1, None)


def test_another_tenant_s_job_is_not_found(call: Call) -> None:
    job = put(call, WHOLE).json["job"]
    assert call("GET", job, claims=ADMIN).status == 200
    assert call("GET", job, claims={**ADMIN, "account_id": "other"}).status == 404
    assert call("GET", "/v1/jobs/none", claims=ADMIN).status == 404


def test_connections_are_filtered_and_paged(call: Call, small: SmallApp) -> None:
    small.connect(*many(5), connection("ews", service=Service.EXCHANGE_EWS))
    path = "/v1/account/connections"
    found: list[str] = []
    query = {"limit": "2", "state": "connected"}
    while True:
        page = call("GET", path, claims=ADMIN, query=query).json
        found += [item["user"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert sorted(found) == [f"user{number}" for number in range(5)]
    others = call("GET", path, claims=ADMIN, query={"reason": "service_not_available"}).json["items"]
    assert [(item["user"], item["state"]) for item in others] == [("ews", "not_connected")]
    assert call("GET", path, claims={**ADMIN, "account_id": "other"}).json["items"] == []


@pytest.mark.parametrize("limit", ["0", "201", "x"])
def test_a_limit_out_of_bounds_is_named(call: Call, limit: str) -> None:
    answer = call("GET", "/v1/account/connections", claims=ADMIN, query={"limit": limit})
    assert (answer.status, answer.pointers) == (422, {"/query/limit"})


def test_a_cursor_is_neither_made_up_nor_carried_elsewhere(call: Call, small: SmallApp) -> None:
    small.connect(*many(3))
    path = "/v1/account/connections"
    cursor = call("GET", path, claims=ADMIN, query={"limit": "1"}).json["next"]
    assert call("GET", path, claims=ADMIN, query={"cursor": cursor}).status == 200
    for wrong in ("x", "ä", "a" * 5000, cursor[:-2] + "zz", cursor[1:]):
        assert call("GET", path, claims=ADMIN, query={"cursor": wrong}).status in (400, 422)
    assert call("GET", path, claims={**ADMIN, "account_id": "other"}, query={"cursor": cursor}).status == 400
    assert call("GET", "/v1/account/audit", claims=ADMIN, query={"cursor": cursor}).status == 400


def test_connections_as_csv_are_safe_to_open(call: Call, small: SmallApp) -> None:
    small.connect(connection("=cmd|'/c calc'!A1"))
    answer = call("GET", "/v1/account/connections", claims=ADMIN, headers={"accept": "text/csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["user", "service", "state", "reason", "freshness"]
    assert rows[1][:4] == ["'=cmd|'/c calc'!A1", "google", "connected", ""]


def test_the_audit_names_who_and_what(call: Call) -> None:
    put(call, {**WHOLE, "locked": True})
    (entry,) = call("GET", "/v1/account/audit", claims=ADMIN).json["items"]
    assert entry["by"] == "user:boss"
    assert {"setting": "locked", "from": False, "to": True} in entry["changes"]


# ------------------------------------------------------------------ own profile


def test_the_profile_says_where_each_setting_comes_from(call: Call, small: SmallApp) -> None:
    small.connect(connection())
    shown = call("GET", "/v1/me/integration").json
    assert (shown["state"], shown["reason"], shown["prompt"]) == ("connected", None, None)
    assert shown["effective"]["service"] == {"value": "google", "source": "account", "locked": False}
    assert shown["effective"]["bidirectional"] == {"value": True, "source": "user", "locked": False}
    assert shown["connection"]["email"] == "ann@example.com"


@pytest.mark.parametrize(
    ("version", "prompt"), [("5.17.0", "configure"), ("5.2.2", "configure"), ("5.2.1", None), ("", None), ("new", None)]
)
def test_s8_the_prompt_is_for_clients_from_5_2_2_on(call: Call, version: str, prompt: str | None) -> None:
    assert call("GET", "/v1/me/integration", headers={"x-client-version": version}).json["prompt"] == prompt


def test_a_reason_has_code_words_and_who_can_mend_it(call: Call) -> None:
    put(call, {**WHOLE, "enabled": False})
    shown = call("GET", "/v1/me/integration").json
    assert (shown["state"], shown["prompt"]) == ("disabled", None)
    assert shown["reason"]["code"] == "account_off"
    assert shown["reason"]["mender"] == "administrator"


def test_s18_own_switches(call: Call) -> None:
    changed = call("PATCH", "/v1/me/integration", {"bidirectional": False})
    assert (changed.status, changed.json["effective"]["bidirectional"]["value"]) == (200, False)
    wrong = call("PATCH", "/v1/me/integration", {"locked": True})
    assert (wrong.status, wrong.pointers) == (422, {"/locked"})
    put(call, {**WHOLE, "bidirectional": {"enabled": True, "locked": True}})
    refused = call("PATCH", "/v1/me/integration", {"bidirectional": False})
    assert (refused.status, refused.json["reason"]["code"]) == (403, "bidirectional_locked")


def test_the_platform_has_no_profile(call: Call) -> None:
    assert call("GET", "/v1/me/integration", claims=PLATFORM).status == 403


# ------------------------------------------------------------------ directory


def test_the_platform_keeps_the_directory(call: Call, small: SmallApp) -> None:
    body = {"email": "ann@example.com", "groups": ["staff"], "active": True, "host_version": "6.1"}
    assert call("PUT", "/v1/users/ann", body, claims=PLATFORM).status == 200
    small.connect(connection())
    call("GET", "/v1/me/integration")
    shown = call("GET", "/v1/users/ann", claims=PLATFORM).json
    assert (shown["client_version"], shown["client_platform"]) == ("5.17.0", "windows")
    assert call("DELETE", "/v1/users/ann", claims=PLATFORM).status == 204
    assert call("GET", "/v1/users/ann", claims=PLATFORM).json["active"] is False
    assert small.live() == set()


@pytest.mark.parametrize("claims", [ADMIN, OWNER, {"role": "member"}])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_s21_the_directory_is_the_platform_s_alone(call: Call, claims: dict[str, str], method: str) -> None:
    body = {"email": "ann@example.com"} if method == "PUT" else None
    assert call(method, "/v1/users/ann", body, claims=claims).status == 403


def test_users_of_another_account_are_not_found(call: Call) -> None:
    call("PUT", "/v1/users/ann", {"email": "ann@example.com"}, claims=PLATFORM)
    assert call("GET", "/v1/users/ann", claims={**PLATFORM, "account_id": "other"}).status == 404


@pytest.mark.parametrize("body", [{}, {"email": "x"}, {"email": "a@b", "active": "no"}, {"email": "a@b", "role": "x"}])
def test_a_user_that_can_not_be_is_refused(call: Call, body: dict[str, Any]) -> None:
    assert call("PUT", "/v1/users/ann", body, claims=PLATFORM).status == 422


# ------------------------------------------------------------------ the edge


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/nothing", 404), ("DELETE", "/v1/account/settings", 405), ("PATCH", "/v1/users/ann", 405)],
)
def test_unknown_routes_and_methods_are_problems(call: Call, method: str, path: str, status: int) -> None:
    answer = call(method, path)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")


def test_what_was_not_expected_tells_nothing(
    call: Call, small: SmallApp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(tenant: str) -> None:
        raise KeyError("Dentist, ann@example.com")

    monkeypatch.setattr(small.memory, "settings", broken)
    with caplog.at_level(logging.DEBUG):
        answer = call("GET", "/v1/account/settings", claims=ADMIN)
    assert (answer.status, answer.json["title"]) == (500, "Something went wrong here")
    assert "unexpected KeyError at test_app.py" in caplog.text
    assert "Dentist" not in caplog.text + answer.text
    assert TENANT not in json.dumps(answer.json)
