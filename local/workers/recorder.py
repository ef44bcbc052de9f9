"""Writes down each AWS call of a worker, so that a test can compare them with the function's role.

The runner hooks it into botocore's signing; the product knows nothing of it. A line is
`{"function", "action", "resource"}`: the IAM action, and the table (with `/index/NAME`), queue, bus or key.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest

_SERVICES = {"dynamodb": "dynamodb", "sqs": "sqs", "events": "events", "kms": "kms", "secretsmanager": "secretsmanager"}
_BATCHES = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}
_TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_RESOURCE_MEMBERS = ("TableName", "QueueUrl", "KeyId", "SecretId", "EventBusName")


def actions(service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(IAM action, resource) of one call; several for transactions and batches over tables."""
    prefix = _SERVICES.get(service, service)
    if "TransactItems" in parameters:
        for item in parameters["TransactItems"]:
            for kind, one in item.items():
                yield f"{prefix}:{_TRANSACTED[kind]}", one["TableName"]
    elif "RequestItems" in parameters:
        for table in parameters["RequestItems"]:
            yield f"{prefix}:{operation}", table
    elif operation == "PutEvents":
        for entry in parameters["Entries"]:
            yield f"{prefix}:{operation}", entry.get("EventBusName", "default").rsplit("/", 1)[-1]
    else:
        resource = next((str(parameters[name]) for name in _RESOURCE_MEMBERS if name in parameters), "")
        index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
        yield f"{prefix}:{_BATCHES.get(operation, operation)}", resource.rsplit("/", 1)[-1] + index


def write(path: Path, function: str, calls: Iterator[tuple[str, str]]) -> None:
    """One write, so that lines of several processes do not mix."""
    lines = [json.dumps({"function": function, "action": action, "resource": where}) for action, where in calls]
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, "".join(f"{line}\n" for line in lines).encode())
    finally:
        os.close(descriptor)


def install(path: Path, function: str) -> None:
    """Record every call that this process signs from now on, whoever makes it: a client of boto3 or ours."""
    from botocore.auth import SigV4Auth

    sign = SigV4Auth.add_auth

    def recorded(self: Any, request: AWSRequest) -> None:
        operation = str(request.headers.get("X-Amz-Target", "")).rpartition(".")[2]
        write(path, function, actions(self._service_name, operation, json.loads(request.data or b"{}")))
        sign(self, request)

    SigV4Auth.add_auth = recorded  # type: ignore[method-assign]
