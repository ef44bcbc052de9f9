"""The mailboxes that the contract is held against, one for each way that a provider can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from meetbridge.config import Config
from meetbridge.model.connection import Access, Permissions, Service
from meetbridge.policy.scopes import google_scopes
from meetbridge.ports.provider import CalendarInfo, CalendarProvider, PushProvider
from meetbridge.providers.google import calendar as google_calendar
from meetbridge.providers.registry import Registry

from local.simulators.google import calendars, control, faults, mails, tokens
from local.simulators.google.app import Running, running
from tests.contract.providers import conformance
from tests.support.memory_provider import MemoryCalendar

OWNER = "mia@example.com"
CLIENT = "client-1"


@dataclass(frozen=True)
class Subject:
    """One mailbox with two calendars of its own and one of somebody else; pages hold `page_size` items.

    `mailed` is who has been sent a mail, one entry a mail; `forget_tokens` makes the service forget what it gave out.
    """

    provider: CalendarProvider
    calendar: str
    second: str
    page_size: int
    mailed: Callable[[], list[str]]
    forget_tokens: Callable[[], None]


@dataclass(frozen=True)
class Google:
    """The simulator, a configuration that points to it, and the calls that it has answered."""

    server: Running
    config: Config

    @property
    def registry(self) -> Registry:
        return Registry(self.config)

    @property
    def counts(self) -> dict[str, int]:
        return dict(control.calls(self.server.simulator)["counts"])

    def forget_calls(self) -> None:
        self.server.simulator.store.run("delete from calls")

    def access_token(self, permissions: Permissions | None = None) -> str:
        scopes = google_scopes(permissions or Permissions(Access.READ_WRITE))
        return tokens.issue_access(self.server.simulator.store, tokens.Token(OWNER, CLIENT, tuple(scopes)))

    def calendar(self, permissions: Permissions | None = None) -> CalendarProvider:
        return self.registry.calendar(Service.GOOGLE, self.access_token(permissions))

    def push(self) -> PushProvider:
        return self.registry.push(Service.GOOGLE, self.access_token())

    def fault(self, kind: str, *, method: str = "", count: int = 1, seconds: float = 1) -> None:
        fault = {"kind": kind, "method": method, "count": count, "seconds": seconds}
        self.server.simulator.faults.add(fault, faults.CALLS)


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Google]:
    """Both sides of all traffic are checked in the end."""
    record = tmp_path / "traffic.jsonl"
    with running(record=str(record)) as server:
        config = Config(
            google_client_id=CLIENT,
            google_client_secret="secret",
            google_api_root=server.url,
            google_accounts_root=server.url,
            google_token_root=server.url,
        )
        yield Google(server, config)
    assert conformance.faults(record) == []


@pytest.fixture
def google_subject(google: Google, monkeypatch: pytest.MonkeyPatch) -> Subject:
    monkeypatch.setattr(google_calendar, "PAGE", 5)
    simulator = google.server.simulator
    return Subject(
        provider=google.calendar(),
        calendar=OWNER,
        second=calendars.create(simulator.store, OWNER, {"summary": "Second"}).id,
        page_size=5,
        mailed=lambda: [str(mail["recipient"]) for mail in mails.listed(simulator.store)],
        forget_tokens=lambda: control.invalidate_sync_tokens(simulator),
    )


def memory_subject(complete_masters: bool) -> Subject:
    memory = MemoryCalendar(
        email=OWNER,
        complete_masters=complete_masters,
        page_size=5,
        infos=[
            CalendarInfo("primary", "Work", "Europe/Berlin", True, True, True),
            CalendarInfo("second", "Second", "Europe/Berlin", False, True, True),
            CalendarInfo("foreign", "Team", "Europe/Berlin", False, False, False),
        ],
    )
    return Subject(
        provider=memory,
        calendar="primary",
        second="second",
        page_size=5,
        mailed=lambda: [address for mail in memory.mails for address in mail.to],
        forget_tokens=memory.forget_tokens,
    )


@pytest.fixture(params=["google", "memory", "memory with whole masters"])
def subject(request: pytest.FixtureRequest) -> Subject:
    if request.param == "google":
        found: Subject = request.getfixturevalue("google_subject")
        return found
    return memory_subject(complete_masters=request.param != "memory")
