"""Whose mailbox it is, by a word of Google's that is verified; and what a token endpoint can answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from meetbridge.config import Config
from meetbridge.errors import AuthorizationLost, ProviderError, RateLimited, Rejected, Unauthenticated, Unavailable
from meetbridge.model.connection import Access, Permissions
from meetbridge.ports.provider import AccessToken, Grant
from meetbridge.providers.google.auth import GoogleAuthorizer

from tests.unit.providers.canned import Canned, canned

NOW = datetime(2026, 11, 22, 16, tzinfo=UTC)
CERTS = "/oauth2/v3/certs"
KEY = RSAKey.generate_key(2048, {"kid": "k1"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "k1"})
ASKED = Permissions(Access.READ)
CLAIMS: dict[str, Any] = {
    "iss": "https://accounts.google.com",
    "aud": "client-1",
    "sub": "1234567890",
    "email": "ann@acme.example",
    "email_verified": True,
    "exp": int(NOW.timestamp()) + 3600,
}
SCOPE = "https://www.googleapis.com/auth/calendar.events.readonly https://www.googleapis.com/auth/calendar.calendarlist.readonly"


@pytest.fixture
def server() -> Iterator[Canned]:
    with canned() as state:
        state.answers[CERTS] = (200, json.dumps({"keys": [KEY.as_dict(private=False)]}).encode())
        yield state


def authorizer(server: Canned) -> GoogleAuthorizer:
    config = Config(
        google_client_id="client-1",
        google_client_secret="secret-1",
        google_api_root=server.url,
        google_token_root=server.url,
    )
    return GoogleAuthorizer(config, now=lambda: NOW)


def id_token(key: Any = KEY, algorithm: str = "RS256", **claims: Any) -> str:
    whole = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": "k1"}, whole, key, algorithms=[algorithm])


def redeem(server: Canned, **answer: Any) -> Grant:
    whole = {"access_token": "at", "expires_in": 3599, "refresh_token": "rt", "scope": SCOPE, **answer}
    server.answers["/token"] = (200, json.dumps({k: v for k, v in whole.items() if v is not None}).encode())
    return authorizer(server).redeem(code="code", code_verifier="verifier", redirect_uri="https://r/", asked=ASKED)


def test_a_grant_holds_what_google_vouches_for(server: Canned) -> None:
    grant = redeem(server, id_token=id_token())
    assert (grant.mailbox.id, grant.mailbox.email) == ("1234567890", "ann@acme.example")
    assert grant.permissions == ASKED
    assert grant.refresh_secret == "rt"
    assert grant.access_token == AccessToken("at", NOW + timedelta(seconds=3599))


def test_without_a_scope_in_the_answer_all_that_was_asked_is_granted(server: Canned) -> None:
    assert redeem(server, id_token=id_token(), scope=None).permissions == ASKED
    assert redeem(server, id_token=id_token(), scope="openid").permissions == Permissions(Access.NONE)


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "a.b.c",
        7,
        id_token(key=OTHER_KEY),
        id_token(key=OctKey.import_key("client-1" * 8), algorithm="HS256"),
        id_token(iss="https://accounts.example"),
        id_token(iss=None),
        id_token(aud="client-2"),
        id_token(aud=None),
        id_token(exp=int(NOW.timestamp()) - 3600),
        id_token(exp=None),
        id_token(sub=None),
        id_token(email_verified=False),
        id_token(email_verified=None),
        id_token(email=None),
    ],
)
def test_an_identity_that_can_not_be_verified_is_nobodys(server: Canned, token: object) -> None:
    with pytest.raises(Unauthenticated):
        redeem(server, id_token=token)


def test_an_unsigned_identity_is_nobodys(server: Canned) -> None:
    token = id_token()
    unsigned = "eyJhbGciOiJub25lIn0." + token.split(".")[1] + "."
    with pytest.raises(Unauthenticated):
        redeem(server, id_token=unsigned)


@pytest.mark.parametrize("secret", [None, "", 7])
def test_a_grant_without_a_refresh_token_does_not_last(server: Canned, secret: object) -> None:
    with pytest.raises(Unauthenticated):
        redeem(server, id_token=id_token(), refresh_token=secret)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"error": "invalid_grant", "error_description": "secret"}', AuthorizationLost),
        (401, b'{"error": "invalid_client"}', Rejected),
        (400, b'{"error": "invalid_request"}', Rejected),
        (400, b"<html>", Unavailable),
        (200, b"<html>", Unavailable),
        (200, b"[]", Unavailable),
        (200, b'{"expires_in": 3600}', Unavailable),
        (200, b'{"access_token": "at", "expires_in": "soon"}', Unavailable),
        (200, b'{"access_token": "at", "expires_in": -1}', Unavailable),
        (429, b"{}", RateLimited),
        (500, b"", Unavailable),
        (503, b"invalid_grant", Unavailable),
    ],
)
def test_only_invalid_grant_means_that_the_authorisation_is_lost(
    server: Canned, status: int, body: bytes, kind: type[ProviderError]
) -> None:
    server.answers["/token"] = (status, body)
    with pytest.raises(ProviderError) as caught:
        authorizer(server).access_token("refresh-1")
    assert type(caught.value) is kind
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("given", "kept"), [(None, "refresh-1"), ("", "refresh-1"), ("refresh-2", "refresh-2")])
def test_a_refresh_keeps_the_newest_secret(server: Canned, given: str | None, kept: str) -> None:
    answer = {"access_token": "at", "expires_in": 60, "refresh_token": given}
    server.answers["/token"] = (200, json.dumps(answer).encode())
    found = authorizer(server).access_token("refresh-1")
    assert found == (AccessToken("at", NOW + timedelta(seconds=60)), kept)


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"{}"), (200, b""), (400, b'{"error": "invalid_token"}'), (400, b'{"error": "invalid_grant"}')],
)
def test_what_is_revoked_or_gone_is_ended(server: Canned, status: int, body: bytes) -> None:
    server.answers["/revoke"] = (status, body)
    assert authorizer(server).revoke("refresh-1")
    assert server.seen == [("POST /revoke HTTP/1.1", b"token=refresh-1")]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(400, b'{"error": "other"}', Rejected), (503, b"", Unavailable), (429, b"", RateLimited)],
)
def test_a_revocation_that_fails_is_told(server: Canned, status: int, body: bytes, kind: type[ProviderError]) -> None:
    server.answers["/revoke"] = (status, body)
    with pytest.raises(ProviderError) as caught:
        authorizer(server).revoke("refresh-1")
    assert type(caught.value) is kind
