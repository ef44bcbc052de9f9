"""The mission's rows as a table: what is decided for a user, by settings, connection and client."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from meetbridge.model.account import Bidirectional, Client, Settings, User
from meetbridge.model.connection import Access, Connection, ConnectionState, Mailbox, Permissions, Service
from meetbridge.policy.decision import Decision, Prompt, State, decide
from meetbridge.policy.effects import Effect, plan
from meetbridge.policy.reasons import Reason

from tests.support.small_app import CALENDAR, NEW_CLIENT, connection

ANN = User("ann", "ann@example.com")
OLD, FIRST_TO_PROMPT, SILENT = Client((5, 2, 1)), Client((5, 2, 2)), Client()
READ = Permissions(calendar=Access.READ)
ON, OFF = Settings(), Settings(enabled=False)
LOCKED, LOCKED_READ = Settings(locked=True), Settings(locked=True, permissions=READ)
DOMAINS = Settings(allowed_domains=("example.com", "*.example.org"))
CONNECTED = connection()
LOST = connection(state=ConnectionState.NEEDS_REAUTHORIZATION, reason="authorization_lost")
ENDED = connection(state=ConnectionState.DISCONNECTED, reason="service_locked")
REMOVED = connection(state=ConnectionState.DISCONNECTED, reason="user_removed")
ELSEWHERE = connection(mailbox=Mailbox("m", "ann@elsewhere.net"))
BELOW = connection(mailbox=Mailbox("m", "ann@Sub.Example.ORG"))
EWS = connection(service=Service.EXCHANGE_EWS)
FIRST_ROUND = connection(calendars=(replace(CALENDAR, proved_at=None),))


@dataclass(frozen=True)
class Row:
    name: str
    settings: Settings
    connection: Connection | None
    state: State
    reason: Reason | None = None
    prompt: Prompt | None = None
    may: str = ""  # of: connect, sync, edit, write, meets
    user: User | None = ANN
    client: Client | None = NEW_CLIENT


ALL = "connect sync edit write meets"
C, R = Prompt.CONFIGURE, Prompt.REAUTHORIZE
ROWS = [
    Row("S1 on by default: nobody has connected yet", ON, None, State.NOT_CONNECTED, None, C, "connect"),
    Row("S1 off: a connected user does not sync", OFF, CONNECTED, State.DISABLED, Reason.ACCOUNT_OFF),
    Row("S1 off: nobody can connect, nothing is prompted", OFF, None, State.DISABLED, Reason.ACCOUNT_OFF),
    Row("S1 off: not even to authorise again", OFF, LOST, State.DISABLED, Reason.ACCOUNT_OFF),
    Row("S2 S7 Google, connected", ON, CONNECTED, State.CONNECTED, None, None, ALL),
    Row("S8 without a lock another permission stays", Settings(permissions=READ), CONNECTED, State.CONNECTED, may=ALL),
    Row("S8 lock: the same service and permissions stay", LOCKED, CONNECTED, State.CONNECTED, may=ALL),
    Row(
        "S8 lock: another service ends",
        LOCKED,
        EWS,
        State.NOT_CONNECTED,
        Reason.SERVICE_LOCKED,
        C,
        "connect",
    ),
    Row(
        "S8 lock: other permissions end",
        LOCKED_READ,
        CONNECTED,
        State.NOT_CONNECTED,
        Reason.PERMISSIONS_LOCKED,
        C,
        "connect",
    ),
    Row("S8 ended by the lock: prompted", LOCKED, ENDED, State.NOT_CONNECTED, Reason.SERVICE_LOCKED, C, "connect"),
    Row(
        "S8 clients below 5.2.2 show no prompt",
        LOCKED,
        ENDED,
        State.NOT_CONNECTED,
        Reason.SERVICE_LOCKED,
        None,
        "connect",
        client=OLD,
    ),
    Row(
        "S8 from 5.2.2 on they do",
        LOCKED,
        ENDED,
        State.NOT_CONNECTED,
        Reason.SERVICE_LOCKED,
        C,
        "connect",
        client=FIRST_TO_PROMPT,
    ),
    Row(
        "S8 a missing version counts as the oldest",
        LOCKED,
        ENDED,
        State.NOT_CONNECTED,
        Reason.SERVICE_LOCKED,
        None,
        "connect",
        client=SILENT,
    ),
    Row("S8 a job is shown no prompt", LOCKED, None, State.NOT_CONNECTED, None, None, "connect", client=None),
    Row(
        "S8 locked to a service that is not there yet",
        Settings(locked=True, service=Service.EXCHANGE_MAPI),
        CONNECTED,
        State.UNAVAILABLE_ON_PLATFORM,
        Reason.SERVICE_NOT_AVAILABLE,
    ),
    Row(
        "S10 nothing was granted that can be read",
        ON,
        connection(permissions=Permissions(calendar=Access.NONE)),
        State.NEEDS_REAUTHORIZATION,
        Reason.PERMISSIONS_MISSING,
        R,
        "connect",
    ),
    Row(
        "S11 read: events show, nothing is written",
        ON,
        connection(permissions=READ),
        State.CONNECTED,
        may="connect sync meets",
    ),
    Row("S13 inside by the service's own address", DOMAINS, CONNECTED, State.CONNECTED, may=ALL),
    Row("S13 below a wildcard, in any case", DOMAINS, BELOW, State.CONNECTED, may=ALL),
    Row(
        "S13 outside: prompted to set up anew",
        DOMAINS,
        ELSEWHERE,
        State.NOT_CONNECTED,
        Reason.DOMAIN_NOT_ALLOWED,
        C,
        "connect",
    ),
    Row(
        "S13 the directory's address does not count",
        DOMAINS,
        CONNECTED,
        State.CONNECTED,
        may=ALL,
        user=User("ann", "ann@elsewhere.net"),
    ),
    Row("S17 the first round is under way", ON, FIRST_ROUND, State.CONNECTING, may=ALL),
    Row(
        "S17 the grant is gone",
        ON,
        LOST,
        State.NEEDS_REAUTHORIZATION,
        Reason.AUTHORIZATION_LOST,
        R,
        "connect",
    ),
    Row(
        "S17 the grant is gone, an old client shows nothing",
        ON,
        LOST,
        State.NEEDS_REAUTHORIZATION,
        Reason.AUTHORIZATION_LOST,
        None,
        "connect",
        client=OLD,
    ),
    Row(
        "S18 off for the account",
        Settings(bidirectional=Bidirectional(enabled=False)),
        CONNECTED,
        State.CONNECTED,
        may="connect sync edit",
    ),
    Row(
        "S18 the user's own switch",
        ON,
        CONNECTED,
        State.CONNECTED,
        may="connect sync edit",
        user=replace(ANN, bidirectional=False),
    ),
    Row(
        "S18 its lock overrules the user's switch",
        Settings(bidirectional=Bidirectional(enabled=True, locked=True)),
        CONNECTED,
        State.CONNECTED,
        may=ALL,
        user=replace(ANN, bidirectional=False),
    ),
    Row(
        "S18 locked off",
        Settings(bidirectional=Bidirectional(enabled=False, locked=True)),
        CONNECTED,
        State.CONNECTED,
        may="connect sync edit",
    ),
    Row(
        "S20 the user removed it: not pestered",
        ON,
        REMOVED,
        State.NOT_CONNECTED,
        Reason.USER_REMOVED,
        None,
        "connect",
    ),
    Row("S20 removed, but the account locks", LOCKED, REMOVED, State.NOT_CONNECTED, Reason.USER_REMOVED, C, "connect"),
    Row(
        "S21 a leaver neither syncs nor connects",
        ON,
        CONNECTED,
        State.DISABLED,
        Reason.USER_INACTIVE,
        user=replace(ANN, active=False),
    ),
    Row(
        "S21 jobs decide by the directory: nobody there, no sync",
        ON,
        CONNECTED,
        State.BLOCKED,
        Reason.USER_UNKNOWN,
        may="connect",
        user=None,
    ),
    Row(
        "S3 the service does not open the mailbox",
        ON,
        connection(state=ConnectionState.BLOCKED, reason="mailbox_not_supported"),
        State.BLOCKED,
        Reason.MAILBOX_NOT_SUPPORTED,
        may="connect",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_decision(row: Row) -> None:
    decision = decide(row.settings, row.user, row.connection, row.client)
    assert (decision.state, decision.reason, decision.prompt, _may(decision)) == (
        row.state,
        row.reason,
        row.prompt,
        set(row.may.split()),
    )


def _may(decision: Decision) -> set[str]:
    flags = {
        "connect": decision.may_connect,
        "sync": decision.may_sync,
        "edit": decision.may_edit,
        "write": decision.may_write,
        "meets": decision.meets,
    }
    return {name for name, flag in flags.items() if flag}


@pytest.mark.parametrize(
    ("name", "settings", "made", "effect", "reason"),
    [
        ("B1 kept", ON, CONNECTED, Effect.KEEP, None),
        ("B1 one whose grant is gone is kept as it is", LOCKED, LOST, Effect.KEEP, None),
        ("B1 S1 off: lost", OFF, CONNECTED, Effect.LOSE, Reason.ACCOUNT_OFF),
        ("B1 S8: to be renewed", LOCKED, EWS, Effect.RENEW, Reason.SERVICE_LOCKED),
        ("B1 S8 permissions: to be renewed", LOCKED_READ, CONNECTED, Effect.RENEW, Reason.PERMISSIONS_LOCKED),
        ("B1 S13: to be renewed", DOMAINS, ELSEWHERE, Effect.RENEW, Reason.DOMAIN_NOT_ALLOWED),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_effect(name: str, settings: Settings, made: Connection, effect: Effect, reason: Reason | None) -> None:
    planned = plan(settings, made)
    assert planned is not None
    assert (planned.effect, planned.reason) == (effect, reason)


def test_an_ended_connection_is_not_counted() -> None:
    assert plan(OFF, ENDED) is None


def test_every_reason_has_words_for_people() -> None:
    for reason in Reason:
        assert reason.words.endswith(".")
        assert reason.value == str(reason)
        assert reason.value not in reason.words
