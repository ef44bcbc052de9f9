"""Connections and their secrets, what an ended generation leaves, and what is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from meetbridge.errors import VersionConflict
from meetbridge.model.account import AccountSettings
from meetbridge.model.connection import Connection, ConnectionKey, ConnectionState
from meetbridge.model.ids import connection_key, short
from meetbridge.ports.clock import Clock
from meetbridge.ports.provider import AccessToken
from meetbridge.ports.repositories import AccountJobRecord, By, Context, Gone, SealedToken, Slice
from meetbridge.ports.secrets import Vault
from meetbridge.storage import keys
from meetbridge.storage.dynamodb import account_items as accounts
from meetbridge.storage.dynamodb import connection_items as items
from meetbridge.storage.dynamodb.secret_items import (
    access_token_in,
    access_token_out,
    refresh_in,
    refresh_out,
    sealed_token_in,
)
from meetbridge.storage.dynamodb.table import Action, Table
from meetbridge.storage.dynamodb.walk import walk
from meetbridge.storage.dynamodb.wire import by_out
from meetbridge.storage.records import disconnected, gone_of, next_due, same_mailbox

CHANGED = VersionConflict("the connection changed since it was read")


class DynamoConnections:
    _table: Table
    _vault: Vault
    _clock: Clock

    def context(self, key: ConnectionKey, *, consistent: bool = True) -> Context:
        wanted = keys.settings(key.tenant), keys.user(key), keys.connection(key), keys.access_token(key)
        found = self._table.batch_get(wanted, consistent=consistent)
        settings, user, connection, token = (found.get(k) for k in wanted)
        current = items.item_in(connection) if connection else None
        return Context(
            accounts.settings_in(settings) if settings else AccountSettings(),
            accounts.user_in(user) if user else None,
            current,
            sealed_token_in(current, token) if current and token else None,
        )

    def glance(self, key: ConnectionKey) -> Context:
        wanted = keys.settings(key.tenant), keys.connection(key)
        found = self._table.batch_get(wanted, consistent=False)
        settings, connection = (found.get(k) for k in wanted)
        account = accounts.settings_in(settings) if settings else AccountSettings()
        return Context(account, None, items.item_in(connection) if connection else None, None)

    def opened(self, connection: Connection, token: SealedToken) -> AccessToken:
        return access_token_in(self._vault, connection, token)

    def connect(
        self, connection: Connection, refresh_secret: str, token: AccessToken, *, replaced: Connection | None, by: By
    ) -> None:
        key = items.key_of(connection)
        actions = [
            self._table.putting(
                items.item_out(connection, by),
                CHANGED,
                condition="#generation = :replaced" if replaced else "attribute_not_exists(pk)",
                values={":replaced": replaced.generation} if replaced else None,
            ),
            self._table.putting(refresh_out(self._vault, connection, refresh_secret), CHANGED),
            self._table.putting(access_token_out(self._vault, connection, token), CHANGED),
        ]
        if replaced is not None:
            actions += self._leave(key, replaced, connection, by)
        self._table.transact(actions)

    def _leave(self, key: ConnectionKey, replaced: Connection, connection: Connection, by: By) -> list[Action]:
        """The Gone of what is replaced; the same mailbox keeps its grant, or the new one would end with it."""
        keeps_grant = same_mailbox(replaced, connection)
        if replaced.state is not ConnectionState.DISCONNECTED:
            gone = gone_of(replaced, revoke=not keeps_grant)
            return [self._table.putting(items.gone_out(gone, connection.connected_at, by), CHANGED)]
        if keeps_grant:
            place = keys.gone(key, replaced.generation)
            self._table.update(place, "SET #revoke = :no", condition="attribute_exists(pk)", values={":no": False})
        return []

    def refresh_secret(self, connection: Connection) -> str | None:
        return self._secret(connection.tenant, items.key_of(connection), connection.generation)

    def gone_secret(self, gone: Gone) -> str | None:
        return self._secret(gone.tenant, connection_key(gone.tenant, gone.user), gone.generation)

    def _secret(self, tenant: str, key: ConnectionKey, generation: int) -> str | None:
        item = self._table.get(keys.refresh_secret(key, generation))
        return refresh_in(self._vault, tenant, key, generation, item) if item else None

    def save_tokens(self, connection: Connection, token: AccessToken, refresh_secret: str | None) -> None:
        if refresh_secret is not None:
            item = refresh_out(self._vault, connection, refresh_secret)
            self._table.put(item, condition="attribute_exists(pk)")
        saved = self._table.put(
            access_token_out(self._vault, connection, token),
            condition="attribute_not_exists(pk) OR #generation <= :generation",
            values={":generation": connection.generation},
        )
        if not saved:
            raise VersionConflict("the user has connected anew")

    def update(self, connection: Connection, *, expected: Connection, by: By) -> Connection:
        key = items.key_of(connection)
        removed = [c for c in expected.calendars if connection.calendar(c.id) is None]
        drop = [name for c in removed for name in (items.state_name(c), items.proved_name(c.id))]
        changes = "SET #body = :body, #state = :state, #version = :next, #by = :by"
        values: dict[str, str | bytes | int] = {
            ":body": items.body_out(connection),
            ":state": connection.state.value,
            ":generation": expected.generation,
            ":version": expected.version,
            ":next": expected.version + 1,
            ":by": by_out(by),
        }
        due_at = next_due(connection, expected, expected.due_at)
        if due_at is None:
            drop += ["due_shard", "due_at"]
        elif due_at != expected.due_at:
            changes += ", #due_shard = :shard, #due_at = :due"
            values |= {":shard": keys.due_shard(key), ":due": items.due_attributes(key, due_at)["due_at"]}
        expression = changes + _removing(drop)
        saved, item = self._table.update(
            keys.connection(key),
            expression,
            condition="#generation = :generation AND #version = :version",
            values=values,
        )
        if not saved:
            raise CHANGED
        return items.item_in(item)

    def end(
        self, ended: Sequence[Connection], *, reason: str, due_at: datetime, by: By, job: AccountJobRecord | None = None
    ) -> None:
        actions: list[Action] = []
        for connection in ended:
            if connection.state is not ConnectionState.DISCONNECTED:
                actions += self._end(connection, reason, due_at, by)
        if job is not None:
            actions.append(self._table.putting(accounts.job_out(job, self._clock.now()), CHANGED))
        self._table.transact(actions)

    def _end(self, connection: Connection, reason: str, due_at: datetime, by: By) -> list[Action]:
        key = items.key_of(connection)
        after = disconnected(connection, reason)
        names = [n for c in connection.calendars for n in (items.state_name(c), items.proved_name(c.id))]
        drop = ["lease_until", "lease_owner", "pending", "due_shard", "due_at", *dict.fromkeys(names)]
        return [
            self._table.updating(
                keys.connection(key),
                "SET #body = :body, #state = :ended, #fence = #fence + :one, #version = #version + :one, #by = :by"
                + _removing(drop),
                CHANGED,
                condition="#generation = :generation AND #state <> :ended",
                values={
                    ":body": items.body_out(after),
                    ":ended": after.state.value,
                    ":one": 1,
                    ":by": by_out(by),
                    ":generation": connection.generation,
                },
            ),
            self._table.putting(items.gone_out(gone_of(connection), due_at, by), CHANGED),
            self._table.deleting(keys.access_token(key), CHANGED),
        ]

    def connections(self, tenant: str, cursor: str | None, limit: int) -> Slice[Connection]:
        found, after = walk(self._table, lambda s: keys.connections(short(tenant), s), cursor, limit, _is_connection)
        return Slice(tuple(items.item_in(item) for item in found), after)

    def gone(self, key: ConnectionKey, generation: int) -> Gone | None:
        item = self._table.get(keys.gone(key, generation))
        return items.gone_in(item) if item else None

    def forget(self, gone: Gone, *, limit: int) -> bool:
        key = connection_key(gone.tenant, gone.user)
        partition = keys.events(key, gone.generation)
        some = list(islice(self._table.query(partition, limit=limit), limit))
        self._table.batch_write(deletes=[(item["pk"], item["sk"]) for item in some])
        if len(some) == limit:
            return False
        self._table.batch_write(deletes=[keys.refresh_secret(key, gone.generation), keys.gone(key, gone.generation)])
        return True


def _removing(names: list[str]) -> str:
    return f" REMOVE {', '.join(f'#{name}' for name in names)}" if names else ""


def _is_connection(item: dict[str, object]) -> bool:
    return "gone" not in item
