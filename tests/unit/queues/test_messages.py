"""Jobs survive the queue; nothing else is a job."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from meetbridge.errors import InvalidInput
from meetbridge.model.connection import ConnectionKey
from meetbridge.ports.jobs import AccountJob, AccountJobKind, Job, SyncJob, TeardownJob
from meetbridge.queues.messages import decode, encode, group

KEY = ConnectionKey("t" * 16, "u" * 16)
JOBS: list[Job] = [
    SyncJob(KEY),
    SyncJob(KEY, 3, (0, 2), meetings=True),
    TeardownJob(KEY, 4),
    AccountJob("acme", "j1", AccountJobKind.APPLY_SETTINGS),
    AccountJob("acme", "j1", AccountJobKind.PREVIEW),
]


@pytest.mark.parametrize("job", JOBS)
def test_a_job_comes_back_as_it_was(job: Job) -> None:
    assert decode(encode(job)) == job


@pytest.mark.parametrize("job", JOBS)
def test_no_member_can_be_missing_odd_or_too_much(job: Job) -> None:
    data = json.loads(encode(job))
    for member in data:
        for changed in ({k: v for k, v in data.items() if k != member}, {**data, member: {"odd": 1}}):
            with pytest.raises(InvalidInput):
                decode(json.dumps(changed))
    with pytest.raises(InvalidInput):
        decode(json.dumps({**data, "more": 1}))


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "1", '{"kind":"other"}', '{"kind":["sync"]}'])
def test_rubbish_is_no_job(body: str) -> None:
    with pytest.raises(InvalidInput):
        decode(body)


def test_jobs_of_one_connection_are_one_group() -> None:
    assert group(SyncJob(KEY)) == group(TeardownJob(KEY, 1)) != group(SyncJob(ConnectionKey(KEY.tenant, "other")))
    assert len(group(AccountJob("x" * 500, "j", AccountJobKind.PREVIEW))) <= 128


def test_the_queue_loads_nothing_heavy() -> None:
    heavy = ("pydantic", "boto3", "botocore", "googleapiclient", "cryptography", "requests")
    code = f"import sys, meetbridge.queues.sqs; print([m for m in {heavy!r} if m in sys.modules])"
    shown = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": "shared"}
    )
    assert shown.stdout.strip() == "[]"
