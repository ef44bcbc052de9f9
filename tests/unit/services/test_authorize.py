"""Who may connect which mailbox: S7, S8, S10, S13, S17, and everybody who tries to connect somebody else's."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from meetbridge.errors import Conflict, Forbidden, MeetbridgeError, NotFound, Refused, Unauthenticated, Unavailable
from meetbridge.model.account import Identity, Settings, User
from meetbridge.model.connection import Access, Connection, Mailbox, Permissions, Service
from meetbridge.model.ids import connection_key
from meetbridge.policy.decision import State
from meetbridge.ports.jobs import SyncJob, TeardownJob
from meetbridge.ports.provider import CalendarInfo
from meetbridge.services.authorize import Finished

from tests.support.clock import START
from tests.support.small_app import TENANT, SmallApp, caller, connection

READ = Permissions(calendar=Access.READ)
NOTHING = Permissions(calendar=Access.NONE)
ANN, EVE = caller("ann"), caller("eve")


@dataclass(frozen=True, slots=True)
class Browser:
    """A person's browser at the consent page and at our callback; it knows what its address bar shows."""

    app: SmallApp

    def follow(self, url: str) -> str:
        """Consent, go through the callback, and end on the console with this attempt."""
        return self.arrive(self.app.signin.consent(url))

    def arrive(self, query: dict[str, str], service: str = "google") -> str:
        back = self.app.authorize.park(service, query.get("state", ""), query.get("code"), query.get("error"))
        return parse_qs(urlsplit(back).query)["attempt"][0]


def connect(app: SmallApp, who: Identity = ANN) -> Finished:
    begun = app.authorize.begin(who, None, None)
    return app.authorize.finish(who, Browser(app).follow(begun.authorization_url))


def stored(app: SmallApp, user: str = "ann") -> Connection | None:
    return app.memory.context(connection_key(TENANT, user)).connection


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


# ------------------------------------------------------------------ connecting


def test_s17_a_user_connects_and_the_first_sync_is_enqueued() -> None:
    app = SmallApp()
    finished = connect(app)
    assert finished.profile.decision.state is State.CONNECTING
    assert finished.notices == ()
    made = stored(app)
    assert made is not None
    assert (made.generation, made.mailbox.email, made.relink, made.previous_mailbox) == (
        1,
        "ann@example.com",
        False,
        None,
    )
    assert (made.default_calendar, [c.selected for c in made.calendars]) == ("primary", [True])
    assert list(app.queue.jobs) == [SyncJob(connection_key(TENANT, "ann"), 1, meetings=True)]


def test_the_connection_is_due_at_once_so_that_a_lost_queue_costs_a_sweep() -> None:
    app = SmallApp()
    connect(app)
    app.queue.clear()
    assert [due.generation for due in app.memory.due(START, 10)] == [1]


def test_the_primary_calendar_is_chosen_and_the_others_are_not() -> None:
    app = SmallApp()
    app.signin.calendar_service.infos = [
        CalendarInfo("team", "Team", "UTC", primary=False, owned=False, writable=True),
        CalendarInfo("me", "Me", "Europe/Berlin", primary=True, owned=True, writable=True),
    ]
    connect(app)
    made = stored(app)
    assert made is not None
    assert [(c.id, c.index, c.selected) for c in made.calendars] == [("team", 0, False), ("me", 1, True)]
    assert made.default_calendar == "me"


def test_neither_state_nor_verifier_nor_code_is_in_what_callers_see() -> None:
    app = SmallApp()
    begun = app.authorize.begin(ANN, None, None)
    query = app.signin.consent(begun.authorization_url)
    back = app.authorize.park("google", query["state"], query["code"], None)
    assert back.startswith("https://meet.example/?attempt=")
    assert query["code"] not in back
    assert query["state"] not in back
    assert query["state"] not in begun.attempt_id
    ((attempt, _),) = app.memory._state.attempts.values()
    assert attempt.code_verifier not in begun.authorization_url
    assert query["state"] not in attempt.state_hash


def test_pkce_binds_the_code_to_the_verifier() -> None:
    app = SmallApp()
    begun = app.authorize.begin(ANN, None, None)
    query = parse_qs(urlsplit(begun.authorization_url).query)
    ((attempt, _),) = app.memory._state.attempts.values()
    assert 43 <= len(attempt.code_verifier) <= 128
    digest = hashlib.sha256(attempt.code_verifier.encode()).digest()
    assert base64.urlsafe_b64decode(query["code_challenge"][0] + "=") == digest


