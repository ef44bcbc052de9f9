"""Signing in at the sample issuer, as the console does it, and the platform's own token."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from local.issuer.server import CONSOLE_CLIENT_ID, clients, create

ISSUER, CONSOLE = "http://127.0.0.1:9001", "http://127.0.0.1:9000"
KEY = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED = {
    "response_type": "code",
    "client_id": CONSOLE_CLIENT_ID,
    "redirect_uri": f"{CONSOLE}/",
    "scope": "openid",
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture
def client() -> FlaskClient:
    return create(ISSUER, KEY, clients(CONSOLE, "secret"), CONSOLE).test_client()


def claims(client: FlaskClient, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set(client.get("/jwks.json").get_json())
    return jwt.decode(token, keys, algorithms=["RS256"]).claims


def redeem(client: FlaskClient, code: str, verifier: str = VERIFIER) -> Any:
    form = {"grant_type": "authorization_code", "code": code, "client_id": CONSOLE_CLIENT_ID}
    return client.post("/token", data={**form, "redirect_uri": ASKED["redirect_uri"], "code_verifier": verifier})


def sign_in(client: FlaskClient, person: str) -> dict[str, list[str]]:
    answer = client.post("/authorize", query_string=ASKED, data={"person": person})
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def test_a_person_signs_in_and_the_token_says_who(client: FlaskClient) -> None:
    assert "Mia Member" in client.get("/authorize", query_string=ASKED).get_data(as_text=True)
    back = sign_in(client, "max")
    assert back["state"] == ["s"]
    answer = redeem(client, back["code"][0])
    found = claims(client, answer.get_json()["access_token"])
    expected = {"sub": "max", "account_id": "acme", "role": "member", "email": "max@example.com", "aud": "meetbridge"}
    assert {name: found[name] for name in expected} == expected
    assert (found["groups"], found["iss"]) == (["sales", "field"], ISSUER)
    assert answer.headers["Access-Control-Allow-Origin"] == CONSOLE


def test_a_code_is_good_once_and_with_its_verifier_alone(client: FlaskClient) -> None:
    code = sign_in(client, "mia")["code"][0]
    assert redeem(client, code, "w" * 50).status_code == 400
    assert redeem(client, code).status_code == 200
    assert redeem(client, code).status_code == 400


def test_nobody_unknown_signs_in(client: FlaskClient) -> None:
    assert "code" not in sign_in(client, "eve")


@pytest.mark.parametrize(
    "change",
    [{"redirect_uri": "http://evil.test/"}, {"redirect_uri": f"{CONSOLE}0/"}, {"client_id": "other"}],
)
def test_codes_go_to_the_console_alone(client: FlaskClient, change: dict[str, str]) -> None:
    answer = client.get("/authorize", query_string={**ASKED, **change})
    assert (answer.status_code, answer.headers.get("Location")) in ((400, None), (401, None))


def test_a_code_without_a_challenge_is_worth_nothing(client: FlaskClient) -> None:
    bare = {name: value for name, value in ASKED.items() if not name.startswith("code_challenge")}
    answer = client.post("/authorize", query_string=bare, data={"person": "mia"})
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    assert redeem(client, code, "").status_code == 400


@pytest.mark.parametrize(("secret", "status"), [("secret", 200), ("guess", 401)])
def test_the_platform_has_its_own_token_for_an_account(client: FlaskClient, secret: str, status: int) -> None:
    answer = client.post("/token", data={"grant_type": "client_credentials"}, auth=("platform-globex", secret))
    assert answer.status_code == status
    if status == 200:
        found = claims(client, answer.get_json()["access_token"])
        assert (found["role"], found["account_id"], found["aud"]) == ("platform", "globex", "meetbridge")


def test_the_console_may_not_use_the_platforms_grant(client: FlaskClient) -> None:
    form = {"grant_type": "client_credentials", "client_id": CONSOLE_CLIENT_ID}
    assert client.post("/token", data=form).status_code in (400, 401)


def test_sample_tokens_are_for_sample_people_only(client: FlaskClient) -> None:
    given = client.post("/sample-token", data={"who": "gina"}).get_json()["access_token"]
    assert claims(client, given)["account_id"] == "globex"
    given = client.post("/sample-token", data={"who": "eve@example.com"}).get_json()["access_token"]
    assert (claims(client, given)["sub"], claims(client, given)["email"]) == ("eve", "eve@example.com")
    assert client.post("/sample-token", data={"who": "eve"}).status_code == 404
    assert client.post("/sample-token", data={"who": CONSOLE_CLIENT_ID}).status_code == 404
