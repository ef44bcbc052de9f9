"""Google's sign-in: OAuth 2.0 for web servers with PKCE, and whose mailbox it is by OpenID Connect.

https://developers.google.com/identity/protocols/oauth2/web-server and .../identity/openid-connect/openid-connect
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from meetbridge.config import Config
from meetbridge.errors import AuthorizationLost, RateLimited, Rejected, Unauthenticated, Unavailable
from meetbridge.model.connection import Mailbox, Permissions
from meetbridge.policy.scopes import google_permissions, google_scopes
from meetbridge.ports.provider import AccessToken, Grant

TIMEOUT_SECONDS = 10
ISSUERS = ["https://accounts.google.com", "accounts.google.com"]
Json = dict[str, Any]


def connect(config: Config) -> GoogleAuthorizer:
    return GoogleAuthorizer(config)


def _now() -> datetime:
    return datetime.now(UTC)


class GoogleAuthorizer:
    """The Authorizer of our OAuth client at Google."""

    def __init__(self, config: Config, now: Callable[[], datetime] = _now) -> None:
        self._config = config
        self._now = now

    def authorization_url(
        self, *, state: str, code_challenge: str, redirect_uri: str, permissions: Permissions, login_hint: str
    ) -> str:
        query = {
            "response_type": "code",
            "client_id": self._config.google_client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(sorted(google_scopes(permissions))),
            "state": state,
            "code_challenge": code_challenge,
            "code_challenge_method": "S256",
            "access_type": "offline",
            "prompt": "consent",
            "include_granted_scopes": "false",
        }
        hint = {"login_hint": login_hint} if login_hint else {}
        return f"{self._config.google_accounts_root}/o/oauth2/v2/auth?{urlencode({**query, **hint})}"

    def redeem(self, *, code: str, code_verifier: str, redirect_uri: str, asked: Permissions) -> Grant:
        """Raises Unauthenticated also where Google does not vouch for an address."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": code_verifier,
            "redirect_uri": redirect_uri,
        }
        answer = self._token(form, Unauthenticated("Google does not accept the authorisation code"))
        refresh_secret = answer.get("refresh_token")
        if not isinstance(refresh_secret, str) or not refresh_secret:
            raise Unauthenticated("Google gave no lasting authorisation")
        scope = answer.get("scope")
        granted = frozenset(scope.split()) if isinstance(scope, str) else google_scopes(asked)
        mailbox = self._mailbox(answer.get("id_token"))
        return Grant(mailbox, google_permissions(granted), refresh_secret, self._access_token(answer))

    def access_token(self, refresh_secret: str) -> tuple[AccessToken, str]:
        """Google's refresh tokens don't rotate, but one that it hands out anew is kept."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_secret}
        answer = self._token(form, AuthorizationLost("Google no longer accepts the authorisation"))
        newest = answer.get("refresh_token")
        return self._access_token(answer), newest if isinstance(newest, str) and newest else refresh_secret

    def revoke(self, refresh_secret: str) -> bool:
        response = _call("POST", f"{self._config.google_token_root}/revoke", data={"token": refresh_secret})
        if not response.ok and _json(response).get("error") not in ("invalid_token", "invalid_grant"):
            raise Rejected(f"Google answered {response.status_code} to a revocation")
        return True

    def _token(self, form: Mapping[str, str], refused: Exception) -> Json:
        client = {"client_id": self._config.google_client_id, "client_secret": self._config.google_client_secret}
        response = _call("POST", f"{self._config.google_token_root}/token", data={**form, **client})
        answer = _json(response)
        if response.ok:
            return answer
        if answer.get("error") == "invalid_grant":
            raise refused
        raise Rejected(f"Google answered {response.status_code} to a request for a token")

    def _access_token(self, answer: Json) -> AccessToken:
        value, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not isinstance(seconds, int) or not 0 <= seconds <= 10**7:
            raise Unavailable("Google's token answer is unreadable")
        return AccessToken(value, self._now() + timedelta(seconds=seconds))

    def _mailbox(self, id_token: Any) -> Mailbox:
        claims = self._claims(id_token)
        subject, email = claims.get("sub"), claims.get("email")
        if claims.get("email_verified") not in (True, "true") or not isinstance(email, str):
            raise Unauthenticated("Google does not vouch for the mailbox's address")
        return Mailbox(id=str(subject), email=email)

    def _claims(self, id_token: Any) -> Json:
        """Verified by signature, issuer, audience and time (OpenID Connect Core, 3.1.3.7)."""
        response = _call("GET", f"{self._config.google_api_root}/oauth2/v3/certs")
        registry = jwt.JWTClaimsRegistry(
            now=int(self._now().timestamp()),
            leeway=60,
            iss={"essential": True, "values": [*ISSUERS, self._config.google_accounts_root]},
            aud={"essential": True, "value": self._config.google_client_id},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            keys = KeySet.import_key_set(_json(response))  # type: ignore[arg-type]
            token = jwt.decode(str(id_token), keys, algorithms=["RS256"])
            registry.validate(token.claims)
        except (JoseError, ValueError, LookupError, TypeError) as e:
            raise Unauthenticated("Google's word on whose mailbox it is can't be verified") from e
        return token.claims


def _call(method: str, url: str, data: Mapping[str, str] | None = None) -> requests.Response:
    try:
        response = requests.request(method, url, data=data, timeout=TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as e:
        raise Unavailable(f"Google can't be reached: {type(e).__name__}") from None
    if response.status_code == 429:
        raise RateLimited("Google asks to slow down", _seconds(response))
    if response.status_code >= 500:
        raise Unavailable(f"Google answered {response.status_code}", _seconds(response))
    return response


def _seconds(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None


def _json(response: requests.Response) -> Json:
    try:
        answer = response.json()
    except requests.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        raise Unavailable("Google's answer is unreadable")
    return answer
