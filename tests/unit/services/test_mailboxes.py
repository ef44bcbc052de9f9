"""Tokens are reused while they last; a lost grant is stored without disturbing a newer connection."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from meetbridge.errors import AuthorizationLost, Conflict, Unavailable, VersionConflict
from meetbridge.model.account import AccountSettings
from meetbridge.model.connection import Connection, ConnectionKey, ConnectionState, Mailbox, Permissions, Service
from meetbridge.model.ids import connection_key
from meetbridge.ports.provider import AccessToken, Capabilities
from meetbridge.ports.repositories import By, Context, SealedToken
from meetbridge.services.mailboxes import Mailboxes

NOW = datetime(2026, 11, 22, 16, tzinfo=UTC)
CONNECTION = Connection(
    tenant="acme",
    user="ann",
    generation=3,
    service=Service.GOOGLE,
    mailbox=Mailbox("1", "ann@acme.example"),
    permissions=Permissions(),
    state=ConnectionState.CONNECTED,
    connected_at=NOW,
    due_at=NOW,
)


def token(minutes: float, value: str = "cached") -> AccessToken:
    return AccessToken(value, NOW + timedelta(minutes=minutes))


@dataclass
class Clock:
    def now(self) -> datetime:
        return NOW


@dataclass
class Registry:
    """Hands out what it was asked for; its authorizer answers as told."""

    answer: tuple[AccessToken, str] | Exception = field(default_factory=lambda: (token(60, "fresh"), "secret"))
    refreshed_with: list[str] = field(default_factory=list)
    refused: tuple[str, ...] = ()

    def authorizer(self, service: str) -> Any:
        return self

    def access_token(self, refresh_secret: str) -> tuple[AccessToken, str]:
        self.refreshed_with.append(refresh_secret)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def calendar(self, service: str, access_token: str) -> Any:
        return Provider(self, access_token)

    def push(self, service: str, access_token: str) -> Any:
        return Provider(self, access_token)


@dataclass
class Provider:
    """A provider at the service, which refuses the tokens that the registry names."""

    registry: Registry
    access_token: str
    capabilities = Capabilities(push=False)

    def calendars(self) -> list[str]:
        if self.access_token in self.registry.refused:
            raise AuthorizationLost("401")
        return [self.access_token]

    def unwatch(self, subscription: str) -> list[str]:
        return self.calendars()


@dataclass
class Connections:
    """One stored connection whose version others may move before ours is written."""

    stored: Connection | None = CONNECTION
    secret: str | None = "secret"
    meanwhile: list[Connection | None] = field(default_factory=list)
    saved: list[tuple[AccessToken, str | None]] = field(default_factory=list)
    updates: list[By] = field(default_factory=list)

    def opened(self, connection: Connection, sealed: SealedToken) -> AccessToken:
        return AccessToken(sealed.sealed.decode(), sealed.expires_at)

    def refresh_secret(self, connection: Connection) -> str | None:
        return self.secret

    def save_tokens(self, connection: Connection, token: AccessToken, refresh_secret: str | None) -> None:
        self.saved.append((token, refresh_secret))

    def update(self, connection: Connection, *, expected: Connection, by: By) -> Connection:
        if self.meanwhile:
            self.stored = self.meanwhile.pop(0)
        if self.stored != expected:
            raise VersionConflict("changed")
        self.stored = connection
        self.updates.append(by)
        return connection

    def context(self, key: ConnectionKey, *, consistent: bool = True) -> Context:
        assert key == connection_key("acme", "ann")
        return Context(AccountSettings(), None, self.stored, None)


def token_of(provider: Any) -> Any:
    """The token that a call of this provider really used."""
    return provider.calendars()


def mailboxes(registry: Registry, connections: Connections) -> Mailboxes:
    return Mailboxes(registry, connections, Clock())  # type: ignore[arg-type]


def context(access_token: AccessToken | None, connection: Connection | None = CONNECTION) -> Context:
    sealed = SealedToken(access_token.value.encode(), access_token.expires_at) if access_token else None
    return Context(AccountSettings(), None, connection, sealed)


@pytest.mark.parametrize(
    ("cached", "used"),
    [
        (token(60), "cached"),
        (token(2.1), "cached"),
        (token(2), "fresh"),
        (token(-1), "fresh"),
        (None, "fresh"),
    ],
)
def test_a_cached_token_is_used_while_more_than_two_minutes_are_left(cached: AccessToken | None, used: str) -> None:
    registry, connections = Registry(), Connections()
    assert token_of(mailboxes(registry, connections).open(context(cached))) == [used]
    assert registry.refreshed_with == (["secret"] if used == "fresh" else [])
    assert connections.saved == ([(token(60, "fresh"), None)] if used == "fresh" else [])


def test_push_opens_with_the_same_care() -> None:
    registry, connections = Registry(), Connections()
    push: Any = mailboxes(registry, connections).push(context(None))
    assert push.unwatch("subscription") == ["fresh"]
    assert registry.refreshed_with == ["secret"]


def test_a_rotated_refresh_secret_is_kept() -> None:
    registry, connections = Registry(answer=(token(60, "fresh"), "rotated")), Connections()
    mailboxes(registry, connections).open(context(None))
    assert connections.saved == [(token(60, "fresh"), "rotated")]


@pytest.mark.parametrize("secret", ["secret", None])
def test_a_lost_grant_is_stored_and_raised(secret: str | None) -> None:
    registry, connections = Registry(answer=AuthorizationLost("revoked")), Connections(secret=secret)
    with pytest.raises(AuthorizationLost):
        mailboxes(registry, connections).open(context(None))
    assert connections.stored == replace(
        CONNECTION, state=ConnectionState.NEEDS_REAUTHORIZATION, reason="authorization_lost"
    )
    assert connections.saved == []


def test_a_lost_grant_is_stored_over_what_changed_meanwhile() -> None:
    changed = replace(CONNECTION, default_calendar="work", events_version=9)
    connections = Connections(meanwhile=[changed])
    with pytest.raises(AuthorizationLost):
        mailboxes(Registry(answer=AuthorizationLost("revoked")), connections).open(context(None))
    assert connections.stored == replace(
        changed, state=ConnectionState.NEEDS_REAUTHORIZATION, reason="authorization_lost"
    )


@pytest.mark.parametrize(
    "meanwhile",
    [
        replace(CONNECTION, generation=4),
        replace(CONNECTION, state=ConnectionState.DISCONNECTED),
        replace(CONNECTION, state=ConnectionState.NEEDS_REAUTHORIZATION, reason="authorization_lost"),
        None,
    ],
    ids=["reconnected", "disconnected", "stored already", "deleted"],
)
def test_a_lost_grant_leaves_what_replaced_the_connection_alone(meanwhile: Connection | None) -> None:
    connections = Connections(meanwhile=[meanwhile])
    with pytest.raises(AuthorizationLost):
        mailboxes(Registry(answer=AuthorizationLost("revoked")), connections).open(context(None))
    assert connections.stored == meanwhile
    assert connections.updates == []


def test_a_service_that_is_down_costs_the_user_nothing() -> None:
    connections = Connections()
    with pytest.raises(Unavailable):
        mailboxes(Registry(answer=Unavailable("down")), connections).open(context(None))
    assert connections.stored == CONNECTION


@pytest.mark.parametrize("connection", [None, replace(CONNECTION, state=ConnectionState.DISCONNECTED)])
def test_without_a_connection_there_is_nothing_to_open(connection: Connection | None) -> None:
    registry = Registry()
    with pytest.raises(Conflict):
        mailboxes(registry, Connections()).open(context(token(60), connection))
    assert registry.refreshed_with == []


def test_a_token_that_the_service_refuses_is_renewed_once_and_the_call_repeated() -> None:
    registry, connections = Registry(refused=("cached",)), Connections()
    provider = mailboxes(registry, connections).open(context(token(60)))
    assert token_of(provider) == ["fresh"]
    assert token_of(provider) == ["fresh"]
    assert registry.refreshed_with == ["secret"]
    assert connections.saved == [(token(60, "fresh"), None)]


def test_a_refused_token_of_a_grant_that_is_gone_is_stored() -> None:
    registry, connections = Registry(answer=AuthorizationLost("revoked"), refused=("cached",)), Connections()
    with pytest.raises(AuthorizationLost):
        mailboxes(registry, connections).open(context(token(60))).calendars()
    assert connections.stored is not None
    assert connections.stored.state is ConnectionState.NEEDS_REAUTHORIZATION


@pytest.mark.parametrize("cached", [token(60), None])
def test_a_service_that_refuses_a_fresh_token_is_out_of_order(cached: AccessToken | None) -> None:
    registry, connections = Registry(refused=("cached", "fresh")), Connections()
    provider = mailboxes(registry, connections).open(context(cached))
    with pytest.raises(Unavailable):
        provider.calendars()
    assert registry.refreshed_with == ["secret"]
    assert connections.stored == CONNECTION


def test_what_is_no_call_is_handed_through() -> None:
    assert mailboxes(Registry(), Connections()).open(context(token(60))).capabilities == Capabilities(push=False)
