"""A user's mailbox, opened with credentials that work, so that no other service handles tokens.

A lost grant is stored here, once for all callers: from then on the user is asked to authorise again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from meetbridge.errors import AuthorizationLost, Conflict, Unavailable, VersionConflict
from meetbridge.model.connection import Connection, ConnectionState
from meetbridge.model.ids import connection_key
from meetbridge.policy.reasons import Reason
from meetbridge.ports.clock import Clock
from meetbridge.ports.provider import AccessToken, CalendarProvider, ProviderRegistry, PushProvider
from meetbridge.ports.repositories import By, ConnectionRepository, Context

LEAST_LEFT = timedelta(minutes=2)
ATTEMPTS = 3


class Mailboxes:
    """What it hands out renews its token by itself, once, where the service refuses it.

    So AuthorizationLost from any call means that the grant is gone, and that this is stored already.
    """

    def __init__(self, registry: ProviderRegistry, connections: ConnectionRepository, clock: Clock) -> None:
        self._registry = registry
        self._connections = connections
        self._clock = clock

    def open(self, context: Context) -> CalendarProvider:
        """The mailbox's calendars. Raises AuthorizationLost; Conflict where there is no connection."""
        return cast(CalendarProvider, self._renewing(context, self._registry.calendar))

    def push(self, context: Context) -> PushProvider:
        """The mailbox's notifications; raises as `open` does."""
        return cast(PushProvider, self._renewing(context, self._registry.push))

    def _renewing(self, context: Context, adapter: Callable[[str, str], object]) -> object:
        connection, cached = _connected(context), context.access_token
        renewed = cached is None or cached.expires_at - self._clock.now() <= LEAST_LEFT
        token = self._fresh(connection) if cached is None or renewed else self._connections.opened(connection, cached)
        provider = adapter(connection.service, token.value)
        return _Renewing(provider, lambda: adapter(connection.service, self._fresh(connection).value), renewed)

    def _fresh(self, connection: Connection) -> AccessToken:
        try:
            return self._refreshed(connection)
        except AuthorizationLost:
            self._store_lost(connection)
            raise

    def _refreshed(self, connection: Connection) -> AccessToken:
        secret = self._connections.refresh_secret(connection)
        if secret is None:
            raise AuthorizationLost("the connection has no refresh secret")
        token, newest = self._registry.authorizer(connection.service).access_token(secret)
        self._connections.save_tokens(connection, token, None if newest == secret else newest)
        return token

    def _store_lost(self, connection: Connection) -> None:
        current: Connection | None = connection
        for _ in range(ATTEMPTS):
            if current is None or not _same_and_connected(current, connection):
                return
            try:
                self._connections.update(_needs_reauthorization(current), expected=current, by=_BY)
                return
            except VersionConflict:
                key = connection_key(connection.tenant, connection.user)
                current = self._connections.context(key).connection
        raise VersionConflict("the connection keeps changing")


class _Renewing:
    """A provider whose calls are repeated once with a fresh token where the service refuses the present one."""

    def __init__(self, provider: object, renew: Callable[[], object], renewed: bool) -> None:
        self._provider = provider
        self._renew = renew
        self._renewed = renewed

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._provider, name)
        if not callable(attribute):
            return attribute
        return lambda *args, **kwargs: self._call(name, args, kwargs)

    def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return getattr(self._provider, name)(*args, **kwargs)
        except AuthorizationLost as error:
            if self._renewed:
                raise Unavailable("the service refuses a token that it has just issued") from error
        self._provider, self._renewed = self._renew(), True
        return self._call(name, args, kwargs)


_BY = By(actor="sync", run="", cause=Reason.AUTHORIZATION_LOST.value)


def _connected(context: Context) -> Connection:
    connection = context.connection
    if connection is None or connection.state is ConnectionState.DISCONNECTED:
        raise Conflict("there is no connection")
    return connection


def _same_and_connected(current: Connection, connection: Connection) -> bool:
    return current.generation == connection.generation and current.state is ConnectionState.CONNECTED


def _needs_reauthorization(connection: Connection) -> Connection:
    reason = Reason.AUTHORIZATION_LOST.value
    return replace(connection, state=ConnectionState.NEEDS_REAUTHORIZATION, reason=reason)
