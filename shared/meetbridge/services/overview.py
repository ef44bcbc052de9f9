"""Who is connected, for administrators: states, reasons and freshness, never content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from meetbridge.model.account import Settings
from meetbridge.model.connection import Connection
from meetbridge.policy.decision import State, standing
from meetbridge.policy.reasons import Reason
from meetbridge.ports.repositories import AccountRepository, ConnectionRepository, Slice

MOST_CALLS = 20


@dataclass(frozen=True, slots=True)
class Filter:
    """None lets everything through."""

    state: str | None = None
    reason: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """`freshness` is when the least fresh of the selected calendars was last proved equal to the service (B5)."""

    user: str
    service: str
    state: State
    reason: Reason | None
    freshness: datetime | None


class Overview:
    def __init__(self, accounts: AccountRepository, connections: ConnectionRepository) -> None:
        self._accounts = accounts
        self._connections = connections

    def connections(self, tenant: str, wanted: Filter, cursor: str | None, limit: int) -> Slice[Row]:
        """Up to `limit` rows; fewer, with a cursor, where few of many pass the filter."""
        settings = self._accounts.settings(tenant).settings
        found: list[Row] = []
        for _ in range(MOST_CALLS):
            page = self._connections.connections(tenant, cursor, limit - len(found))
            rows = (_row(settings, connection) for connection in page.items)
            found += [row for row in rows if _passes(row, wanted)]
            cursor = page.next
            if cursor is None or len(found) >= limit:
                break
        return Slice(tuple(found), cursor)


def freshness(connection: Connection) -> datetime | None:
    """None where a selected calendar has never been proved equal."""
    proved = [calendar.proved_at for calendar in connection.calendars if calendar.selected]
    times = [at for at in proved if at is not None]
    return min(times) if times and len(times) == len(proved) else None


def _row(settings: Settings, connection: Connection) -> Row:
    state, reason = standing(settings, connection)
    return Row(connection.user, connection.service.value, state, reason, freshness(connection))


def _passes(row: Row, wanted: Filter) -> bool:
    return (
        wanted.state in (None, row.state.value)
        and wanted.service in (None, row.service)
        and wanted.reason in (None, row.reason.value if row.reason else "")
    )
