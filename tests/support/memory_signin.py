"""A service's sign-in in memory: what RFC 6749 and RFC 7636 ask of a server, for tests of who may redeem what."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

from meetbridge.errors import Unauthenticated, Unavailable
from meetbridge.model.connection import Mailbox, Permissions
from meetbridge.ports.provider import AccessToken, Authorizer, CalendarProvider, Grant, PushProvider

from tests.support.memory_provider import MemoryCalendar


@dataclass(frozen=True, slots=True)
class Consent:
    challenge: str
    redirect_uri: str
    mailbox: Mailbox
    permissions: Permissions


@dataclass
class MemorySignIn:
    """Authorizer and ProviderRegistry of one service; `mailbox` and `granted` are the next consent's."""

    now: datetime
    mailbox: Mailbox = field(default_factory=lambda: Mailbox("mailbox-1", "ann@example.com"))
    granted: Permissions | None = None
    calendar_service: MemoryCalendar = field(default_factory=MemoryCalendar)
    revoked: list[str] = field(default_factory=list)
    down: bool = False
    _asked: dict[str, Permissions] = field(default_factory=dict)
    _codes: dict[str, Consent] = field(default_factory=dict)
    _count: int = 0

    # -------------------------------------------------------------- the person at the consent page

    def consent(self, url: str) -> dict[str, str]:
        """The parameters with which the service sends the browser to the callback."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self._count += 1
        code = f"code-{self._count}"
        permissions = self.granted or self._asked[query["state"]]
        self._codes[code] = Consent(query["code_challenge"], query["redirect_uri"], self.mailbox, permissions)
        return {"state": query["state"], "code": code}

    # -------------------------------------------------------------- Authorizer

    def authorization_url(
        self, *, state: str, code_challenge: str, redirect_uri: str, permissions: Permissions, login_hint: str
    ) -> str:
        self._asked[state] = permissions
        query = {"state": state, "code_challenge": code_challenge, "redirect_uri": redirect_uri, "hint": login_hint}
        return f"https://signin.example/auth?{urlencode(query)}"

    def redeem(self, *, code: str, code_verifier: str, redirect_uri: str, asked: Permissions) -> Grant:
        consent = self._codes.pop(code, None)
        digest = hashlib.sha256(code_verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if consent is None or (consent.challenge, consent.redirect_uri) != (challenge, redirect_uri):
            raise Unauthenticated("invalid_grant")
        token = AccessToken(f"access-{code}", self.now + timedelta(hours=1))
        return Grant(consent.mailbox, consent.permissions, f"refresh-{code}", token)

    def access_token(self, refresh_secret: str) -> tuple[AccessToken, str]:
        return AccessToken("access", self.now + timedelta(hours=1)), refresh_secret

    def revoke(self, refresh_secret: str) -> bool:
        if self.down:
            raise Unavailable("down")
        self.revoked.append(refresh_secret)
        return True

    # -------------------------------------------------------------- ProviderRegistry

    def authorizer(self, service: str) -> Authorizer:
        return self

    def calendar(self, service: str, access_token: str) -> CalendarProvider:
        return self.calendar_service

    def push(self, service: str, access_token: str) -> PushProvider:
        return self.calendar_service
