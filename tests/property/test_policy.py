"""For every settings, user, connection and client: no way round the lock, the domains or the switch."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from meetbridge.model.account import Bidirectional, Client, ClientPlatform, Settings, User
from meetbridge.model.connection import Access, Connection, ConnectionState, Mailbox, Permissions, Service
from meetbridge.policy.decision import Prompt, State, decide, violation
from meetbridge.policy.effects import Effect, plan
from meetbridge.policy.settings import asked

from tests.support.small_app import CALENDAR, connection

PATTERNS = ("example.com", "*.example.com", "example.org")
HOSTS = ("example.com", "sub.example.com", "example.org", "evil-example.com", "example.com.evil.net", "")
SERVICES = st.sampled_from([Service.GOOGLE, Service.GOOGLE, Service.CALDAV, Service.EXCHANGE_MAPI])
PERMISSIONS = st.builds(Permissions, st.sampled_from(Access), st.sampled_from(Access))
SETTINGS = st.builds(
    Settings,
    enabled=st.booleans(),
    service=SERVICES,
    permissions=PERMISSIONS,
    locked=st.booleans(),
    bidirectional=st.builds(Bidirectional, st.booleans(), st.booleans()),
    allowed_domains=st.lists(st.sampled_from(PATTERNS), unique=True).map(tuple),
)
USERS = st.none() | st.builds(
    User, st.just("ann"), st.just("ann@example.com"), active=st.booleans(), bidirectional=st.booleans()
)
CONNECTIONS = st.builds(
    lambda service, permissions, state, reason, host, proved: connection(
        service=service,
        permissions=permissions,
        state=state,
        reason=reason,
        mailbox=Mailbox("m", f"ann@{host}"),
        calendars=(CALENDAR if proved else replace(CALENDAR, proved_at=None),),
    ),
    SERVICES,
    PERMISSIONS,
    st.sampled_from(ConnectionState),
    st.sampled_from([None, "user_removed", "service_locked", "a code that is no more"]),
    st.sampled_from(HOSTS),
    st.booleans(),
)
CLIENTS = st.none() | st.builds(
    Client, st.lists(st.integers(0, 20), min_size=1, max_size=4).map(tuple), st.none() | st.sampled_from(ClientPlatform)
)


@given(SETTINGS, USERS, CONNECTIONS, CLIENTS)
def test_nobody_syncs_against_lock_domains_or_switch(
    settings: Settings, user: User | None, made: Connection, client: Client | None
) -> None:
    decision = decide(settings, user, made, client)
    if decision.may_sync:
        assert settings.enabled
        assert user is not None
        assert user.active
        assert made.state is ConnectionState.CONNECTED
        assert made.permissions.calendar is not Access.NONE
        assert _in_domains(settings, made.mailbox.email)
        if settings.locked:
            assert (made.service, asked(made.permissions)) == (settings.service, asked(settings.permissions))
    if decision.may_write or decision.meets:
        assert decision.may_sync
        assert settings.bidirectional.enabled
        assert settings.bidirectional.locked or (user is not None and user.bidirectional)
    if decision.may_write or decision.may_edit:
        assert made.permissions.calendar is Access.READ_WRITE
    assert decision.may_sync is (decision.state in (State.CONNECTED, State.CONNECTING))


@given(SETTINGS, USERS, CONNECTIONS, CLIENTS)
def test_who_may_stay_syncs(settings: Settings, user: User | None, made: Connection, client: Client | None) -> None:
    """The other direction, so that 'nobody ever syncs' would not pass."""
    stays = violation(settings, made) is None and made.permissions.calendar is not Access.NONE
    healthy = made.state is ConnectionState.CONNECTED and user is not None and user.active
    assert decide(settings, user, made, client).may_sync is (stays and healthy)


@given(SETTINGS, USERS, st.none() | CONNECTIONS, CLIENTS)
def test_prompts_are_for_those_who_can_follow_them(
    settings: Settings, user: User | None, made: Connection | None, client: Client | None
) -> None:
    decision = decide(settings, user, made, client)
    if decision.prompt is not None:
        assert settings.enabled
        assert decision.may_connect
        assert client is not None
        assert client.version >= (5, 2, 2)
    assert (decision.prompt is Prompt.REAUTHORIZE) <= (decision.state is State.NEEDS_REAUTHORIZATION)


@given(SETTINGS, CONNECTIONS)
def test_the_clean_up_ends_exactly_what_may_never_sync(settings: Settings, made: Connection) -> None:
    planned = plan(settings, made)
    if planned is None:
        assert made.state is ConnectionState.DISCONNECTED
        return
    well = replace(made, state=ConnectionState.CONNECTED)
    user = User("ann", "ann@example.com")
    if planned.effect is not Effect.KEEP:
        assert not decide(settings, user, well, None).may_sync
    elif made.permissions.calendar is not Access.NONE:
        assert decide(settings, user, well, None).may_sync


def _in_domains(settings: Settings, address: str) -> bool:
    """Said once more, in other words than the policy's."""
    host = address.split("@")[1]
    below = host.endswith(".example.com")
    allowed = settings.allowed_domains
    return not allowed or host in allowed or (below and "*.example.com" in allowed)
