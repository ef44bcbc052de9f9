"""Results as HTTP answers, as payload format 2.0 infers them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.gateway.answers import Answer, answer
from local.workers.pool import Outcome

JSON = ("content-type", "application/json")


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"message": "Hello"}, Answer(200, (JSON,), b'{"message": "Hello"}')),
        ("Hello", Answer(200, (JSON,), b"Hello")),
        ({"statusCode": 204}, Answer(204, (("content-type", "text/plain;charset=UTF-8"),), b"")),
        (
            {"statusCode": 201, "headers": {"Content-Type": "a/b"}, "body": "x"},
            Answer(201, (("content-type", "a/b"),), b"x"),
        ),
        (
            {"statusCode": 200, "headers": {"Content-Type": "a/b", "X-N": 3}, "cookies": ["a=1", "b=2"]},
            Answer(200, (("content-type", "a/b"), ("x-n", "3"), ("set-cookie", "a=1"), ("set-cookie", "b=2")), b""),
        ),
        (
            {"statusCode": 200, "headers": dict([JSON]), "body": "/w==", "isBase64Encoded": True},
            Answer(200, (JSON,), b"\xff"),
        ),
    ],
)
def test_results(result: Any, expected: Answer) -> None:
    assert answer(Outcome(json.dumps(result))) == expected


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(error={"errorType": "ValueError", "errorMessage": "secret"}),
        Outcome('{"statusCode": "many"}'),
        Outcome('{"statusCode": 200, "body": {"not": "text"}}'),
        Outcome('{"statusCode": 200, "body": "%%", "isBase64Encoded": true}'),
        Outcome('{"statusCode": 200, "headers": ["a"]}'),
    ],
)
def test_what_is_no_answer_is_a_500_without_details(outcome: Outcome) -> None:
    assert answer(outcome) == Answer(500, (JSON,), b'{"message": "Internal Server Error"}')
