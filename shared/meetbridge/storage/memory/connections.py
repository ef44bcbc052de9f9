"""Connections, their secrets and what is due, in memory."""
# ruff: noqa: ARG002 - the protocols ask for more than dictionaries need

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from meetbridge.errors import VersionConflict
from meetbridge.model.account import AccountSettings
from meetbridge.model.connection import Connection, ConnectionKey, ConnectionState
from meetbridge.model.ids import connection_key, short
from meetbridge.ports.provider import AccessToken
from meetbridge.ports.repositories import AccountJobRecord, By, Context, Gone, SealedToken, Slice, SyncDue
from meetbridge.storage.memory.state import Row, State, key_of, sliced
from meetbridge.storage.records import disconnected, gone_of, next_due, same_mailbox, with_sync_state


class MemoryConnections:
    _state: State

    def context(self, key: ConnectionKey, *, consistent: bool = True) -> Context:
        state = self._state
        account = next((s for t, s in state.settings.items() if short(t) == key.tenant), AccountSettings())
        user = state.users.get(key)
        row = state.rows.get(key)
        connection = row.connection if row else None
        return Context(account, user[1] if user else None, connection, self._token(key, connection))

    def glance(self, key: ConnectionKey) -> Context:
        context = self.context(key)
        return Context(context.account, None, context.connection, None)

    def _token(self, key: ConnectionKey, connection: Connection | None) -> SealedToken | None:
        generation, token = self._state.access_tokens.get(key, (0, None))
        if token is None or connection is None or connection.state is ConnectionState.DISCONNECTED:
            return None
        return SealedToken(token.value.encode(), token.expires_at) if generation == connection.generation else None

    def opened(self, connection: Connection, token: SealedToken) -> AccessToken:
        return AccessToken(token.sealed.decode(), token.expires_at)

    def connect(
        self, connection: Connection, refresh_secret: str, token: AccessToken, *, replaced: Connection | None, by: By
    ) -> None:
        key = key_of(connection)
        row = self._state.rows.get(key)
        if (row.connection.generation if row else None) != (replaced.generation if replaced else None):
            raise VersionConflict("the connection changed since it was read")
        if replaced is not None:
            self._leave(key, replaced, connection)
        due_at = None if connection.state is ConnectionState.DISCONNECTED else connection.due_at
        self._state.rows[key] = Row(replace(connection, due_at=due_at))
        self._state.refresh_secrets[key, connection.generation] = refresh_secret
        self._state.access_tokens[key] = (connection.generation, token)

    def _leave(self, key: ConnectionKey, replaced: Connection, connection: Connection) -> None:
        place = key, replaced.generation
        keeps_grant = same_mailbox(replaced, connection)
        if replaced.state is not ConnectionState.DISCONNECTED:
            gone = gone_of(replaced, revoke=not keeps_grant)
            self._state.gone[place] = (gone, connection.connected_at)
        elif keeps_grant and place in self._state.gone:
            gone, due_at = self._state.gone[place]
            self._state.gone[place] = (replace(gone, revoke=False), due_at)

    def refresh_secret(self, connection: Connection) -> str | None:
        return self._state.refresh_secrets.get((key_of(connection), connection.generation))

    def save_tokens(self, connection: Connection, token: AccessToken, refresh_secret: str | None) -> None:
        key = key_of(connection)
        if refresh_secret is not None and (key, connection.generation) in self._state.refresh_secrets:
            self._state.refresh_secrets[key, connection.generation] = refresh_secret
        if self._state.access_tokens.get(key, (0, None))[0] > connection.generation:
            raise VersionConflict("the user has connected anew")
        self._state.access_tokens[key] = (connection.generation, token)

    def update(self, connection: Connection, *, expected: Connection, by: By) -> Connection:
        row = self._row(key_of(connection), expected.generation)
        stored = row.connection
        if stored.version != expected.version:
            raise VersionConflict("the connection changed since it was read")
        calendars = tuple(with_sync_state(c, stored.calendar(c.id)) for c in connection.calendars)
        row.connection = replace(
            connection,
            generation=stored.generation,
            calendars=calendars,
            events_version=stored.events_version,
            fence=stored.fence,
            due_at=next_due(connection, expected, stored.due_at),
            version=stored.version + 1,
        )
        return row.connection

    def end(
        self, ended: Sequence[Connection], *, reason: str, due_at: datetime, by: By, job: AccountJobRecord | None = None
    ) -> None:
        live = [c for c in ended if c.state is not ConnectionState.DISCONNECTED]
        rows = [self._row(key_of(c), c.generation) for c in live]
        if any(row.connection.state is ConnectionState.DISCONNECTED for row in rows):
            raise VersionConflict("a connection was ended meanwhile")
        for connection, row in zip(live, rows, strict=True):
            key = key_of(connection)
            self._state.rows[key] = Row(disconnected(row.connection, reason))
            self._state.gone[key, connection.generation] = (gone_of(connection), due_at)
            self._state.access_tokens.pop(key, None)
        if job is not None:
            self._state.jobs[job.tenant, job.id] = job

    def _row(self, key: ConnectionKey, generation: int) -> Row:
        row = self._state.rows.get(key)
        if row is None or row.connection.generation != generation:
            raise VersionConflict("the connection changed since it was read")
        return row

    def connections(self, tenant: str, cursor: str | None, limit: int) -> Slice[Connection]:
        rows = sorted(self._state.rows.items(), key=lambda item: item[0].user)
        return sliced([row.connection for key, row in rows if key.tenant == short(tenant)], cursor, limit)

    def gone(self, key: ConnectionKey, generation: int) -> Gone | None:
        found = self._state.gone.get((key, generation))
        return found[0] if found else None

    def gone_secret(self, gone: Gone) -> str | None:
        return self._state.refresh_secrets.get((connection_key(gone.tenant, gone.user), gone.generation))

    def forget(self, gone: Gone, *, limit: int) -> bool:
        place = connection_key(gone.tenant, gone.user), gone.generation
        events = self._state.events.get(place, {})
        for key in list(events)[:limit]:
            del events[key]
        if events:
            return False
        self._state.refresh_secrets.pop(place, None)
        self._state.gone.pop(place, None)
        return True

    def due(self, now: datetime, limit: int) -> Sequence[SyncDue]:
        rows = self._state.rows.items()
        found = [SyncDue(k, r.connection.generation, r.connection.due_at) for k, r in rows if r.connection.due_at]
        found += [SyncDue(k, n, due_at, gone=True) for (k, n), (_, due_at) in self._state.gone.items()]
        return sorted((d for d in found if d.due_at <= now), key=lambda d: d.due_at)[:limit]

    def postpone(
        self, key: ConnectionKey, generation: int, due_at: datetime, *, expected: datetime | None = None
    ) -> None:
        row, place = self._state.rows.get(key), (key, generation)
        gone, gone_due = self._state.gone.get(place, (None, None))
        due = row.connection.due_at if row and row.connection.generation == generation else None
        if row is not None and due is not None and expected in (None, due):
            row.connection = replace(row.connection, due_at=due_at)
        elif gone is not None and expected in (None, gone_due):
            self._state.gone[place] = (gone, due_at)
