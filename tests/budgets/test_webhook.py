"""A webhook does no work: one call of the queue, none of the table, none of a service, and light imports."""

from __future__ import annotations

import math
from typing import Any

import pytest
from meetbridge.model.connection import ConnectionKey
from meetbridge.ports.jobs import SyncJob
from meetbridge.queues.sqs import SqsJobs

from tests.support.cold import FUNCTIONS, NOTIFY, environment, imported
from tests.support.sink import sink

SDKS = {"googleapiclient", "google", "google_auth_httplib2", "httplib2", "msal", "exchangelib", "caldav", "httpx"}
HEAVY = {"boto3", "s3transfer", "botocore.session", "botocore.client"}
EDGE = {"pydantic", "pydantic_core"}
MAY_NOT_LOAD = {
    "settings": SDKS | HEAVY,
    "oauth": SDKS | HEAVY,
    "calendar": SDKS | HEAVY,
    "sync": SDKS | HEAVY | EDGE,
    "schedule": SDKS | HEAVY | EDGE,
    "publish": SDKS | HEAVY | EDGE,
    "deliver": SDKS | HEAVY | EDGE,
    "console": SDKS | HEAVY | EDGE | {"botocore", "aws_lambda_powertools"},
    "webhooks": SDKS | HEAVY | EDGE | {"botocore", "aws_lambda_powertools", "urllib3"},
}


def loaded(modules: frozenset[str], forbidden: set[str]) -> set[str]:
    return {module for module in modules if any(f"{module}.".startswith(f"{name}.") for name in forbidden)}


def test_every_function_has_its_list() -> None:
    assert sorted(MAY_NOT_LOAD) == FUNCTIONS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_functions_import_loads_nothing_that_its_jobs_may_not_need(function: str) -> None:
    assert loaded(imported(function), MAY_NOT_LOAD[function]) == set()


def test_a_notification_is_one_call_of_the_queue_and_nothing_else() -> None:
    with sink() as aws:
        modules = imported("webhooks", environment(aws.url), NOTIFY)
        assert aws.calls == ["AmazonSQS.SendMessageBatch"]
    light = SDKS | HEAVY | EDGE | {"aws_lambda_powertools", "meetbridge.storage", "meetbridge.providers"}
    assert loaded(modules, light) == set()


@pytest.mark.parametrize("connections", [1, 9, 10, 11, 25])
def test_many_connections_in_one_post_are_ten_a_call(connections: int) -> None:
    calls: list[Any] = []

    class Sqs:
        def send_message_batch(self, **request: Any) -> dict[str, Any]:
            calls.append(request)
            return {}

    jobs = [SyncJob(ConnectionKey("t" * 16, f"{n:0>16}"), 1, (0,)) for n in range(connections)]
    SqsJobs(Sqs(), notify_url="notify").notified(jobs, bucket=1)
    assert len(calls) == math.ceil(connections / 10)
