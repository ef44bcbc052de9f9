"""All repositories in plain dictionaries, for tests: the contract suite holds it to what DynamoDB does."""

from __future__ import annotations

from meetbridge.ports.clock import Clock
from meetbridge.storage.memory.accounts import MemoryAccounts
from meetbridge.storage.memory.connections import MemoryConnections
from meetbridge.storage.memory.events import MemoryEvents
from meetbridge.storage.memory.meetings import MemoryMeetings
from meetbridge.storage.memory.state import State
from meetbridge.storage.memory.sync import MemorySync


class MemoryStore(MemoryAccounts, MemoryConnections, MemorySync, MemoryMeetings, MemoryEvents):
    """Every protocol of ports/repositories.py in one object; single-threaded."""

    def __init__(self, clock: Clock) -> None:
        self._state = State(clock)
