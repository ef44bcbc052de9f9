"""The rules that every resource of template.yaml keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from meetbridge.config import Config

from tools import iam

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = iam.load(ROOT / "template.yaml")
RESOURCES: Mapping[str, Any] = TEMPLATE["Resources"]
FUNCTIONS = iam.functions(TEMPLATE)
NAMES = sorted(FUNCTIONS)
OPEN_ROUTES = {
    "POST /webhooks/google",
    "GET /health",
    "GET /oauth/callback/{service}",
    "GET /",
    "GET /console/{file}",
    "GET /console/config.json",
}
SECRETS = {
    "GOOGLE_CLIENT_SECRET": {"oauth", "calendar", "sync"},
    "WEBHOOK_KEYS": {"webhooks", "sync"},
    "CURSOR_KEYS": {"settings", "calendar"},
    "PLATFORM_WEBHOOK_SECRET": {"deliver"},
}


def of_type(kind: str) -> dict[str, Mapping[str, Any]]:
    return {name: found["Properties"] for name, found in RESOURCES.items() if found["Type"] == kind}


def events(kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name in NAMES:
        for event in FUNCTIONS[name][1].get("Events", {}).values():
            if event["Type"] == kind:
                yield name, event["Properties"]


def environment(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = FUNCTIONS[name][1].get("Environment", {}).get("Variables", {})
    return found


def test_every_folder_of_functions_is_deployed() -> None:
    assert {path.parent.name for path in ROOT.glob("functions/*/app.py")} <= set(NAMES)


def test_each_function_has_a_role_of_its_own() -> None:
    roles = [FUNCTIONS[name][1]["Role"]["Fn::GetAtt"][0] for name in NAMES]
    assert len(set(roles)) == len(NAMES)
    assert set(roles) == set(of_type("AWS::IAM::Role"))


@pytest.mark.parametrize("name", NAMES)
def test_a_role_names_each_action_and_each_resource(name: str) -> None:
    role = FUNCTIONS[name][1]["Role"]
    assert "ManagedPolicyArns" not in RESOURCES[role["Fn::GetAtt"][0]]["Properties"]
    for statement in iam.statements(TEMPLATE, role):
        assert statement["Effect"] == "Allow"
        assert not [action for action in statement["Action"] if "*" in action]
    for _, resource in iam.allowed_calls(TEMPLATE)[name]:
        assert resource.split("/")[0].split(".")[0] in RESOURCES


def test_who_may_do_what_beyond_reading_and_writing_the_table() -> None:
    calls = iam.own_calls(TEMPLATE)
    assert calls["webhooks"] == {("sqs:SendMessage", "NotifyQueue")}
    assert calls["deliver"] == {("sqs:ChangeMessageVisibility", "DeliveryQueue")}
    assert calls["console"] == set()
    holders = {name for name in NAMES if any(resource == "Table/index/due" for _, resource in calls[name])}
    assert holders == {"schedule"}
    makers = {name for name in NAMES if ("kms:GenerateDataKey", "VaultKey") in calls[name]}
    assert makers == {"oauth"}
    openers = {name for name in NAMES if ("kms:Decrypt", "VaultKey") in calls[name]}
    assert openers == {"oauth", "calendar", "sync"}


@pytest.mark.parametrize("name", NAMES)
def test_keys_are_opened_only_for_a_named_tenant(name: str) -> None:
    for statement in iam.statements(TEMPLATE, FUNCTIONS[name][1]["Role"]):
        if any(action.startswith("kms:") for action in statement["Action"]):
            assert statement["Condition"] == {"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": ["tenant"]}}
            assert "VAULT_KEY_ID" in environment(name)


@pytest.mark.parametrize("name", NAMES)
def test_environment_names_are_fields_of_the_configuration(name: str) -> None:
    fields = {field.upper() for field in Config.__annotations__}
    assert set(environment(name)) <= fields


@pytest.mark.parametrize(("secret", "holders"), SECRETS.items())
def test_a_secret_is_given_to_those_that_use_it(secret: str, holders: set[str]) -> None:
    given = {name for name in NAMES if secret in environment(name)}
    assert given == holders
    for name in given:
        assert environment(name)[secret]["Fn::Sub"].startswith("{{resolve:secretsmanager:")


@pytest.mark.parametrize("name", NAMES)
def test_a_function_knows_the_queue_that_it_may_send_to(name: str) -> None:
    named = {value["Ref"] for value in environment(name).values() if isinstance(value, dict) and "Ref" in value}
    sends = {resource for action, resource in iam.own_calls(TEMPLATE)[name] if action == "sqs:SendMessage"}
    assert sends <= named


def test_only_these_routes_are_open_and_each_is_throttled() -> None:
    found = {
        f"{p['Method']} {p['Path']}" for _, p in events("HttpApi") if p.get("Auth", {}).get("Authorizer") == "NONE"
    }
    assert found == OPEN_ROUTES
    api = RESOURCES["Api"]["Properties"]
    assert set(api["RouteSettings"]) == OPEN_ROUTES
    assert api["Auth"]["DefaultAuthorizer"] in api["Auth"]["Authorizers"]


def test_access_logs_hold_no_path_no_query_and_no_person() -> None:
    log = RESOURCES["Api"]["Properties"]["AccessLogSettings"]["Format"]
    assert not [word for word in ("$context.path", "$context.authorizer", "querystring", "sourceIp") if word in log]


def test_api_functions_end_before_the_api_gives_up() -> None:
    default = TEMPLATE["Globals"]["Function"]["Timeout"]
    assert all(FUNCTIONS[name][1].get("Timeout", default) < 30 for name, _ in events("HttpApi"))


def test_the_table_keeps_expires_streams_and_encrypts() -> None:
    table = RESOURCES["Table"]["Properties"]
    assert RESOURCES["Table"]["DeletionPolicy"] == RESOURCES["Table"]["UpdateReplacePolicy"] == "Retain"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert table["SSESpecification"]["SSEType"] == "KMS"
    (index,) = table["GlobalSecondaryIndexes"]
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["due_shard", "due_at"]


def test_every_source_queue_is_first_in_first_out_with_a_dead_letter_queue_of_its_own() -> None:
    queues = of_type("AWS::SQS::Queue")
    sources = {p["Queue"]["Fn::GetAtt"][0] for _, p in events("SQS")}
    dead = [queues[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for name in sources]
    assert len(set(dead)) == len(sources)
    for name in [*sources, *dead]:
        assert queues[name]["FifoQueue"] is True
        assert queues[name]["SqsManagedSseEnabled"] is True
    for name in sources:
        assert queues[name]["DeduplicationScope"] == "messageGroup"
        assert queues[name]["FifoThroughputLimit"] == "perMessageGroupId"


def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_run() -> None:
    queues = of_type("AWS::SQS::Queue")
    for name, properties in events("SQS"):
        queue = queues[properties["Queue"]["Fn::GetAtt"][0]]
        assert queue["VisibilityTimeout"] == 6 * FUNCTIONS[name][1]["Timeout"]


def test_notifications_wait_until_their_bucket_is_closed() -> None:
    assert {name: q["DelaySeconds"] for name, q in of_type("AWS::SQS::Queue").items() if "DelaySeconds" in q} == {
        "NotifyQueue": 6
    }


@pytest.mark.parametrize("kind", ["SQS", "DynamoDB"])
def test_a_batch_can_fail_in_part(kind: str) -> None:
    for _, properties in events(kind):
        assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_bad_record_of_the_stream_stops_nothing() -> None:
    ((name, stream),) = events("DynamoDB")
    assert name == "publish"
    assert stream["BisectBatchOnFunctionError"] is True
    assert stream["MaximumRetryAttempts"] > 0
    assert stream["DestinationConfig"]["OnFailure"]["Type"] == "SQS"


def test_an_alarm_watches_each_dead_letter_queue_each_function_and_the_stream() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm").values()
    watched = {
        (alarm["MetricName"], (dimension["Value"].get("Ref") or dimension["Value"]["Fn::GetAtt"][0]))
        for alarm in alarms
        for dimension in alarm["Dimensions"]
    }
    last_resorts = set(of_type("AWS::SQS::Queue")) - {p["Queue"]["Fn::GetAtt"][0] for _, p in events("SQS")}
    assert watched == {
        *(("ApproximateNumberOfMessagesVisible", name) for name in last_resorts),
        *(("Errors", FUNCTIONS[name][0]) for name in NAMES),
        ("IteratorAge", "PublishFunction"),
    }
    assert all(alarm["AlarmActions"] for alarm in alarms)
