"""Each minute what is due is enqueued; nothing is, where nothing is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from meetbridge.ports.jobs import SyncJob

from functions.schedule import app as function
from tests.support.clock import START
from tests.support.events import aws_event, context
from tests.support.small_app import SmallApp, connection


@pytest.mark.parametrize(("due_in", "enqueued"), [(timedelta(0), 1), (timedelta(minutes=1), 0)])
def test_what_is_due_is_enqueued(monkeypatch: pytest.MonkeyPatch, due_in: timedelta, enqueued: int) -> None:
    small = SmallApp()
    small.connect(replace(connection(), due_at=START + due_in))
    monkeypatch.setattr(function, "app", lambda: small)
    assert function.handler(aws_event("schedule"), context()) == {"enqueued": enqueued}
    jobs = list(small.queue.urgent)
    assert len(jobs) == enqueued
    assert all(isinstance(job, SyncJob) and job.meetings for job in jobs)
