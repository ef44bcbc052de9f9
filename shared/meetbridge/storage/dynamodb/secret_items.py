"""Tokens as sealed items, apart from the connection, so that reading a connection never reads a refresh secret."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from meetbridge.model.connection import Connection, ConnectionKey, ConnectionState
from meetbridge.ports.provider import AccessToken
from meetbridge.ports.repositories import SealedToken
from meetbridge.ports.secrets import Vault
from meetbridge.storage import keys
from meetbridge.storage.dynamodb.connection_items import key_of
from meetbridge.storage.dynamodb.wire import iso, keyed, moment


def context_of(kind: str, key: ConnectionKey, generation: int) -> str:
    """What a sealed value is bound to, besides its tenant."""
    return f"{kind}:{key.user}:{generation}"


def refresh_out(vault: Vault, connection: Connection, secret: str) -> dict[str, Any]:
    key = key_of(connection)
    sealed = vault.seal(connection.tenant, context_of("refresh", key, connection.generation), secret)
    return keyed(keys.refresh_secret(key, connection.generation), sealed=sealed)


def refresh_in(vault: Vault, tenant: str, key: ConnectionKey, generation: int, item: Mapping[str, Any]) -> str:
    return vault.open(tenant, context_of("refresh", key, generation), item["sealed"])


def access_token_out(vault: Vault, connection: Connection, token: AccessToken) -> dict[str, Any]:
    key = key_of(connection)
    sealed = vault.seal(connection.tenant, context_of("access", key, connection.generation), token.value)
    return keyed(
        keys.access_token(key),
        sealed=sealed,
        generation=connection.generation,
        expires_at=iso(token.expires_at),
        expires=int(token.expires_at.timestamp()),
    )


def sealed_token_in(connection: Connection, item: Mapping[str, Any]) -> SealedToken | None:
    """None where the token is another generation's, or the connection has ended."""
    if connection.state is ConnectionState.DISCONNECTED or item["generation"] != connection.generation:
        return None
    return SealedToken(item["sealed"], moment(item["expires_at"]).astimezone(UTC))


def access_token_in(vault: Vault, connection: Connection, token: SealedToken) -> AccessToken:
    context = context_of("access", key_of(connection), connection.generation)
    return AccessToken(vault.open(connection.tenant, context, token.sealed), token.expires_at)
