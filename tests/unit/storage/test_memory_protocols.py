"""The memory store is every repository, so that a type checker holds it to the ports."""

from __future__ import annotations

from meetbridge.ports import repositories as ports
from meetbridge.storage.memory import MemoryStore

from tests.support.clock import FakeClock


def test_one_store_is_every_repository() -> None:
    store = MemoryStore(FakeClock())
    accounts: ports.AccountRepository = store
    users: ports.UserRepository = store
    jobs: ports.AccountJobRepository = store
    attempts: ports.AttemptRepository = store
    connections: ports.ConnectionRepository = store
    sync: ports.SyncRepository = store
    meetings: ports.MeetingRepository = store
    events: ports.EventReader = store
    ledger: ports.LedgerRepository = store
    parts = (accounts, users, jobs, attempts, connections, sync, meetings, events, ledger)
    assert all(part is store for part in parts)
    assert accounts.settings("nobody").version == 0
