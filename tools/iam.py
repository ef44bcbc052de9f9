"""What each function's role allows, read from template.yaml, to be held against the calls that it really makes.

Pure but for `load`: a template as samtranslator's yaml_parse (or SAM's translator) gives it, in; sets, out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Template = Mapping[str, Any]
Call = tuple[str, str]

# The API calls that IAM knows by another action's name. A transaction is checked as its parts.
ACTIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "dynamodb:TransactGetItems": "dynamodb:GetItem",
}
# What Lambda itself does in the function's name: its log, and polling what the function is fed from.
BY_LAMBDA = frozenset(
    {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
    }
)


def load(path: Path) -> Template:
    """The template with CloudFormation's short tags read (`!Ref` as `{"Ref": ...}`)."""
    from samtranslator.yaml_helper import yaml_parse  # slow, and the pure part does without

    template: Template = yaml_parse(path.read_text(encoding="utf-8"))
    return template


def functions(template: Template) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """By the name of its folder: logical id and properties."""
    found = {}
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            found[Path(properties["CodeUri"]).name] = (logical_id, properties)
    return found


def statements(template: Template, role: Any) -> Iterator[Mapping[str, Any]]:
    """The statements of the role that a function's `Role` points to."""
    properties = template["Resources"][_target(role)[0]]["Properties"]
    for policy in properties.get("Policies", ()):
        yield from policy["PolicyDocument"]["Statement"]


def allowed_calls(template: Template) -> dict[str, set[Call]]:
    """For each function's folder, the (action, resource kind) pairs that its role allows.

    The kind of a resource is its logical id; `Table/index/due` is an index, `Table.StreamArn` the stream.
    """
    return {
        name: {
            (action, kind(resource))
            for statement in statements(template, properties["Role"])
            for action in _listed(statement["Action"])
            for resource in _listed(statement["Resource"])
        }
        for name, (_, properties) in functions(template).items()
    }


def own_calls(template: Template) -> dict[str, set[Call]]:
    """What a function's code itself may call: `allowed_calls` without what Lambda does in its name."""
    failures = failure_calls(template)
    return {
        name: {call for call in calls if call[0] not in BY_LAMBDA and call not in failures[name]}
        for name, calls in allowed_calls(template).items()
    }


def failure_calls(template: Template) -> dict[str, set[Call]]:
    """What Lambda calls in a function's name to tell of records that the function could not handle."""
    return {
        name: {("sqs:SendMessage", kind(destination)) for destination in _failure_destinations(properties)}
        for name, (_, properties) in functions(template).items()
    }


def action(service: str, operation: str) -> str:
    """The IAM action of an API call: `("sqs", "SendMessageBatch")` is `sqs:SendMessage`.

    TransactWriteItems has none of its own: name its parts (PutItem, UpdateItem, DeleteItem, ConditionCheckItem).
    """
    name = f"{service}:{operation}"
    return ACTIONS.get(name, name)


def kind(resource: Any) -> str:
    """A policy's resource as the template's name for it."""
    logical_id, attribute = _target(resource)
    return logical_id if attribute == "Arn" else f"{logical_id}{attribute}"


def _target(value: Any) -> tuple[str, str]:
    """(logical id, attribute) of a Ref, GetAtt, or a Sub that begins with one."""
    if isinstance(value, str):
        return value, "Arn"
    (function, argument), *_ = value.items()
    if function == "Ref":
        return str(argument), "Arn"
    if function == "Fn::GetAtt":
        logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        return logical_id, attribute if attribute == "Arn" else f".{attribute}"
    found = re.fullmatch(r"\$\{(\w+)\.Arn\}(.*)", argument)
    if found is None:
        raise ValueError(f"a resource of a form that is not known: {value}")
    return found.group(1), found.group(2)


def _failure_destinations(properties: Mapping[str, Any]) -> Iterator[Any]:
    for event in properties.get("Events", {}).values():
        destination = event["Properties"].get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if destination:
            yield destination


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
