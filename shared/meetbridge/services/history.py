"""Why an event is as it is (B4): the ledger's entries of the event and of the meeting that it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meetbridge.model.account import Identity
from meetbridge.ports.repositories import ConnectionRepository, LedgerRepository, Slice
from meetbridge.services.access import access
from meetbridge.services.events import Events


class History:
    def __init__(self, connections: ConnectionRepository, events: Events, ledger: LedgerRepository) -> None:
        self._connections = connections
        self._events = events
        self._ledger = ledger

    def read(self, caller: Identity, event_id: str, cursor: str | None, limit: int) -> Slice[Mapping[str, Any]]:
        """A page of entries, the meeting's where the event is linked. Raises NotFound."""
        stored = self._events.event(access(self._connections, caller), event_id).stored
        return self._ledger.history(caller.tenant, caller.user, stored.meeting_id or stored.key, cursor, limit)
