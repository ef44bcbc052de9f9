"""The platform's own tokens, by client credentials, kept until shortly before they end."""

from __future__ import annotations

import threading
import time

import requests

from local.issuer.people import platform_of


class Tokens:
    def __init__(self, issuer: str, secret: str) -> None:
        self._issuer = issuer
        self._secret = secret
        self._kept: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def __call__(self, account: str) -> str:
        with self._lock:
            kept = self._kept.get(account)
            if kept is None or kept[1] < time.time() + 60:
                answer = requests.post(
                    f"{self._issuer}/token",
                    data={"grant_type": "client_credentials"},
                    auth=(platform_of(account), self._secret),
                    timeout=10,
                )
                answer.raise_for_status()
                given = answer.json()
                kept = self._kept[account] = (given["access_token"], time.time() + given["expires_in"])
            return kept[0]
