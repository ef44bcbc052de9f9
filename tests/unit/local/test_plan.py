"""What the run reads from a template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.intrinsics import Resolver
from local.plan import Authorizer, Plan, seconds

PROJECT = Path(__file__).parent / "project"


def test_a_function_has_its_code_layer_limits_and_resolved_environment(small_plan: Plan) -> None:
    echo = small_plan.functions["EchoFunction"]
    assert (echo.handler, echo.timeout, echo.concurrency) == ("app.handler", 2, None)
    assert (echo.code, echo.layers) == (PROJECT / "functions/echo", (PROJECT / "layer",))
    assert echo.environment == {
        "TABLE_NAME": "meetbridge-local-Table",
        "QUEUE_URL": "http://queues.test/123456789012/Work.fifo",
        "TOLD": "unchanged",
        "SECRET": "local secretsmanager:small:SecretString:word",
    }


def test_routes_carry_their_authorizer(small_plan: Plan) -> None:
    found = {route.key: (route.function, route.authorizer) for route in small_plan.routes}
    assert found == {
        "ANY /open/{what+}": ("EchoFunction", None),
        "GET /closed/{id}": ("EchoFunction", Authorizer("http://issuer.test", ("small",))),
    }


def test_mappings_know_queue_and_stream(small_plan: Plan) -> None:
    found = {one.source: one for one in small_plan.mappings}
    assert set(found) == {"Work.fifo", "meetbridge-local-Table"}
    assert (found["Work.fifo"].batch_size, found["Work.fifo"].reports_failures) == (10, True)
    assert found["meetbridge-local-Table"].patterns == ({"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "seen"}]}}}},)


def test_schedules_name_their_function(small_plan: Plan) -> None:
    assert [(one.function, one.seconds) for one in small_plan.schedules] == [("WorkFunction", 60.0)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(2 hours)", 7200), ("rate(1 day)", 86400)],
)
def test_rates(expression: str, expected: float) -> None:
    assert seconds(expression) == expected


def test_other_schedules_are_refused() -> None:
    with pytest.raises(ValueError, match="rates only"):
        seconds("cron(0 12 * * ? *)")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "AWS::Region"}, "eu-central-1"),
        ({"Ref": "Word"}, "parameter"),
        ({"Ref": "Queue"}, "http://q/Queue"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:queue"),
        ({"Fn::GetAtt": "Queue.Arn"}, "arn:queue"),
        ({"Fn::Sub": "a ${Word} ${Queue.Arn} ${!Kept}"}, "a parameter arn:queue ${!Kept}"),
        ({"Fn::Sub": ["${Own}-${Word}", {"Own": {"Ref": "Queue"}}]}, "http://q/Queue-parameter"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Word"}]]}, "a-parameter"),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::If": ["Is", "yes", "no"]}, "yes"),
        ({"Fn::If": ["Not", "yes", "no"]}, "no"),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}),
        ("x {{resolve:secretsmanager:s:SecretString:k}}", "x <secretsmanager:s:SecretString:k>"),
    ],
)
def test_intrinsic_functions(value: Any, expected: Any) -> None:
    template = {
        "Parameters": {"Word": "parameter"},
        "Conditions": {
            "Is": {"Fn::Equals": [{"Ref": "Word"}, "parameter"]},
            "Not": {"Fn::Not": [{"Condition": "Is"}]},
        },
    }
    resolver = Resolver(
        template, {"Queue": "http://q/Queue"}, {("Queue", "Arn"): "arn:queue"}, lambda name: f"<{name}>"
    )
    assert resolver.resolve(value) == expected
