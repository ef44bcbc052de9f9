"""A connection as one item: identity in `body`, each calendar's sync state apart, so that two writers never collide.

`body` is written by connect, update and end (under `version`); `y{index}` (a calendar's tokens) and `p{short id}` (when
it was proved equal) by the run that holds the lease; `due_at` by all, as a text of its own for the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from meetbridge.model.connection import Calendar, Connection, ConnectionKey, ConnectionState
from meetbridge.model.ids import connection_key, short
from meetbridge.ports.repositories import By, Gone
from meetbridge.storage import keys
from meetbridge.storage.codec import pack, pack_plain, unpack, unpack_plain
from meetbridge.storage.dynamodb.wire import by_out, iso, keyed, moment
from meetbridge.storage.records import with_sync_state
from meetbridge.storage.terse import from_terse, to_terse

_APART = ("calendars", "generation", "state", "events_version", "fence", "due_at", "version")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def key_of(connection: Connection) -> ConnectionKey:
    return connection_key(connection.tenant, connection.user)


def body_out(connection: Connection) -> bytes:
    """Identity and the calendars without their sync state."""
    data = {name: value for name, value in to_terse(connection).items() if name not in _APART}
    data["calendars"] = [to_terse(with_sync_state(c, None)) for c in connection.calendars]
    return pack_plain(data)


def state_name(calendar: Calendar) -> str:
    return f"y{calendar.index}"


def proved_name(calendar_id: str) -> str:
    return f"p{short(calendar_id)[:8]}"


def state_out(calendar: Calendar) -> bytes:
    """The sync state without what `body` or `p...` holds."""
    return pack(with_sync_state(Calendar("", calendar.index), replace(calendar, proved_at=None)))


def sync_attributes(calendars: Iterable[Calendar]) -> dict[str, bytes | int]:
    out: dict[str, bytes | int] = {}
    for calendar in calendars:
        out[state_name(calendar)] = state_out(calendar)
        if calendar.proved_at is not None:
            out[proved_name(calendar.id)] = micros(calendar.proved_at)
    return out


def micros(when: datetime) -> int:
    return (when - _EPOCH) // timedelta(microseconds=1)


def due_attributes(key: ConnectionKey, due_at: datetime | None) -> dict[str, str]:
    return {} if due_at is None else {"due_shard": keys.due_shard(key), "due_at": iso(due_at)}


def item_out(connection: Connection, by: By) -> dict[str, Any]:
    """The whole item of a new generation or of an ended one."""
    key = key_of(connection)
    ended = connection.state is ConnectionState.DISCONNECTED
    return keyed(
        keys.connection(key),
        body=body_out(connection),
        state=connection.state.value,
        generation=connection.generation,
        version=connection.version,
        fence=connection.fence,
        events_version=connection.events_version,
        by=by_out(by),
        **sync_attributes(connection.calendars),
        **due_attributes(key, None if ended else connection.due_at),
    )


def item_in(item: Mapping[str, Any]) -> Connection:
    data = unpack_plain(item["body"])
    for name in ("state", "generation", "version", "fence", "events_version"):
        data[name] = item[name]
    if "due_at" in item:
        data["due_at"] = item["due_at"]
    connection = from_terse(Connection, data)
    return replace(connection, calendars=tuple(_calendar(c, item) for c in connection.calendars))


def _calendar(calendar: Calendar, item: Mapping[str, Any]) -> Calendar:
    stored = item.get(state_name(calendar))
    state = unpack(Calendar, stored) if stored is not None else Calendar("", calendar.index)
    proved = item.get(proved_name(calendar.id))
    proved_at = None if proved is None else _EPOCH + timedelta(microseconds=proved)
    return replace(with_sync_state(calendar, state), proved_at=proved_at)


def gone_out(gone: Gone, due_at: datetime, by: By) -> dict[str, Any]:
    key = connection_key(gone.tenant, gone.user)
    place = keys.gone(key, gone.generation)
    body = pack(replace(gone, revoke=True))
    attributes = due_attributes(key, due_at)
    return keyed(
        place, body=body, revoke=gone.revoke, generation=gone.generation, gone=True, by=by_out(by), **attributes
    )


def gone_in(item: Mapping[str, Any]) -> Gone:
    return replace(unpack(Gone, item["body"]), revoke=item["revoke"])


def due_of(item: Mapping[str, Any]) -> datetime | None:
    return moment(item["due_at"]) if "due_at" in item else None
