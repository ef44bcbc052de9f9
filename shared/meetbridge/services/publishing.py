"""From the table's stream to the ledger and to what the platform hears.

A write is published because it happened, not because somebody remembered to: the stream carries every one. What
follows from a change is pure; `Publisher` puts it where it belongs, at least once (ids repeat when a batch does).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from meetbridge.model.account import AccountSettings
from meetbridge.model.connection import Connection
from meetbridge.model.meeting import MeetingRecord
from meetbridge.ports.platform import Bus, Outbox, PlatformEvent
from meetbridge.ports.repositories import LedgerRepository, StoredEvent
from meetbridge.ports.stream import StreamChange

Encode = Callable[[str, MeetingRecord], Mapping[str, Any]]
EncodeRequest = Callable[[str, StoredEvent], Mapping[str, Any]]


class Outgoing:
    """What a change means to the platform; the encoders give the API's own form of a meeting and of a request."""

    def __init__(self, meeting: Encode, request: EncodeRequest) -> None:
        self._meeting = meeting
        self._request = request

    def events(self, change: StreamChange) -> Iterator[PlatformEvent]:
        """None, or one event; its id is made of the stream record's."""
        old, new = change.old, change.new
        if isinstance(new, MeetingRecord):
            yield from self._of_meeting(change, old if isinstance(old, MeetingRecord) else None, new)
        elif isinstance(new, StoredEvent):
            if new.requested and not (isinstance(old, StoredEvent) and old.requested):
                yield self._event(change, "meeting.requested", new.key, self._request(change.user, new))
        elif isinstance(new, Connection):
            before = old if isinstance(old, Connection) else None
            if before is None or (before.state, before.reason, before.generation) != _standing(new):
                yield self._event(change, "connection.changed", change.user, _connection(new))
        elif isinstance(new, AccountSettings):
            yield self._event(change, "settings.changed", "settings", {"version": new.version})

    def _of_meeting(
        self, change: StreamChange, old: MeetingRecord | None, new: MeetingRecord
    ) -> Iterator[PlatformEvent]:
        if old is not None and _told(old) == _told(new):
            return
        kind = "meeting.created" if old is None else "meeting.updated"
        if new.meeting.cancelled and not (old is not None and old.meeting.cancelled):
            kind = "meeting.cancelled"
        yield self._event(change, kind, new.meeting.id, self._meeting(change.user, new))

    def _event(self, change: StreamChange, kind: str, group: str, data: Mapping[str, Any]) -> PlatformEvent:
        return PlatformEvent(f"{change.id}.{kind}", kind, change.tenant, f"{change.user}/{group}", change.at, data)


def _told(record: MeetingRecord) -> tuple[object, ...]:
    return record.meeting, record.calendar_state


def _standing(connection: Connection) -> tuple[object, ...]:
    return connection.state, connection.reason, connection.generation


def _connection(connection: Connection) -> dict[str, Any]:
    return {
        "user": connection.user,
        "service": connection.service.value,
        "state": connection.state.value,
        "reason": connection.reason,
    }


def ledger_entry(change: StreamChange) -> dict[str, Any] | None:
    """Why a meeting or an event is as it is: which change, from where, when, by which run; None for other things."""
    thing = change.new if change.new is not None else change.old
    if not isinstance(thing, MeetingRecord | StoredEvent):
        return None
    fields = changed_fields(change.old, change.new)
    if not fields:
        return None
    return {
        "id": change.id,
        "at": change.at,
        "tenant": change.tenant,
        "user": change.user,
        "subject": thing.meeting.id if isinstance(thing, MeetingRecord) else thing.key,
        "actor": change.by.actor,
        "run": change.by.run,
        "cause": change.by.cause,
        "changed": fields,
        "losers": [list(pair) for pair in change.by.losers],
    }


def changed_fields(old: object, new: object) -> list[str]:
    """Names of what differs between two states of a meeting or an event; bookkeeping does not count."""
    if old is None or new is None:
        return ["created" if old is None else "removed"]
    return sorted(name for name in {*_fields(old), *_fields(new)} if _fields(old).get(name) != _fields(new).get(name))


def _fields(thing: object) -> dict[str, object]:
    if isinstance(thing, MeetingRecord):
        return {
            **_members(thing.meeting),
            "calendar_state": thing.calendar_state,
            "links": [(link.event_id, link.state) if link else None for link in thing.links],
        }
    if isinstance(thing, StoredEvent):
        event = thing.event
        return {**_members(event.content), "recurrence": event.recurrence, "overrides": event.overrides}
    return {}


def _members(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in getattr(type(value), "__slots__", ())}


class Publisher:
    """Takes a batch of the stream; on an error the whole batch comes again, and the ids make that harmless."""

    def __init__(self, outgoing: Outgoing, ledger: LedgerRepository, outbox: Outbox, bus: Bus) -> None:
        self._outgoing = outgoing
        self._ledger = ledger
        self._outbox = outbox
        self._bus = bus

    def publish(self, changes: Sequence[StreamChange]) -> int:
        """Ledger entries, then messages; returns the number of outgoing events."""
        entries = [entry for change in changes if (entry := ledger_entry(change))]
        events = [event for change in changes for event in self._outgoing.events(change)]
        if entries:
            self._ledger.append(entries)
        if events:
            self._outbox.put(events)
            self._bus.publish(events)
        return len(events)
