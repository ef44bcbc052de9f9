"""A webhook verifies, enqueues one message and does nothing else."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from meetbridge.errors import InvalidInput, Unauthenticated
from meetbridge.model.connection import ConnectionKey
from meetbridge.ports.jobs import Job, SyncJob
from meetbridge.services.notifications import Notifications
from meetbridge.services.webhook_tokens import mint

KEYS = "k1:" + base64.b64encode(b"0" * 32).decode()
KEY = ConnectionKey("t" * 16, "u" * 16)


class Recorder:
    """A JobQueue that remembers what came from webhooks, and takes nothing else."""

    def __init__(self) -> None:
        self.notes: list[tuple[SyncJob, int]] = []

    def notified(self, jobs: Sequence[SyncJob], *, bucket: int) -> None:
        self.notes += [(job, bucket) for job in jobs]

    def now(self, jobs: Sequence[Job]) -> None:
        raise AssertionError("a webhook waits for its bucket to close")

    bulk = now


class At:
    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


def headers(token: str, state: str = "exists") -> dict[str, str]:
    return {"x-goog-channel-token": token, "x-goog-resource-state": state}


def test_a_change_becomes_one_job_that_names_the_calendar() -> None:
    queue = Recorder()
    Notifications(KEYS, queue, At(1000)).google(headers(mint(KEYS, KEY, 3, 2)))
    assert queue.notes == [(SyncJob(KEY, 3, (2,)), 200)]


@pytest.mark.parametrize(("first", "second", "same"), [(1000, 1004, True), (1004, 1005, False)])
def test_notifications_within_five_seconds_share_a_bucket(first: int, second: int, same: bool) -> None:
    queue = Recorder()
    for moment in (first, second):
        Notifications(KEYS, queue, At(moment)).google(headers(mint(KEYS, KEY, 3, 2)))
    assert (queue.notes[0] == queue.notes[1]) is same


def test_the_first_message_of_a_channel_says_nothing_changed() -> None:
    queue = Recorder()
    Notifications(KEYS, queue, At(1000)).google(headers(mint(KEYS, KEY, 3, 2), "sync"))
    assert queue.notes == []


@pytest.mark.parametrize("token", ["", "v1.k1.t.u.1.0.AAAA", mint(KEYS, KEY, 3, 2)[:-1] + "!"])
def test_a_forged_token_enqueues_nothing(token: str) -> None:
    queue = Recorder()
    with pytest.raises(Unauthenticated):
        Notifications(KEYS, queue, At(1000)).google(headers(token))
    assert queue.notes == []


def test_a_state_that_google_has_not_is_refused() -> None:
    queue = Recorder()
    with pytest.raises(InvalidInput):
        Notifications(KEYS, queue, At(1000)).google(headers(mint(KEYS, KEY, 3, 2), "drop table"))
    assert queue.notes == []
