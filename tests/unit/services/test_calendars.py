"""Which calendars sync (S17), and where meetings are written."""

from __future__ import annotations

import pytest
from meetbridge.errors import InvalidInput, PreconditionFailed, Refused, VersionConflict
from meetbridge.model.account import Settings
from meetbridge.model.ids import connection_key
from meetbridge.ports.jobs import SyncJob
from meetbridge.ports.provider import CalendarInfo
from meetbridge.services.calendars import Choice

from tests.support.calendar_app import CalendarApp
from tests.support.small_app import TENANT, caller

ANN = caller()


def choose(app: CalendarApp, *selected: str, default: str | None = None) -> Choice:
    return app.calendars.choose(ANN, selected, default, lambda _: None, "run")


def test_a_calendar_keeps_its_index_for_ever() -> None:
    app = CalendarApp()
    app.mailbox.infos.append(CalendarInfo("new", "New", "UTC", False, True, True))
    choose(app, "new", "home")
    choose(app, "primary")
    assert {c.id: (c.index, c.selected) for c in app.connection.calendars} == {
        "primary": (0, True),
        "home": (1, False),
        "new": (2, False),
    }


def test_a_change_is_followed_by_a_sync_and_the_same_again_by_none() -> None:
    app = CalendarApp()
    app.queue.clear()
    choose(app, "home")
    assert list(app.queue.jobs) == [SyncJob(connection_key(TENANT, "ann"), 1)]
    app.queue.clear()
    choose(app, "home")
    assert not app.queue.jobs


@pytest.mark.parametrize(
    ("selected", "default", "written_to"),
    [
        (("primary", "home"), None, "primary"),
        (("primary", "home"), "home", "home"),
        (("home",), None, "home"),
        (("shared",), None, None),
        ((), None, None),
    ],
)
def test_meetings_are_written_to_a_selected_calendar_of_one_s_own(
    selected: tuple[str, ...], default: str | None, written_to: str | None
) -> None:
    app = CalendarApp()
    assert choose(app, *selected, default=default).default == written_to
    assert app.connection.default_calendar == written_to


@pytest.mark.parametrize(
    ("selected", "default", "pointer"),
    [
        (("nobody's",), None, "/selected/0"),
        (("primary",), "home", "/default"),
        (("shared",), "shared", "/default"),
    ],
)
def test_what_cannot_be_chosen_is_named(selected: tuple[str, ...], default: str | None, pointer: str) -> None:
    app = CalendarApp()
    before = app.connection
    with pytest.raises(InvalidInput) as wrong:
        choose(app, *selected, default=default)
    assert [fault.pointer for fault in wrong.value.errors] == [pointer]
    assert app.connection == before


def test_a_choice_that_was_overtaken_is_made_again_from_what_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    app = CalendarApp()
    update, left = app.memory.update, [1, 1]

    def overtaken(*args: object, **kwargs: object) -> object:
        if left:
            left.pop()
            raise VersionConflict("changed")
        return update(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(app.memory, "update", overtaken)
    choose(app, "home")
    assert [c.id for c in app.connection.calendars if c.selected] == ["home"]
    assert app.mailbox.calls["calendars"] == 1


def test_the_stored_version_is_checked_before_the_service_is_asked() -> None:
    app = CalendarApp()

    def stale(_: str) -> None:
        raise PreconditionFailed("changed")

    with pytest.raises(PreconditionFailed):
        app.calendars.choose(ANN, ["home"], None, stale, "run")
    assert app.mailbox.calls["calendars"] == 0


def test_s1_nothing_is_listed_while_the_account_is_off() -> None:
    app = CalendarApp()
    app.use(Settings(enabled=False))
    with pytest.raises(Refused):
        app.calendars.listing(ANN)
    assert app.mailbox.calls["calendars"] == 0