def test_a_newcomer_gets_into_the_directory_by_their_token() -> None:
    app = SmallApp()
    app.authorize.begin(ANN, None, None)
    assert app.directory.read(TENANT, "ann").email == "ann@example.com"


# ------------------------------------------------------------------ reconnecting


def test_the_same_mailbox_again_is_matched_anew() -> None:
    app = SmallApp()
    connect(app)
    app.profiles.disconnect(ANN, "run")
    finished = connect(app)
    made = stored(app)
    assert made is not None
    assert (made.generation, made.relink, made.previous_mailbox, finished.notices) == (2, True, None, ())


def test_another_mailbox_is_told_and_not_matched() -> None:
    app = SmallApp()
    connect(app)
    app.signin.mailbox = Mailbox("mailbox-2", "other@example.com")
    app.queue.clear()
    finished = connect(app)
    made = stored(app)
    assert made is not None
    assert (made.generation, made.relink, made.previous_mailbox) == (2, False, "ann@example.com")
    assert [notice.code for notice in finished.notices] == ["another_mailbox"]
    assert [type(job) for job in app.queue.jobs] == [TeardownJob, SyncJob]


def test_a_connection_is_replaced_only_after_the_new_one_works() -> None:
    app = SmallApp()
    connect(app)
    before = stored(app)
    app.signin.mailbox = Mailbox("mailbox-2", "other@example.com")

    def broken(method: str, when: str) -> None:
        raise Unavailable("down")

    app.signin.calendar_service.hook = broken
    with pytest.raises(Unavailable):
        connect(app)
    assert stored(app) == before
    assert app.signin.revoked == ["refresh-code-2"]


def test_a_refused_second_grant_for_the_same_mailbox_is_not_revoked_for_that_would_end_the_first() -> None:
    app = SmallApp()
    connect(app)
    begun = app.authorize.begin(ANN, None, None)
    app.use(Settings(allowed_domains=("example.org",)))
    with pytest.raises(Refused):
        app.authorize.finish(ANN, Browser(app).follow(begun.authorization_url))
    assert app.signin.revoked == []


def test_a_refusal_is_told_though_the_grant_can_not_be_revoked() -> None:
    app = SmallApp()
    app.use(Settings(allowed_domains=("example.org",)))
    app.signin.down = True
    with pytest.raises(Refused):
        connect(app)


# ------------------------------------------------------------------ what the settings refuse


@pytest.mark.parametrize(
    ("settings", "service", "permissions", "code"),
    [
        (Settings(enabled=False), None, None, "account_off"),
        (Settings(locked=True), Service.CALDAV, None, "service_locked"),
        (Settings(locked=True), None, READ, "permissions_locked"),
        (Settings(), Service.CALDAV, None, "service_not_available"),
    ],
)
def test_what_may_not_begin(
    settings: Settings, service: Service | None, permissions: Permissions | None, code: str
) -> None:
    app = SmallApp()
    app.use(settings)
    with pytest.raises(Refused) as raised:
        app.authorize.begin(ANN, service, permissions)
    assert raised.value.code == code
    assert app.memory.user(TENANT, "ann") is None


@pytest.mark.parametrize(
    ("before", "after", "granted", "code"),
    [
        (Settings(), Settings(enabled=False), Permissions(), "account_off"),
        (Settings(), Settings(allowed_domains=("example.org",)), Permissions(), "domain_not_allowed"),
        (Settings(), Settings(locked=True, permissions=READ), Permissions(), "permissions_locked"),
        (Settings(locked=True), Settings(locked=True), READ, "permissions_locked"),
        (Settings(), Settings(), NOTHING, "permissions_missing"),
    ],
)
def test_finish_decides_again_by_the_settings_of_that_moment(
    before: Settings, after: Settings, granted: Permissions, code: str
) -> None:
    app = SmallApp()
    app.use(before)
    begun = app.authorize.begin(ANN, None, None)
    app.signin.granted = granted
    attempt = Browser(app).follow(begun.authorization_url)
    app.use(after)
    with pytest.raises(Refused) as raised:
        app.authorize.finish(ANN, attempt)
    assert raised.value.code == code
    assert stored(app) is None
    assert not app.queue.jobs


