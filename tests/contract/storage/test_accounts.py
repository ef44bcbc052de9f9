"""Settings, users, jobs, attempts and ledger: the same in memory and in the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from meetbridge.errors import Conflict, NotFound, Unauthenticated, VersionConflict
from meetbridge.model.account import AccountSettings, Settings, User
from meetbridge.model.connection import Permissions
from meetbridge.model.ids import connection_key
from meetbridge.ports.repositories import AccountJobRecord, Attempt

from tests.support.clock import START
from tests.support.stored import BY, TENANT, USER

KEY = connection_key(TENANT, USER)
ATTEMPT = Attempt(
    "i1", "h" * 64, TENANT, USER, "google", Permissions(), "verifier", "https://x/cb", START + timedelta(minutes=10)
)


def test_settings_start_with_the_defaults_and_count_their_writes(store: Any) -> None:
    assert store.settings(TENANT) == AccountSettings()
    locked = Settings(locked=True, allowed_domains=("example.com",))
    saved = store.save_settings(TENANT, locked, expected=0, by=BY, now=START, job_id="j1")
    assert saved == store.settings(TENANT) == AccountSettings(locked, 1)
    assert store.settings("other") == AccountSettings()


def test_settings_that_were_read_before_another_write_are_refused_with_all_that_belongs_to_them(store: Any) -> None:
    store.save_settings(TENANT, Settings(), expected=0, by=BY, now=START, job_id="j1")
    for expected in (0, 2):
        with pytest.raises(VersionConflict):
            store.save_settings(TENANT, Settings(locked=True), expected=expected, by=BY, now=START, job_id="j2")
    assert not store.settings(TENANT).settings.locked
    assert store.job(TENANT, "j2") is None
    assert len(store.audit(TENANT, None, 10).items) == 1


def test_a_write_of_settings_leaves_its_job_and_its_audit_entry(store: Any) -> None:
    for version in range(3):
        now = START + timedelta(minutes=version)
        store.save_settings(
            TENANT, Settings(locked=version == 2), expected=version, by=BY, now=now, job_id=f"j{version}"
        )
    assert store.job(TENANT, "j2") == AccountJobRecord("j2", TENANT, "apply_settings", "running", 3)
    newest = store.audit(TENANT, None, 2)
    assert [entry["version"] for entry in newest.items] == [3, 2]
    assert newest.items[0]["settings"]["locked"]
    oldest = store.audit(TENANT, newest.next, 2)
    assert [entry["version"] for entry in oldest.items] == [1]
    assert oldest.next is None


def test_a_job_keeps_its_progress(store: Any) -> None:
    job = AccountJobRecord("j", TENANT, "preview", "done", 4, 7, 9, "cursor", {"keep": 3, "who": ["a"]})
    store.save_job(job, now=START)
    assert store.job(TENANT, "j") == job
    assert store.job("other", "j") is None


def test_users_come_in_slices_each_once_and_of_one_tenant(store: Any) -> None:
    people = {f"user{n}": User(f"user{n}", f"u{n}@example.com", groups=("staff",)) for n in range(23)}
    for person in people.values():
        store.save_user(TENANT, person, expected=None, by=BY)
    store.save_user("other", User("user1", "foreign@example.com"), expected=None, by=BY)
    seen, cursor = [], None
    while True:
        some = store.users(TENANT, cursor, 5)
        assert len(some.items) <= 5
        seen += some.items
        cursor = some.next
        if cursor is None:
            break
    assert {person.id: person for person in seen} == people
    assert len(seen) == 23
    assert store.user(TENANT, "user7") == people["user7"]
    assert store.user("other", "user7") is None


def test_a_user_is_written_only_over_the_record_that_was_read(store: Any) -> None:
    first, second = User(USER, "a@example.com"), User(USER, "b@example.com")
    store.save_user(TENANT, first, expected=None, by=BY)
    store.save_user(TENANT, second, expected=first, by=BY)
    for stale in (None, first):
        with pytest.raises(VersionConflict):
            store.save_user(TENANT, first, expected=stale, by=BY)
    assert store.user(TENANT, USER) == second


def test_an_attempt_goes_from_its_initiator_by_the_callback_to_its_initiator(store: Any) -> None:
    store.begin(ATTEMPT)
    with pytest.raises(Conflict):
        store.take(TENANT, USER, "i1", START)
    parked = replace(ATTEMPT, code="code")
    assert store.park(KEY, ATTEMPT.state_hash, "code", None, START) == parked
    assert store.take(TENANT, USER, "i1", START) == parked
    with pytest.raises(NotFound):
        store.take(TENANT, USER, "i1", START)


def test_a_refusal_is_parked_too(store: Any) -> None:
    store.begin(ATTEMPT)
    store.park(KEY, ATTEMPT.state_hash, None, "access_denied", START)
    assert store.take(TENANT, USER, "i1", START).error == "access_denied"


@pytest.mark.parametrize("case", ["unknown", "used", "stale", "foreign"])
def test_a_state_is_good_once_in_time_and_for_its_user(store: Any, case: str) -> None:
    store.begin(ATTEMPT)
    key, state, now = KEY, ATTEMPT.state_hash, START
    if case == "unknown":
        state = "g" * 64
    if case == "used":
        store.park(KEY, state, "code", None, START)
    if case == "stale":
        now = ATTEMPT.expires_at
    if case == "foreign":
        key = connection_key(TENANT, "mallory")
    with pytest.raises(Unauthenticated):
        store.park(key, state, "forged", None, now)


@pytest.mark.parametrize(("tenant", "user", "late"), [(TENANT, "mallory", 0), ("other", USER, 0), (TENANT, USER, 600)])
def test_an_attempt_is_its_initiators_alone_and_in_time(store: Any, tenant: str, user: str, late: int) -> None:
    store.begin(ATTEMPT)
    store.park(KEY, ATTEMPT.state_hash, "code", None, START)
    with pytest.raises(NotFound):
        store.take(tenant, user, "i1", START + timedelta(seconds=late))


def test_the_ledger_tells_newest_first_of_one_subject_and_each_entry_once(store: Any) -> None:
    entries = [_entry("m#1", n) for n in range(5)]
    store.append([*entries, _entry("m", 9)])
    store.append(entries[:2])
    first = store.history(TENANT, USER, "m#1", None, 3)
    rest = store.history(TENANT, USER, "m#1", first.next, 3)
    assert [entry["n"] for entry in (*first.items, *rest.items)] == [4, 3, 2, 1, 0]
    assert rest.next is None
    assert [entry["n"] for entry in store.history(TENANT, USER, "m", None, 9).items] == [9]
    assert store.history("other", USER, "m#1", None, 3).items == ()


def test_a_ledger_entry_that_expired_is_not_told(store: Any) -> None:
    store.append([{**_entry("m", 1), "expires": int(START.timestamp())}])
    assert store.history(TENANT, USER, "m", None, 3).items == ()


def _entry(subject: str, n: int) -> dict[str, Any]:
    at = (START + timedelta(seconds=n)).isoformat()
    return {"tenant": TENANT, "user": USER, "subject": subject, "at": at, "n": n}
