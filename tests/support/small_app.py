"""The services over everything in memory, and values to start from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from meetbridge.bootstrap import App
from meetbridge.config import Config
from meetbridge.model.account import Client, ClientPlatform, Identity, Role, Settings, User
from meetbridge.model.connection import Calendar, Connection, ConnectionState, Mailbox, Permissions, Service
from meetbridge.ports.provider import AccessToken
from meetbridge.ports.repositories import By
from meetbridge.queues.memory import MemoryQueue
from meetbridge.storage.memory import MemoryStore

from tests.support.clock import START, CountingIds, FakeClock
from tests.support.memory_signin import MemorySignIn

TENANT = "acme"
BY = By("platform", "test", "test")
NEW_CLIENT = Client((5, 17, 0), ClientPlatform.WINDOWS)
CALENDAR = Calendar("primary", 0, selected=True, primary=True, proved_at=START)


class SmallApp(App):
    """`memory` is every repository; `signin` is the only service."""

    def __init__(self) -> None:
        super().__init__(Config(cursor_keys="a key for cursors", public_url="https://meet.example/"))
        self.fake_clock = FakeClock()
        self.memory = MemoryStore(self.fake_clock)
        self.queue = MemoryQueue()
        self.signin = MemorySignIn(START)
        made: dict[str, Any] = {"clock": self.fake_clock, "ids": CountingIds(), "jobs": self.queue}
        self.__dict__.update(made, store=self.memory, registry=self.signin)

    def use(self, settings: Settings) -> None:
        """Settings in force, as if saved long ago."""
        version = self.memory.settings(TENANT).version
        self.memory.save_settings(TENANT, settings, expected=version, by=BY, now=START, job_id=f"set-{version}")

    def put_user(self, user: User) -> None:
        self.memory.save_user(TENANT, user, expected=self.memory.user(TENANT, user.id), by=BY)

    def connect(self, *connections: Connection) -> None:
        """Live connections, each with its user in the directory."""
        for made in connections:
            self.put_user(User(made.user, f"{made.user}@example.com"))
            token = AccessToken("access", START + timedelta(hours=1))
            self.memory.connect(made, f"refresh-{made.user}", token, replaced=None, by=BY)

    def live(self) -> set[str]:
        """The users that are connected."""
        found = self.memory.connections(TENANT, None, 10_000).items
        return {c.user for c in found if c.state is not ConnectionState.DISCONNECTED}


def caller(user: str = "ann", role: Role = Role.MEMBER, client: Client = NEW_CLIENT, tenant: str = TENANT) -> Identity:
    return Identity(tenant, user, role, f"{user}@example.com", (), client)


def connection(user: str = "ann", **changes: Any) -> Connection:
    made = Connection(
        tenant=TENANT,
        user=user,
        generation=1,
        service=Service.GOOGLE,
        mailbox=Mailbox(f"id-{user}", f"{user}@example.com"),
        permissions=Permissions(),
        state=ConnectionState.CONNECTED,
        connected_at=START,
        calendars=(CALENDAR,),
        default_calendar="primary",
    )
    return replace(made, **changes)


def many(count: int, **changes: Any) -> Iterable[Connection]:
    return (connection(f"user{number}", **changes) for number in range(count))
