"""Authorisations under way: each used once, by two parties of whom one comes from the open internet."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from meetbridge.errors import Conflict, NotFound, StorageError, Unauthenticated
from meetbridge.model.connection import ConnectionKey
from meetbridge.model.ids import connection_key
from meetbridge.ports.repositories import Attempt
from meetbridge.ports.secrets import Vault
from meetbridge.storage import keys
from meetbridge.storage.codec import pack, unpack
from meetbridge.storage.dynamodb.table import Table
from meetbridge.storage.dynamodb.wire import keyed, millis

_FAILED = StorageError("the attempt was not stored")


class DynamoAttempts:
    _table: Table
    _vault: Vault

    def begin(self, attempt: Attempt) -> None:
        key = connection_key(attempt.tenant, attempt.user)
        expires = int(attempt.expires_at.timestamp()) + 1
        sealed = self._vault.seal(attempt.tenant, _context(attempt.state_hash, "verifier"), attempt.code_verifier)
        item = keyed(
            keys.attempt(key, attempt.state_hash),
            body=pack(replace(attempt, code_verifier="", code=None, error=None)),
            verifier=sealed,
            until=millis(attempt.expires_at),
            expires=expires,
        )
        handle = keyed(keys.attempt_id(key, attempt.id), state_hash=attempt.state_hash, expires=expires)
        self._table.transact([self._table.putting(item, _FAILED), self._table.putting(handle, _FAILED)])

    def park(
        self, tenant_user: ConnectionKey, state_hash: str, code: str | None, error: str | None, now: datetime
    ) -> Attempt:
        place = keys.attempt(tenant_user, state_hash)
        found = self._table.get(place)
        if found is None:
            raise Unauthenticated("the state is unknown, used or stale")
        tenant = unpack(Attempt, found["body"]).tenant
        values: dict[str, str | bytes | int] = {":now": millis(now), ":yes": True}
        changes = "SET #parked = :yes"
        if code is not None:
            changes += ", #code = :code"
            values[":code"] = self._vault.seal(tenant, _context(state_hash, "code"), code)
        if error is not None:
            changes += ", #failure = :error"
            values[":error"] = error
        saved, item = self._table.update(
            place,
            changes,
            condition="attribute_exists(pk) AND attribute_not_exists(#parked) AND #until > :now",
            values=values,
        )
        if not saved:
            raise Unauthenticated("the state is unknown, used or stale")
        return self._attempt(item)

    def take(self, tenant: str, user: str, attempt_id: str, now: datetime) -> Attempt:
        key = connection_key(tenant, user)
        handle = self._table.get(keys.attempt_id(key, attempt_id))
        place = keys.attempt(key, handle["state_hash"]) if handle else None
        item = self._table.get(place) if place else None
        if place is None or item is None or item["until"] <= millis(now):
            raise NotFound("there is no such attempt")
        if "parked" not in item:
            raise Conflict("the service has not answered yet")
        if not self._table.delete(place, condition="attribute_exists(pk)"):
            raise NotFound("there is no such attempt")
        self._table.delete(keys.attempt_id(key, attempt_id))
        return self._attempt(item)

    def _attempt(self, item: dict[str, Any]) -> Attempt:
        attempt = unpack(Attempt, item["body"])
        opened = self._vault.open(attempt.tenant, _context(attempt.state_hash, "verifier"), item["verifier"])
        sealed = item.get("code")
        code = self._vault.open(attempt.tenant, _context(attempt.state_hash, "code"), sealed) if sealed else None
        return replace(attempt, code_verifier=opened, code=code, error=item.get("failure"))


def _context(state_hash: str, part: str) -> str:
    return f"attempt:{state_hash}:{part}"
