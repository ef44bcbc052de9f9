"""The one table: all repositories over DynamoDB's low-level client, condition expressions beside their writes."""

from __future__ import annotations

from typing import Any

from meetbridge.ports.clock import Clock
from meetbridge.ports.secrets import Vault
from meetbridge.storage.dynamodb.accounts import DynamoAccounts
from meetbridge.storage.dynamodb.attempts import DynamoAttempts
from meetbridge.storage.dynamodb.connections import DynamoConnections
from meetbridge.storage.dynamodb.due import DynamoDue
from meetbridge.storage.dynamodb.events import DynamoEvents
from meetbridge.storage.dynamodb.leases import DynamoLeases
from meetbridge.storage.dynamodb.ledger import DynamoLedger
from meetbridge.storage.dynamodb.meetings import DynamoMeetings
from meetbridge.storage.dynamodb.sync import DynamoSync
from meetbridge.storage.dynamodb.table import Table


class DynamoStore(
    DynamoAccounts,
    DynamoAttempts,
    DynamoConnections,
    DynamoDue,
    DynamoLeases,
    DynamoSync,
    DynamoMeetings,
    DynamoEvents,
    DynamoLedger,
):
    """Every protocol of ports/repositories.py in one object."""

    def __init__(self, client: Any, table_name: str, vault: Vault, clock: Clock) -> None:
        self._table = Table(client, table_name)
        self._vault = vault
        self._clock = clock
        self._read_marks = {}
