"""The issuer's grants, all Authlib's: authorization code with PKCE for people, client credentials for the platform."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from authlib.oidc.core import OpenIDCode, UserInfo
from joserfc.jwk import KeySet, RSAKey

from local.issuer.people import PEOPLE, Person

AUDIENCE = "meetbridge"
CODE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Client(ClientMixin):  # type: ignore[misc]
    """`account` is set for a platform's backend, `origin` for the console (a public client)."""

    id: str
    secret: str | None = None
    account: str | None = None
    origin: str | None = None

    def get_client_id(self) -> str:
        return self.id

    def get_default_redirect_uri(self) -> str | None:
        return None

    def get_allowed_scope(self, scope: str) -> str:
        return scope or "meetbridge"

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return self.origin is not None and redirect_uri.startswith(f"{self.origin}/")

    def check_client_secret(self, client_secret: str) -> bool:
        return self.secret is not None and client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == "none" if self.secret is None else method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, response_type: str) -> bool:
        return self.origin is not None and response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == ("authorization_code" if self.origin else "client_credentials")


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code, for one use."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    person: Person
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    made_at: float = field(default_factory=time.time)

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.made_at)

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


_codes: dict[str, Code] = {}
_lock = threading.Lock()


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def save_authorization_code(self, code: str, request: Any) -> None:
        asked = request.payload
        kept = Code(
            code=code,
            client_id=request.client.get_client_id(),
            redirect_uri=asked.redirect_uri,
            scope=asked.scope or "",
            person=request.user,
            nonce=asked.data.get("nonce"),
            code_challenge=asked.data.get("code_challenge"),
            code_challenge_method=asked.data.get("code_challenge_method"),
        )
        with _lock:
            _codes[code] = kept

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        with _lock:
            kept = _codes.get(code)
        if kept is None or kept.client_id != client.id or kept.made_at + CODE_SECONDS < time.time():
            return None
        return kept

    def delete_authorization_code(self, authorization_code: Code) -> None:
        with _lock:
            _codes.pop(authorization_code.code, None)

    def authenticate_user(self, authorization_code: Code) -> Person:
        return authorization_code.person


class MachineGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")


class IdToken(OpenIDCode):  # type: ignore[misc]
    def __init__(self, issuer: str, key: RSAKey) -> None:
        super().__init__(require_nonce=False)
        self._issuer = issuer
        self._key = key

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        with _lock:
            return any(one.nonce == nonce and one.client_id == request.payload.client_id for one in _codes.values())

    def resolve_client_private_key(self, _client: Client) -> RSAKey:
        return self._key

    def get_encode_header(self, client: Client) -> dict[str, Any]:
        return {"alg": self.get_client_algorithm(client), "kid": self._key.kid}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": self._issuer, "aud": [client.id]}

    def generate_user_info(self, user: Person, _scope: str) -> UserInfo:
        return UserInfo(sub=user.id, name=user.name, email=user.email)


class AccessTokens(JWTBearerTokenGenerator):  # type: ignore[misc]
    """Access tokens with the claims that the API decides by."""

    def __init__(self, issuer: str, key: RSAKey) -> None:
        super().__init__(issuer)
        self._key = key

    def get_jwks(self) -> KeySet:
        return KeySet([self._key])

    def get_audiences(self, _client: Client, _user: Person | None, _scope: str) -> str:
        return AUDIENCE

    def get_extra_claims(self, client: Client, _grant_type: str, user: Person | None, _scope: str) -> Mapping[str, Any]:
        if user is None:
            return {"account_id": client.account, "role": "platform"}
        claims = {"account_id": user.account, "role": user.role, "email": user.email, "name": user.name}
        return {**claims, "groups": list(user.groups)} if user.groups else claims


def person(name: str) -> Person | None:
    return PEOPLE.get(name)
