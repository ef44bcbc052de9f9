"""The platform's directory of users, by which jobs decide."""

from __future__ import annotations

from dataclasses import replace

import pytest
from meetbridge.errors import NotFound
from meetbridge.model.account import Client, User
from meetbridge.ports.jobs import TeardownJob
from meetbridge.services.directory import Entry

from tests.support.small_app import NEW_CLIENT, TENANT, SmallApp, caller, connection


def test_who_is_put_can_be_read() -> None:
    app = SmallApp()
    app.directory.put(TENANT, "ann", Entry("ann@example.com", ("staff",), True, "6.1"), "run")
    user = app.directory.read(TENANT, "ann")
    assert (user.email, user.groups, user.active, user.host_version) == ("ann@example.com", ("staff",), True, "6.1")


def test_nobody_else_s_users_can_be_read() -> None:
    app = SmallApp()
    app.directory.put(TENANT, "ann", Entry("ann@example.com"), "run")
    with pytest.raises(NotFound):
        app.directory.read("other", "ann")


def test_what_the_user_chose_and_the_client_last_seen_survive_a_put() -> None:
    app = SmallApp()
    app.directory.put(TENANT, "ann", Entry("ann@example.com"), "run")
    app.profiles.read(caller())
    app.directory.put(TENANT, "ann", Entry("ann@example.com", ("sales",)), "run")
    assert app.directory.read(TENANT, "ann").client == NEW_CLIENT


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (Entry("ann@example.com"), None),
        (Entry("ANN@Example.com"), None),
        (Entry("new@example.com"), "email_changed"),
        (Entry("ann@example.com", active=False), "user_inactive"),
    ],
)
def test_another_address_and_leaving_end_the_connection(entry: Entry, reason: str | None) -> None:
    app = SmallApp()
    app.connect(connection())
    app.directory.put(TENANT, "ann", entry, "run")
    (stored,) = app.memory.connections(TENANT, None, 10).items
    assert stored.reason == reason
    assert len([job for job in app.queue.jobs if isinstance(job, TeardownJob)]) == (reason is not None)


def test_an_address_that_was_not_known_is_no_other_one() -> None:
    app = SmallApp()
    app.connect(connection())
    app.put_user(User("ann", ""))
    app.directory.put(TENANT, "ann", Entry("ann@example.com"), "run")
    assert app.live() == {"ann"}


def test_a_leaver_stays_out_though_their_token_is_still_valid() -> None:
    app = SmallApp()
    app.connect(connection())
    app.directory.remove(TENANT, "ann", "run")
    assert app.live() == set()
    shown = app.profiles.read(caller())
    assert not shown.decision.may_connect
    assert not app.directory.read(TENANT, "ann").active


def test_a_leaver_who_was_never_here_stays_out_too() -> None:
    app = SmallApp()
    app.directory.remove(TENANT, "ann", "run")
    assert not app.profiles.read(caller()).decision.may_connect


def test_a_request_that_tells_the_client_does_not_bring_a_leaver_back(monkeypatch: pytest.MonkeyPatch) -> None:
    app = SmallApp()
    app.directory.put(TENANT, "ann", Entry("ann@example.com"), "run")
    context = app.memory.context

    def then_leaves(*args: object, **kwargs: object) -> object:
        read = context(*args, **kwargs)  # type: ignore[arg-type]
        app.put_user(replace(app.directory.read(TENANT, "ann"), active=False))
        return read

    monkeypatch.setattr(app.memory, "context", then_leaves)
    app.profiles.read(replace(caller(), client=Client((9,))))
    assert not app.directory.read(TENANT, "ann").active
