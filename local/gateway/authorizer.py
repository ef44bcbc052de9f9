"""API Gateway's JWT authorizer: signature by the issuer's published keys, issuer, audience, times.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from local.plan import Authorizer

_KEEP_SECONDS = 300


class Refused(Exception):
    """The request goes no further: 401."""


def fetch_keys(issuer: str) -> KeySet:
    """As the issuer publishes them."""
    discovery = requests.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", timeout=5)
    discovery.raise_for_status()
    answer = requests.get(discovery.json()["jwks_uri"], timeout=5)
    answer.raise_for_status()
    return KeySet.import_key_set(answer.json())


class Verifier:
    """Checks tokens; keeps each issuer's keys for a while."""

    def __init__(self, fetch: Callable[[str], KeySet] = fetch_keys, now: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._now = now
        self._kept: dict[str, tuple[float, KeySet]] = {}
        self._lock = threading.Lock()

    def claims(self, authorizer: Authorizer, header: str | None) -> dict[str, Any]:
        """The claims of a request's Authorization header (with or without `Bearer`). Raises Refused."""
        if not header:
            raise Refused("no token")
        token = header.removeprefix("Bearer ").removeprefix("bearer ").strip()
        try:
            claims = jwt.decode(token, self._keys(authorizer.issuer), algorithms=["RS256"]).claims
        except (JoseError, ValueError, requests.RequestException) as e:
            raise Refused("the token cannot be verified") from e
        self._check(authorizer, claims)
        return claims

    def _check(self, authorizer: Authorizer, claims: dict[str, Any]) -> None:
        now = self._now()
        audience = claims.get("aud") or claims.get("client_id")
        audiences = audience if isinstance(audience, list) else [audience]
        if claims.get("iss") != authorizer.issuer:
            raise Refused("another issuer")
        if not set(audiences) & set(authorizer.audiences):
            raise Refused("another audience")
        if not _is_time(claims.get("exp")) or claims["exp"] <= now:
            raise Refused("expired")
        if any(name in claims and (not _is_time(claims[name]) or claims[name] > now) for name in ("nbf", "iat")):
            raise Refused("not valid yet")

    def _keys(self, issuer: str) -> KeySet:
        with self._lock:
            kept = self._kept.get(issuer)
            if kept is None or kept[0] < self._now():
                kept = self._kept[issuer] = (self._now() + _KEEP_SECONDS, self._fetch(issuer))
            return kept[1]


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
