"""A user's mailbox, opened with credentials that work, so that no other service handles tokens.

A lost grant is stored here, once for all callers: from then on the user is asked to authorise again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from meetbridge.errors import AuthorizationLost, Conflict, VersionConflict
from meetbridge.model.connection import Connection, ConnectionKey, ConnectionState
from meetbridge.ports.clock import Clock
from meetbridge.ports.provider import AccessToken, CalendarProvider, ProviderRegistry, PushProvider
from meetbridge.ports.repositories import By, ConnectionRepository, Context

LEAST_LEFT = timedelta(minutes=2)
AUTHORIZATION_LOST = "authorization_lost"
ATTEMPTS = 3


class Mailboxes:
    """The only user of refresh secrets."""

    def __init__(self, registry: ProviderRegistry, connections: ConnectionRepository, clock: Clock) -> None:
        self._registry = registry
        self._connections = connections
        self._clock = clock

    def open(self, context: Context) -> CalendarProvider:
        """The mailbox's calendars. Raises AuthorizationLost (and stores it), Conflict without a connection."""
        connection = _connected(context)
        return self._registry.calendar(connection.service, self._token(connection, context.access_token))

    def push(self, context: Context) -> PushProvider:
        """The mailbox's notifications; raises as `open` does."""
        connection = _connected(context)
        return self._registry.push(connection.service, self._token(connection, context.access_token))

    def lost(self, connection: Connection) -> None:
        """Store that the service no longer honours this connection's grant; a newer generation is left alone."""
        current: Connection | None = connection
        for _ in range(ATTEMPTS):
            if current is None or not _same_and_connected(current, connection):
                return
            try:
                self._connections.update(_needs_reauthorization(current), expected=current, by=_BY)
            except VersionConflict:
                key = ConnectionKey.of(connection.tenant, connection.user)
                current = self._connections.context(key).connection
            else:
                return
        raise VersionConflict("the connection keeps changing")

    def _token(self, connection: Connection, cached: AccessToken | None) -> str:
        if cached is not None and cached.expires_at - self._clock.now() > LEAST_LEFT:
            return cached.value
        try:
            return self._refreshed(connection)
        except AuthorizationLost:
            self.lost(connection)
            raise

    def _refreshed(self, connection: Connection) -> str:
        secret = self._connections.refresh_secret(connection)
        if secret is None:
            raise AuthorizationLost("the connection has no refresh secret")
        token, newest = self._registry.authorizer(connection.service).access_token(secret)
        self._connections.save_tokens(connection, token, None if newest == secret else newest)
        return token.value


_BY = By(actor="sync", run="", cause=AUTHORIZATION_LOST)


def _connected(context: Context) -> Connection:
    connection = context.connection
    if connection is None or connection.state is ConnectionState.DISCONNECTED:
        raise Conflict("there is no connection")
    return connection


def _same_and_connected(current: Connection, connection: Connection) -> bool:
    return current.generation == connection.generation and current.state is ConnectionState.CONNECTED


def _needs_reauthorization(connection: Connection) -> Connection:
    return replace(connection, state=ConnectionState.NEEDS_REAUTHORIZATION, reason=AUTHORIZATION_LOST, due_at=None)
