"""How a connection ends, whoever ends it: fenced off at once, and what it left is torn down by a job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from meetbridge.errors import VersionConflict
from meetbridge.model.connection import Connection, ConnectionState
from meetbridge.model.ids import connection_key
from meetbridge.policy.reasons import Reason
from meetbridge.ports.clock import Clock
from meetbridge.ports.jobs import JobQueue, TeardownJob
from meetbridge.ports.repositories import AccountJobRecord, By, ConnectionRepository

MOST = 25
ATTEMPTS = 4
RECOVERY = timedelta(minutes=5)


class Endings:
    """A lost teardown job is found by the sweep after RECOVERY: the ended generation is due in the table."""

    def __init__(self, connections: ConnectionRepository, queue: JobQueue, clock: Clock) -> None:
        self._connections = connections
        self._queue = queue
        self._clock = clock

    def end(self, ended: Sequence[Connection], reason: Reason, by: By, job: AccountJobRecord | None = None) -> None:
        """End up to MOST live connections in one transaction with the job's progress.

        Raises VersionConflict where one of them changed since it was read.
        """
        due_at = self._clock.now() + RECOVERY
        self._connections.end(ended, reason=reason.value, due_at=due_at, by=by, job=job)
        self._queue.bulk([TeardownJob(connection_key(c.tenant, c.user), c.generation) for c in ended])

    def end_of(self, tenant: str, user: str, reason: Reason, by: By) -> bool:
        """End whatever connection the user has now; False where there is none."""
        for _ in range(ATTEMPTS):
            connection = self._connections.context(connection_key(tenant, user)).connection
            if connection is None or connection.state is ConnectionState.DISCONNECTED:
                return False
            try:
                self.end([connection], reason, by)
            except VersionConflict:
                continue
            return True
        raise VersionConflict("The connection keeps changing; try again.")