def test_a_user_who_left_meanwhile_does_not_connect() -> None:
    app = SmallApp()
    begun = app.authorize.begin(ANN, None, None)
    attempt = Browser(app).follow(begun.authorization_url)
    app.put_user(replace(app.directory.read(TENANT, "ann"), active=False))
    with pytest.raises(Refused) as raised:
        app.authorize.finish(ANN, attempt)
    assert raised.value.code == "user_inactive"


def test_s10_granted_less_than_asked_is_told() -> None:
    app = SmallApp()
    app.signin.granted = READ
    finished = connect(app)
    assert [notice.code for notice in finished.notices] == ["granted_less"]
    assert not finished.profile.decision.may_write


def test_s10_nothing_is_asked_for_that_this_release_does_not_use() -> None:
    app = SmallApp()
    app.use(Settings(permissions=Permissions(contacts=Access.READ_WRITE)))
    app.authorize.begin(ANN, None, None)
    ((attempt, _),) = app.memory._state.attempts.values()
    assert attempt.permissions.contacts is Access.NONE


def test_s13_the_address_that_counts_is_the_one_that_the_service_vouches_for() -> None:
    app = SmallApp()
    app.put_user(User("ann", "ann@example.com"))
    app.use(Settings(allowed_domains=("example.com",)))
    app.signin.mailbox = Mailbox("m", "ann@evil.net")
    with pytest.raises(Refused) as raised:
        connect(app)
    assert raised.value.code == "domain_not_allowed"
    assert app.signin.revoked == ["refresh-code-1"]


def test_consent_that_is_declined_is_told() -> None:
    app = SmallApp()
    begun = app.authorize.begin(ANN, None, None)
    attempt = Browser(app).arrive({"state": state_of(begun.authorization_url), "error": "access_denied"})
    with pytest.raises(Refused) as raised:
        app.authorize.finish(ANN, attempt)
    assert raised.value.code == "consent_declined"


# ------------------------------------------------------------------ attackers


def test_an_attacker_whose_link_a_victim_follows_gets_nothing() -> None:
    """Eve begins, sends Ann the link; Ann consents with her own mailbox. Neither of them can finish."""
    app = SmallApp()
    begun = app.authorize.begin(EVE, None, None)
    in_anns_browser = Browser(app).follow(begun.authorization_url)
    with pytest.raises(NotFound):
        app.authorize.finish(ANN, in_anns_browser)
    for guess in (begun.attempt_id, f"{begun.attempt_id}.", f"{begun.attempt_id}.guess", in_anns_browser[:-1] + "~"):
        with pytest.raises((Forbidden, NotFound)):
            app.authorize.finish(EVE, guess)
    assert stored(app, "ann") is None
    assert stored(app, "eve") is None
    assert not app.queue.jobs


def test_a_wrong_handle_uses_the_attempt_up_so_that_it_can_not_be_guessed() -> None:
    app = SmallApp()
    begun = app.authorize.begin(ANN, None, None)
    attempt = Browser(app).follow(begun.authorization_url)
    with pytest.raises(Forbidden):
        app.authorize.finish(ANN, f"{begun.attempt_id}.guess")
    with pytest.raises(NotFound):
        app.authorize.finish(ANN, attempt)


def test_a_code_injected_into_a_victims_attempt_is_not_redeemed() -> None:
    """Eve's own code in Ann's callback: PKCE keeps it from being redeemed in Ann's attempt."""
    app = SmallApp()
    eves = app.signin.consent(app.authorize.begin(EVE, None, None).authorization_url)
    anns = app.authorize.begin(ANN, None, None)
    attempt = Browser(app).arrive({"state": state_of(anns.authorization_url), "code": eves["code"]})
    with pytest.raises(Conflict):
        app.authorize.finish(ANN, attempt)
    assert stored(app) is None


@pytest.mark.parametrize(
    "state",
    [
        "",
        "x",
        "a.b.c",
        "aaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaa.00000000000000000000000001",
        "../../../etc/passwd",
        "a" * 5000,
        "ä" * 40,
    ],
)
def test_a_forged_state_is_refused(state: str) -> None:
    app = SmallApp()
    app.authorize.begin(ANN, None, None)
    with pytest.raises(Unauthenticated):
        app.authorize.park("google", state, "code", None)


