"""The queues' handler: each job to its service, and one failure keeps back its own group alone."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from meetbridge.errors import VersionConflict
from meetbridge.model.connection import ConnectionKey
from meetbridge.ports.jobs import AccountJob, AccountJobKind, Job, SyncJob, TeardownJob
from meetbridge.queues.messages import encode, group

from functions.sync import app as function

ANNA, BEN = ConnectionKey("t", "anna"), ConnectionKey("t", "ben")


class _Context:
    function_name, memory_limit_in_mb, aws_request_id = "sync", 1024, "1"
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:sync"

    def get_remaining_time_in_millis(self) -> int:
        return 100_000


class _Service:
    def __init__(self, done: list[Job], bad: Job | None = None) -> None:
        self.done, self.bad = done, bad

    def run(self, job: Job, time_left: Any) -> None:
        assert time_left() == 100.0
        if job == self.bad:
            raise VersionConflict("again")
        self.done.append(job)


class _App:
    def __init__(self, bad: Job | None = None) -> None:
        self.done: list[Job] = []
        self.sync_runs = self.teardowns = self.account_work = _Service(self.done, bad)


def event(*bodies: tuple[str, str]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": str(n),
                "receiptHandle": str(n),
                "body": body,
                "attributes": {"MessageGroupId": name, "ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:jobs.fifo",
                "awsRegion": "eu-central-1",
            }
            for n, (name, body) in enumerate(bodies)
        ]
    }


def handled(monkeypatch: pytest.MonkeyPatch, app: _App, *bodies: tuple[str, str]) -> list[str]:
    monkeypatch.setattr(function, "app", lambda: app)
    answer = function.handler(event(*bodies), _Context())  # type: ignore[arg-type]
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_each_job_goes_to_its_service(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[Job] = [
        SyncJob(ANNA, 1, (0,)),
        TeardownJob(BEN, 2),
        AccountJob("t", "j", AccountJobKind.APPLY_SETTINGS),
    ]
    app = _App()
    assert handled(monkeypatch, app, *((group(job), encode(job)) for job in jobs)) == []
    assert app.done == jobs


def test_a_failure_keeps_back_its_own_group_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, behind, other = SyncJob(ANNA, 1), SyncJob(ANNA, 1, (1,)), SyncJob(BEN, 1)
    app = _App(bad)
    assert handled(monkeypatch, app, *((group(job), encode(job)) for job in (bad, other, behind))) == ["0", "2"]
    assert app.done == [other]


def test_a_failure_is_logged_by_type_and_place_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = SyncJob(ANNA, 1)

    class Secret(_Service):
        def run(self, job: Job, time_left: Any) -> None:
            raise ValueError("Talk with Dr. Grey")

    app = _App()
    app.sync_runs = Secret([])
    monkeypatch.setattr(function.logger.handlers[0], "stream", sys.stdout)
    assert handled(monkeypatch, app, (group(bad), encode(bad))) == ["0"]
    said = capsys.readouterr().out
    assert "ValueError at test_sync.py" in said
    assert "Grey" not in said


def test_a_message_that_is_no_job_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    app = _App()
    assert handled(monkeypatch, app, ("a", "{}"), ("b", encode(SyncJob(BEN)))) == ["0"]
    assert app.done == [SyncJob(BEN)]
