"""How a page is written: as one transaction where it fits, else so that stopping between any two writes does no harm.

The order of the long way: the directory learns the places of new events (an entry without its event reads as not
stored); new events and those that keep their place go in batches; an event that moves or goes is written in one
transaction with its entry; meetings and the calendars' tokens come last. All but the batches stand under the fence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from meetbridge.ports.repositories import ChangeSet, Lease, StoredEvent
from meetbridge.storage import keys
from meetbridge.storage.dynamodb.connection_items import sync_attributes
from meetbridge.storage.dynamodb.directory import edit
from meetbridge.storage.dynamodb.event_items import event_out, part_prefix, tombstone
from meetbridge.storage.dynamodb.leases import LOST, held
from meetbridge.storage.dynamodb.meeting_items import saving
from meetbridge.storage.dynamodb.table import MOST_ACTIONS, MOST_BYTES, Action, Table
from meetbridge.storage.dynamodb.wire import by_out
from meetbridge.storage.places import place as place_of

_NEW_AT_ONCE = 2500
_MOVES_AT_ONCE = 32
_MOST_REMEMBERED = 10_000


@dataclass
class _Writes:
    """The items of a change set, by how they have to be written."""

    new: dict[str, str] = field(default_factory=dict)
    plain: list[dict[str, Any]] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)
    moves: list[tuple[StoredEvent, str | None, dict[str, Any]]] = field(default_factory=list)


class Commit:
    """One change set on its way into the table."""

    def __init__(self, table: Table, lease: Lease, changes: ChangeSet) -> None:
        self._table, self._lease, self._changes = table, lease, changes
        self._owner = lease.tenant, lease.user
        self._partition = keys.events(lease.key, lease.generation)
        self._writes = self._sorted()

    def run(self) -> None:
        writes, final = self._writes, self._final()
        self._remember_moved()
        if writes.parts:
            self._table.batch_write(puts=writes.parts)
        small = len(writes.plain) + len(writes.moves) + len(final) <= MOST_ACTIONS
        actions = [*self._new(writes.new, writes.moves), *self._plain(), *final] if small else []
        if small and len(actions) <= MOST_ACTIONS and sum(a.size for a in actions) <= MOST_BYTES:
            self._table.transact(actions)
        else:
            self._long_way(final)
        self._drop_old_parts()

    def _sorted(self) -> _Writes:
        writes = _Writes()
        for stored in self._changes.put:
            place = place_of(stored.event, stored.key)
            item, parts = event_out(self._partition, stored, place, self._owner, self._changes.by)
            writes.parts += parts
            if stored.place is not None and stored.place != place:
                writes.moves.append((stored, place, item))
                continue
            writes.plain.append(item)
            if stored.place is None:
                writes.new[stored.key] = place
        for stored in self._changes.remove:
            if stored.place is not None:
                stone = tombstone(self._partition, stored.place, self._changes.by, self._lease.until)
                writes.moves.append((stored, None, stone))
        return writes

    def _remember_moved(self) -> None:
        """An event at a new place is a new item: it carries what it was, so that the stream can tell."""
        moved = [(stored, item) for stored, place, item in self._writes.moves if place is not None]
        found = self._table.batch_get([(self._partition, stored.place or "") for stored, _ in moved])
        for stored, item in moved:
            before = found.get((self._partition, stored.place or ""), {}).get("body", b"")
            item["moved"] = before if len(before) <= _MOST_REMEMBERED else b""

    def _plain(self) -> list[Action]:
        return [self._table.putting(item, LOST) for item in self._writes.plain]

    def _new(
        self, new: dict[str, str], moves: Sequence[tuple[StoredEvent, str | None, dict[str, Any]]]
    ) -> list[Action]:
        """Entries of the directory, and what moves or goes."""
        edits: dict[str, str | None] = {**new, **{stored.key: place for stored, place, _ in moves}}
        actions = edit(self._table, self._partition, edits, LOST)
        for stored, place, item in moves:
            actions.append(self._table.putting(item, LOST))
            if place is not None and stored.place is not None:
                actions.append(self._table.deleting((self._partition, stored.place), LOST))
        return actions

    def _final(self) -> list[Action]:
        """The fence with the calendars' state, and the meetings with their marks; the fence comes first."""
        changes, key = self._changes, self._lease.key
        actions = [self._connection()]
        for record in changes.meetings:
            actions.append(saving(self._table, self._owner, record, changes.by)[1])
        written = {record.meeting.id for record in changes.meetings}
        clean = [meeting_id for meeting_id in dict.fromkeys(changes.clean) if meeting_id in written]
        return actions + [self._table.deleting(keys.dirty_mark(key, meeting_id), LOST) for meeting_id in clean]

    def _connection(self) -> Action:
        condition, values = held(self._lease)
        sets = ["#by = :by"]
        values[":by"] = by_out(self._changes.by)
        if self._changes.put or self._changes.remove:
            sets.append("#events_version = #events_version + :one")
            values[":one"] = 1
        for name, value in sync_attributes(self._changes.calendars).items():
            sets.append(f"#{name} = :{name}")
            values[f":{name}"] = value
        place = keys.connection(self._lease.key)
        return self._table.updating(place, f"SET {', '.join(sets)}", LOST, condition=condition, values=values)

    def _fenced(self, actions: Sequence[Action]) -> None:
        condition, values = held(self._lease)
        fence = self._table.checking(keys.connection(self._lease.key), LOST, condition=condition, values=values)
        self._table.transact([fence, *actions])

    def _long_way(self, final: list[Action]) -> None:
        writes = self._writes
        new = list(writes.new.items())
        for start in range(0, len(new), _NEW_AT_ONCE):
            self._fenced(self._new(dict(new[start : start + _NEW_AT_ONCE]), ()))
        self._table.batch_write(puts=writes.plain)
        for start in range(0, len(writes.moves), _MOVES_AT_ONCE):
            self._fenced(self._new({}, writes.moves[start : start + _MOVES_AT_ONCE]))
        connection, *meetings = final
        while len(meetings) >= MOST_ACTIONS:
            self._fenced(meetings[: MOST_ACTIONS - 1])
            meetings = meetings[MOST_ACTIONS - 1 :]
        self._table.transact([connection, *meetings])

    def _drop_old_parts(self) -> None:
        written = {(part["pk"], part["sk"]) for part in self._writes.parts}
        torn = {sk.split("#")[1] for _, sk in written}
        for key in torn:
            found = self._table.query(self._partition, prefix=part_prefix(key))
            old = [(item["pk"], item["sk"]) for item in found]
            self._table.batch_write(deletes=[place for place in old if place not in written])
