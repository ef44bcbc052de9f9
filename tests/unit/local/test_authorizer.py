"""Tokens that API Gateway would refuse."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from local.gateway.authorizer import Refused, Verifier
from local.plan import Authorizer

NOW = 1_700_000_000
KEY = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)
OTHER = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)
AUTHORIZER = Authorizer("https://issuer.test", ("api",))
GOOD = {"iss": "https://issuer.test", "aud": "api", "exp": NOW + 60, "iat": NOW, "sub": "mia", "groups": ["a", "b"]}


def verify(header: str | None) -> dict[str, Any]:
    return Verifier(lambda _issuer: KeySet([KEY]), lambda: NOW).claims(AUTHORIZER, header)


def token(claims: dict[str, Any], key: RSAKey = KEY) -> str:
    return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


@pytest.mark.parametrize(
    "claims", [GOOD, {**GOOD, "aud": ["other", "api"]}, {**GOOD, "aud": None, "client_id": "api"}, {**GOOD, "nbf": NOW}]
)
def test_a_good_token_gives_its_claims(claims: dict[str, Any]) -> None:
    assert verify(f"Bearer {token(claims)}")["groups"] == ["a", "b"]


def test_the_word_bearer_may_be_left_out() -> None:
    assert verify(token(GOOD))["sub"] == "mia"


@pytest.mark.parametrize(
    "claims",
    [
        {**GOOD, "iss": "https://issuer.test/"},
        {**GOOD, "aud": "other"},
        {**GOOD, "aud": []},
        {**GOOD, "exp": NOW},
        {name: value for name, value in GOOD.items() if name != "exp"},
        {**GOOD, "exp": "9999999999"},
        {**GOOD, "nbf": NOW + 1},
        {**GOOD, "iat": NOW + 1},
    ],
)
def test_claims_that_do_not_fit_are_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        verify(f"Bearer {token(claims)}")


def forged_with_the_public_key() -> str:
    """By hand, since the library refuses to make such a thing: an HMAC whose key everybody knows."""
    parts = [{"alg": "HS256", "kid": KEY.kid}, GOOD]
    signed = ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts)
    mac = hmac.digest(KEY.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer ",
        "Bearer not.a.token",
        f"Bearer {token(GOOD, OTHER)}",
        f"Bearer {token(GOOD)[:-4]}AAAA",
        f"Bearer {forged_with_the_public_key()}",
    ],
)
def test_what_the_issuer_did_not_sign_is_refused(header: str | None) -> None:
    with pytest.raises(Refused):
        verify(header)
