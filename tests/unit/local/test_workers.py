"""Real worker processes around the small project's function."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.workers import recorder
from local.workers.pool import Outcome, Pool


def ask(pool: Pool, what: str) -> Outcome:
    return pool.invoke("EchoFunction", {"pathParameters": {"what": what}}, 100)


def test_a_worker_sees_lambdas_environment_and_nothing_else(
    small_pool: Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PRIVATE_TO_THE_USER", "secret")
    result = ask(small_pool, "environment").result
    assert result is not None
    told: dict[str, Any] = json.loads(result)
    variables = told["variables"]
    assert told["word"] == "from the layer"
    assert 0 < told["left"] <= 2000
    assert (variables["AWS_LAMBDA_FUNCTION_NAME"], variables["_HANDLER"]) == ("EchoFunction", "app.handler")
    assert (variables["TOLD"], variables["ADDED"]) == ("otherwise", "yes")
    assert not {"FOREIGN", "PRIVATE_TO_THE_USER"} & set(variables)
    assert '"message":"asked"' in (tmp_path / "EchoFunction.log").read_text()


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("raise", "RuntimeError"),
        ("exit", "Runtime.ExitError"),
        ("sleep", "Sandbox.Timedout"),
        ("large", "Function.ResponseSizeTooLarge"),
    ],
)
def test_a_failure_is_the_functions_own_and_the_next_call_works(small_pool: Pool, what: str, error: str) -> None:
    failed = ask(small_pool, what)
    assert failed.error is not None
    assert failed.error["errorType"] == error
    assert ask(small_pool, "echo").error is None


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("dynamodb", "GetItem", {"TableName": "t"}, [("dynamodb:GetItem", "t")]),
        ("dynamodb", "Query", {"TableName": "t", "IndexName": "due"}, [("dynamodb:Query", "t/index/due")]),
        (
            "dynamodb",
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "t"}}, {"ConditionCheck": {"TableName": "u"}}]},
            [("dynamodb:PutItem", "t"), ("dynamodb:ConditionCheckItem", "u")],
        ),
        (
            "dynamodb",
            "BatchWriteItem",
            {"RequestItems": {"t": [], "u": []}},
            [("dynamodb:BatchWriteItem", "t"), ("dynamodb:BatchWriteItem", "u")],
        ),
        ("sqs", "SendMessageBatch", {"QueueUrl": "http://h/1/q.fifo"}, [("sqs:SendMessage", "q.fifo")]),
        ("events", "PutEvents", {"Entries": [{"EventBusName": "bus"}]}, [("events:PutEvents", "bus")]),
        ("kms", "Decrypt", {"KeyId": "arn:aws:kms:r:1:key/k"}, [("kms:Decrypt", "k")]),
    ],
)
def test_calls_are_named_as_iam_names_them(
    service: str, operation: str, parameters: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert list(recorder.actions(service, operation, parameters)) == expected
