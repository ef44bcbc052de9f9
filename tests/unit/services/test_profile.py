"""A user's own side: S17, S18, S20, S21."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from meetbridge.errors import NotFound, Refused
from meetbridge.model.account import Bidirectional, Client, Settings, User
from meetbridge.model.connection import MeetingsForEvents
from meetbridge.policy.decision import Prompt, State
from meetbridge.ports.jobs import SyncJob, TeardownJob
from meetbridge.services.profile import Switches

from tests.support.small_app import TENANT, SmallApp, caller, connection


def test_the_client_last_seen_is_written_only_when_it_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = SmallApp()
    app.put_user(User("ann", "ann@example.com"))
    writes = Counter[str]()
    save = app.memory.save_user

    def counting(*args: Any, **kwargs: Any) -> None:
        writes["save_user"] += 1
        save(*args, **kwargs)

    monkeypatch.setattr(app.memory, "save_user", counting)
    for version in ((5, 17, 0), (5, 17, 0), (5, 18, 0)):
        app.profiles.read(caller(client=Client(version)))
    assert writes["save_user"] == 2
    assert app.directory.read(TENANT, "ann").client == Client((5, 18, 0))


def test_the_prompt_is_that_of_the_client_that_asks() -> None:
    app = SmallApp()
    assert app.profiles.read(caller()).decision.prompt is Prompt.CONFIGURE
    assert app.profiles.read(caller(client=Client((5, 2, 1)))).decision.prompt is None


def test_an_ended_connection_shows_by_state_and_reason_alone() -> None:
    app = SmallApp()
    app.connect(connection())
    app.profiles.disconnect(caller(), "run")
    shown = app.profiles.read(caller())
    assert (shown.decision.state, str(shown.decision.reason), shown.connection) == (
        State.NOT_CONNECTED,
        "user_removed",
        None,
    )


def test_s20_disconnecting_fences_off_at_once_and_tears_down_by_a_job() -> None:
    app = SmallApp()
    app.connect(connection())
    app.profiles.disconnect(caller(), "run")
    assert app.live() == set()
    (job,) = app.queue.jobs
    assert isinstance(job, TeardownJob)
    assert app.memory.gone(job.key, job.generation) is not None
    with pytest.raises(NotFound):
        app.profiles.disconnect(caller(), "run")


def test_s21_disconnecting_is_of_one_s_own_connection() -> None:
    app = SmallApp()
    app.connect(connection("ann"), connection("bob"))
    app.profiles.disconnect(caller("bob"), "run")
    assert app.live() == {"ann"}


def test_own_switches_are_kept_and_start_a_sync() -> None:
    app = SmallApp()
    app.connect(connection())
    shown = app.profiles.switch(caller(), Switches(False, MeetingsForEvents.WITH_GUESTS), "run")
    assert (shown.effective.bidirectional, shown.effective.meetings_for_events) == (
        False,
        MeetingsForEvents.WITH_GUESTS,
    )
    assert [type(job) for job in app.queue.jobs] == [SyncJob]
    again = app.profiles.switch(caller(), Switches(), "run")
    assert again.effective == shown.effective


def test_s18_a_locked_switch_is_refused_and_nothing_changes() -> None:
    app = SmallApp()
    app.use(Settings(bidirectional=Bidirectional(locked=True)))
    app.connect(connection())
    with pytest.raises(Refused) as raised:
        app.profiles.switch(caller(), Switches(False, MeetingsForEvents.NONE), "run")
    assert raised.value.code == "bidirectional_locked"
    assert app.directory.read(TENANT, "ann").meetings_for_events is MeetingsForEvents.MARKED
    app.profiles.switch(caller(), Switches(meetings_for_events=MeetingsForEvents.NONE), "run")


def test_somebody_whom_the_platform_has_not_announced_is_known_by_their_token() -> None:
    app = SmallApp()
    app.profiles.switch(caller("new"), Switches(False), "run")
    assert app.directory.read(TENANT, "new").email == "new@example.com"
