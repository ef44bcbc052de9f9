"""Settings bind at the write; the clean-up executes what the preview showed, and survives what queues do."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from meetbridge.errors import InvalidInput, NotFound, VersionConflict
from meetbridge.model.account import Role, Settings
from meetbridge.model.connection import Access, ConnectionState, Mailbox, Permissions, Service
from meetbridge.policy.effects import Effect
from meetbridge.ports.jobs import AccountJob, TeardownJob

from tests.support.small_app import TENANT, SmallApp, caller, connection, many

OFF = Settings(enabled=False)
LOCKED_READ = Settings(locked=True, permissions=Permissions(calendar=Access.READ))
ADMIN = caller("boss", Role.ADMIN)


def forever() -> float:
    return 100.0


def work(app: SmallApp, time_left: Callable[[], float] = forever) -> None:
    """Run the account's jobs on the queue; teardowns are another service's."""
    while (job := app.queue.take()) is not None:
        if isinstance(job, AccountJob):
            app.account_work.run(job, time_left)


def save(app: SmallApp, settings: Settings) -> str:
    version = app.settings.read(TENANT).version
    return app.settings.save(ADMIN, settings, version).job_id


def test_s1_off_ends_every_connection_and_tears_down_what_it_left() -> None:
    app = SmallApp()
    app.connect(*many(3))
    job_id = save(app, OFF)
    (job,) = (job for job in app.queue.jobs if isinstance(job, AccountJob))
    app.account_work.run(job, forever)
    assert app.live() == set()
    assert len([left for left in app.queue.jobs if isinstance(left, TeardownJob)]) == 3
    record = app.account_work.read(TENANT, job_id)
    assert (record.state, record.done, record.total) == ("done", 3, 3)


def test_settings_bind_before_the_clean_up_has_run() -> None:
    app = SmallApp()
    app.connect(connection())
    save(app, OFF)
    assert app.live() == {"ann"}
    assert not app.profiles.read(caller()).decision.may_sync


def test_each_ends_with_its_own_reason() -> None:
    app = SmallApp()
    app.connect(connection("ann"), connection("bob", mailbox=Mailbox("b", "bob@elsewhere.net")))
    save(app, Settings(locked=True, permissions=Permissions(calendar=Access.READ), allowed_domains=("example.com",)))
    work(app)
    reasons = {c.user: c.reason for c in app.memory.connections(TENANT, None, 10).items}
    assert reasons == {"ann": "permissions_locked", "bob": "permissions_locked"}
    app = SmallApp()
    app.connect(connection("ann", service=Service.CALDAV), connection("bob", mailbox=Mailbox("b", "bob@elsewhere.net")))
    save(app, Settings(allowed_domains=("example.com",)))
    work(app)
    reasons = {c.user: c.reason for c in app.memory.connections(TENANT, None, 10).items}
    assert reasons == {"ann": "service_not_available", "bob": "domain_not_allowed"}


def test_newer_settings_supersede_a_clean_up() -> None:
    app = SmallApp()
    app.connect(*many(3))
    older = save(app, OFF)
    newer = save(app, Settings())
    work(app)
    assert len(app.live()) == 3
    assert app.account_work.read(TENANT, older).state == "superseded"
    assert app.account_work.read(TENANT, newer).state == "done"


def test_newer_settings_stop_a_clean_up_half_way() -> None:
    app = SmallApp()
    app.connect(*many(150))
    older = save(app, OFF)
    job = app.queue.take()
    assert isinstance(job, AccountJob)
    left = iter([100.0, 0.0])
    app.account_work.run(job, lambda: next(left))
    assert len(app.live()) == 50
    save(app, Settings())
    work(app)
    assert len(app.live()) == 50
    assert app.account_work.read(TENANT, older).state == "superseded"


def test_a_clean_up_goes_on_in_the_next_message_where_time_runs_out() -> None:
    app = SmallApp()
    app.connect(*many(250))
    job_id = save(app, OFF)
    job = app.queue.take()
    assert isinstance(job, AccountJob)
    left = iter([100.0, 0.0])
    app.account_work.run(job, lambda: next(left))
    record = app.memory.job(TENANT, job_id)
    assert record is not None
    assert (record.state, record.done) == ("running", 100)
    assert job in app.queue.jobs
    work(app)
    assert app.live() == set()


def test_a_lost_message_is_made_good_by_whoever_reads_the_job() -> None:
    app = SmallApp()
    app.connect(connection())
    job_id = save(app, OFF)
    app.queue.clear()
    assert app.account_work.read(TENANT, job_id).state == "running"
    work(app)
    assert app.account_work.read(TENANT, job_id).state == "done"
    assert app.live() == set()


def test_a_doubled_message_does_no_harm() -> None:
    app = SmallApp()
    app.connect(connection())
    save(app, OFF)
    (job,) = app.queue.jobs
    app.queue.bulk([job])
    work(app)
    assert app.live() == set()


def test_a_connection_that_ends_meanwhile_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    app = SmallApp()
    app.connect(*many(3))
    end, calls = app.memory.end, Counter[str]()

    def once_late(*args: Any, **kwargs: Any) -> None:
        calls["end"] += 1
        if calls["end"] == 1:
            app.profiles.disconnect(caller("user1"), "run")
            raise VersionConflict("changed")
        end(*args, **kwargs)

    monkeypatch.setattr(app.memory, "end", once_late)
    save(app, OFF)
    work(app)
    assert app.live() == set()


def test_the_budget_is_three_table_calls_for_25_users(monkeypatch: pytest.MonkeyPatch) -> None:
    app = SmallApp()
    elsewhere = (connection(f"x{n}", mailbox=Mailbox(f"m{n}", f"x{n}@elsewhere.net")) for n in range(250))
    others = (connection(f"y{n}", service=Service.CALDAV) for n in range(250))
    app.connect(*elsewhere, *others)
    save(app, Settings(allowed_domains=("example.com",)))
    calls = Counter[str]()
    for name in ("settings", "connections", "end", "job", "save_job", "context", "user"):
        _counted(monkeypatch, app.memory, name, calls)
    work(app)
    assert app.live() == set()
    assert calls.total() <= 3 * 500 / 25


def _counted(monkeypatch: pytest.MonkeyPatch, store: object, name: str, calls: Counter[str]) -> None:
    original = getattr(store, name)

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        calls[name] += 1
        return original(*args, **kwargs)

    monkeypatch.setattr(store, name, call)


# ------------------------------------------------------------------ B1


CHOICES = st.builds(
    Settings,
    enabled=st.sampled_from([True, True, False]),
    permissions=st.builds(Permissions, st.sampled_from([Access.READ, Access.READ_WRITE])),
    locked=st.booleans(),
    allowed_domains=st.sampled_from([(), ("example.com",), ("*.example.org", "example.com")]),
)
Changes = dict[str, Any]
PEOPLE: st.SearchStrategy[list[Changes]] = st.lists(
    st.builds(
        dict,
        permissions=st.builds(Permissions, st.sampled_from([Access.READ, Access.READ_WRITE])),
        state=st.sampled_from([ConnectionState.CONNECTED, ConnectionState.NEEDS_REAUTHORIZATION]),
        mailbox=st.builds(Mailbox, st.just("m"), st.sampled_from(["a@example.com", "a@x.example.org", "a@evil.net"])),
    ),
    max_size=8,
)


@hypothesis_settings(max_examples=60, deadline=None)
@given(CHOICES, CHOICES, PEOPLE)
def test_b1_what_was_previewed_is_what_is_applied(before: Settings, after: Settings, people: list[Changes]) -> None:
    app = SmallApp()
    app.use(before)
    app.connect(*(connection(f"user{number}", **changes) for number, changes in enumerate(people)))
    live = app.live()
    preview = app.settings.preview(TENANT, after)
    assert app.live() == live
    assert app.settings.read(TENANT).settings == before
    save(app, after)
    work(app)
    shown = {item.connection.user: item.effect for item in preview.items}
    assert set(shown) == live
    assert app.live() == {user for user, effect in shown.items() if effect is Effect.KEEP}
    assert preview.counts == {effect.value: list(shown.values()).count(effect) for effect in Effect}


def test_b1_a_large_account_is_counted_by_a_job_and_listed_by_pages() -> None:
    app = SmallApp()
    app.connect(*many(450))
    first = app.settings.preview(TENANT, LOCKED_READ)
    assert first.counts is None
    assert first.job_id is not None
    users = [item.connection.user for item in first.items]
    cursor = first.next
    while cursor is not None:
        page = app.settings.preview(TENANT, LOCKED_READ, cursor)
        assert page.job_id is None
        users += [item.connection.user for item in page.items]
        cursor = page.next
    assert len(users) == len(set(users)) == 450
    work(app)
    record = app.account_work.read(TENANT, first.job_id)
    assert (record.state, record.done) == ("done", 450)
    assert record.result["counts"] == {"keep": 0, "lose": 0, "renew": 450}
    assert len(app.live()) == 450


def test_a_preview_of_what_can_not_be_saved_says_so() -> None:
    with pytest.raises(InvalidInput):
        SmallApp().settings.preview(TENANT, Settings(service=Service.CALDAV))


def test_another_tenants_job_is_not_there() -> None:
    app = SmallApp()
    job_id = save(app, OFF)
    with pytest.raises(NotFound):
        app.account_work.read("other", job_id)


def test_the_audit_tells_who_changed_what_from_what_to_what() -> None:
    app = SmallApp()
    save(app, Settings(locked=True))
    save(app, Settings(locked=True, allowed_domains=("example.com",)))
    pages = [app.settings.audit(TENANT, None, 1)]
    pages.append(app.settings.audit(TENANT, pages[0].next, 1))
    entries = [entry for page in pages for entry in page.items]
    assert [entry["changes"] for entry in entries] == [
        [{"setting": "allowed_domains", "from": [], "to": ["example.com"]}],
        [{"setting": "locked", "from": False, "to": True}],
    ]
    assert {entry["by"] for entry in entries} == {"user:boss"}