def test_a_state_works_once() -> None:
    app = SmallApp()
    query = app.signin.consent(app.authorize.begin(ANN, None, None).authorization_url)
    attempt = Browser(app).arrive(query)
    with pytest.raises(Unauthenticated):
        Browser(app).arrive({**query, "code": "another"})
    app.authorize.finish(ANN, attempt)
    with pytest.raises(Unauthenticated):
        Browser(app).arrive(query)
    with pytest.raises(NotFound):
        app.authorize.finish(ANN, attempt)


def test_a_state_is_one_service_s() -> None:
    app = SmallApp()
    query = app.signin.consent(app.authorize.begin(ANN, None, None).authorization_url)
    with pytest.raises(Unauthenticated):
        Browser(app).arrive(query, service="caldav")
    app.authorize.finish(ANN, Browser(app).arrive(query))


def test_a_state_ends_after_ten_minutes() -> None:
    app = SmallApp()
    query = app.signin.consent(app.authorize.begin(ANN, None, None).authorization_url)
    app.fake_clock.advance(timedelta(minutes=10))
    with pytest.raises(Unauthenticated):
        Browser(app).arrive(query)


def test_an_answered_attempt_ends_after_ten_minutes_too() -> None:
    app = SmallApp()
    attempt = Browser(app).follow(app.authorize.begin(ANN, None, None).authorization_url)
    app.fake_clock.advance(timedelta(minutes=10))
    with pytest.raises(NotFound):
        app.authorize.finish(ANN, attempt)


@pytest.mark.parametrize("who", [EVE, caller("ann", tenant="other")])
def test_an_attempt_is_its_initiator_s(who: Identity) -> None:
    app = SmallApp()
    attempt = Browser(app).follow(app.authorize.begin(ANN, None, None).authorization_url)
    with pytest.raises(NotFound):
        app.authorize.finish(who, attempt)
    assert stored(app) is None
    app.authorize.finish(ANN, attempt)


def test_finishing_before_the_service_has_answered_does_not_use_the_attempt_up() -> None:
    app = SmallApp()
    begun = app.authorize.begin(ANN, None, None)
    with pytest.raises(Conflict):
        app.authorize.finish(ANN, f"{begun.attempt_id}.early")
    app.authorize.finish(ANN, Browser(app).follow(begun.authorization_url))


def test_two_finishes_at_once_make_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    app = SmallApp()
    slow = Browser(app).follow(app.authorize.begin(ANN, None, None).authorization_url)
    fast = Browser(app).follow(app.authorize.begin(ANN, None, None).authorization_url)
    redeem = app.signin.redeem

    def overtaken(**kwargs: object) -> object:
        monkeypatch.setattr(app.signin, "redeem", redeem)
        grant = redeem(**kwargs)  # type: ignore[arg-type]
        app.authorize.finish(ANN, fast)
        return grant

    monkeypatch.setattr(app.signin, "redeem", overtaken)
    with pytest.raises(MeetbridgeError):
        app.authorize.finish(ANN, slow)
    made = stored(app)
    assert made is not None
    assert made.generation == 1
    assert app.signin.revoked == []


def test_the_lock_is_of_the_settings_not_of_the_old_connection() -> None:
    app = SmallApp()
    app.connect(connection())
    app.use(Settings(locked=True, permissions=READ))
    connect(app)
    made = stored(app)
    assert made is not None
    assert (made.generation, made.permissions) == (2, READ)


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (lambda app: app.use(Settings(enabled=False)), "account_off"),
        (lambda app: app.use(Settings(allowed_domains=("other.example",))), "domain_not_allowed"),
        (lambda app: app.directory.remove(TENANT, "ann", "run"), "user_inactive"),
    ],
)
def test_what_is_forbidden_while_the_service_is_asked_binds(
    monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[SmallApp], None], reason: str
) -> None:
    app = SmallApp()
    attempt = Browser(app).follow(app.authorize.begin(ANN, None, None).authorization_url)
    connect_ = app.memory.connect

    def after(*args: Any, **kwargs: Any) -> None:
        meanwhile(app)
        connect_(*args, **kwargs)

    monkeypatch.setattr(app.memory, "connect", after)
    with pytest.raises(Refused) as refused:
        app.authorize.finish(ANN, attempt)
    assert refused.value.code == reason
    assert app.live() == set()
    assert TeardownJob(connection_key(TENANT, "ann"), 1) in app.queue.jobs
