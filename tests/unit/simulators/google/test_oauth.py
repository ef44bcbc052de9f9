"""OAuth: consent, codes, tokens, scopes and revocation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from .conftest import CALENDAR, REDIRECT, asked, consent, redeem

Fault = Callable[[requests.Response], tuple[int, str]]
EVENTS = CALENDAR + ".events"
SCOPES = f"openid email {CALENDAR}.readonly {EVENTS}"


def refused(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_the_consent_page_shows_people_and_scopes(google: Any) -> None:
    form = {**asked(SCOPES), "login_hint": "admin@example.com", "state": '"><script>alert(1)</script>'}
    page = requests.get(google.url + "/o/oauth2/v2/auth", params=form, timeout=10).text
    assert 'value="admin@example.com" checked' in page
    assert f'name="grant" value="{EVENTS}"' in page
    assert 'name="grant" value="openid"' not in page
    assert "<script>" not in page


def test_a_grant_holds_only_the_ticked_scopes(google: Any) -> None:
    back = consent(google.url, "mia@example.com", asked(SCOPES), [EVENTS])
    assert back["state"] == "s t"
    grant = redeem(google.url, back["code"]).json()
    email = "https://www.googleapis.com/auth/userinfo.email"
    assert set(grant["scope"].split()) == {"openid", email, EVENTS}
    assert (grant["token_type"], grant["expires_in"]) == ("Bearer", 3600)


def test_who_denies_comes_back_with_an_error(google: Any) -> None:
    back = consent(google.url, "mia@example.com", asked(SCOPES), [], "deny")
    assert back == {"state": "s t", "error": "access_denied"}


def test_the_id_token_is_signed_and_names_account_and_client(google: Any) -> None:
    code = consent(google.url, "mia@example.com", {**asked(SCOPES), "nonce": "n"}, [])["code"]
    keys = KeySet.import_key_set(requests.get(google.url + "/oauth2/v3/certs", timeout=10).json())
    claims = jwt.decode(redeem(google.url, code).json()["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == ("https://accounts.google.com", "client", "n")
    assert (claims["email"], claims["email_verified"]) == ("mia@example.com", True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"code_verifier": "w" * 50}, (400, "invalid_grant")),
        ({"code_verifier": ""}, (400, "invalid_grant")),
        ({"redirect_uri": REDIRECT + "x"}, (400, "redirect_uri_mismatch")),
        ({"code": "made-up"}, (400, "invalid_grant")),
        ({"client_id": "other"}, (400, "invalid_grant")),
        ({"client_id": ""}, (401, "invalid_client")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
    ],
)
def test_a_wrong_exchange_is_refused(google: Any, changes: dict[str, str], expected: tuple[int, str]) -> None:
    code = consent(google.url, "mia@example.com", asked(SCOPES), [])["code"]
    assert refused(redeem(google.url, **{"code": code, **changes})) == expected


def test_a_code_counts_once_and_its_second_use_ends_the_grant(google: Any) -> None:
    code = consent(google.url, "twice@example.com", asked(SCOPES), [EVENTS])["code"]
    grant = redeem(google.url, code).json()
    assert refused(redeem(google.url, code)) == (400, "invalid_grant")
    form = {"client_id": "client", "grant_type": "refresh_token", "refresh_token": grant["refresh_token"]}
    assert refused(requests.post(google.url + "/token", data=form, timeout=10)) == (400, "invalid_grant")


def test_a_refresh_brings_a_new_access_token_until_it_is_revoked(google: Any, sign_in: Any, fault: Fault) -> None:
    person = sign_in("fresh@example.com", EVENTS)
    form = {"client_id": "client", "grant_type": "refresh_token", "refresh_token": person.grant["refresh_token"]}
    fresh = requests.post(google.url + "/token", data=form, timeout=10).json()
    assert fresh["scope"] == EVENTS
    assert "refresh_token" not in fresh
    revoke = {"token": person.grant["refresh_token"]}
    assert requests.post(google.url + "/revoke", data=revoke, timeout=10).status_code == 200
    assert refused(requests.post(google.url + "/token", data=form, timeout=10)) == (400, "invalid_grant")
    assert fault(person.call("GET", "calendars/primary/events")) == (401, "authError")
    assert refused(requests.post(google.url + "/revoke", data=revoke, timeout=10)) == (400, "invalid_token")


def test_online_access_has_no_refresh_token(google: Any) -> None:
    code = consent(google.url, "mia@example.com", {**asked(SCOPES), "access_type": "online"}, [])["code"]
    assert "refresh_token" not in redeem(google.url, code).json()


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://evil.test/"},
        {"redirect_uri": ""},
        {"client_id": ""},
        {"response_type": "token"},
        {"scope": ""},
    ],
)
def test_a_request_that_cannot_be_trusted_is_not_redirected(google: Any, changes: dict[str, str]) -> None:
    answer = requests.get(
        google.url + "/o/oauth2/v2/auth", params={**asked(SCOPES), **changes}, timeout=10, allow_redirects=False
    )
    assert answer.status_code == 400


def test_a_call_needs_a_token(google: Any, fault: Fault) -> None:
    for header in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}):
        answer = requests.get(google.url + "/calendar/v3/calendars/primary/events", headers=header, timeout=10)
        assert fault(answer) == (401, "authError")


@pytest.mark.parametrize(
    ("scopes", "verb", "path", "allowed"),
    [
        (EVENTS, "GET", "calendars/primary/events", True),
        (EVENTS, "GET", "users/me/calendarList", False),
        (EVENTS + ".readonly", "POST", "calendars/primary/events", False),
        (CALENDAR + ".calendarlist.readonly", "GET", "users/me/calendarList", True),
        (CALENDAR + ".calendarlist.readonly", "GET", "calendars/primary/events", False),
        (EVENTS + ".owned", "GET", "calendars/primary/events", True),
    ],
)
def test_a_method_needs_one_of_its_scopes(
    sign_in: Any, fault: Fault, scopes: str, verb: str, path: str, allowed: bool
) -> None:
    answer = sign_in(scopes=scopes).call(verb, path)
    if allowed:
        assert answer.status_code == 200
    else:
        assert fault(answer) == (403, "insufficientPermissions")


def test_the_owned_scope_ends_at_the_calendars_of_others(sign_in: Any, fault: Fault) -> None:
    person = sign_in(scopes=EVENTS + ".owned")
    answer = person.call("GET", "calendars/company@group.calendar.google.com/events")
    assert fault(answer) == (403, "requiredAccessLevel")
