"""What CloudFormation would create in SQS, EventBridge and KMS, created in moto."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local.engines.dynamodb import client, create_table
from local.intrinsics import Resolver
from local.names import table_name
from local.plan import resources

_QUEUE = (
    "FifoQueue",
    "DelaySeconds",
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoThroughputLimit",
    "ReceiveMessageWaitTimeSeconds",
    "MaximumMessageSize",
    "RedrivePolicy",
)


def create(template: Mapping[str, Any], resolver: Resolver, *, aws: str, dynamodb: str, visibility: int | None) -> None:
    """All tables, queues and buses; `visibility` caps the queues' visibility timeout."""
    for table in resources(template, "AWS::DynamoDB::Table", resolver):
        create_table(dynamodb, table_name(table.id), table.properties)
    _queues(template, resolver, aws, visibility)
    bus = client("events", aws)
    for one in resources(template, "AWS::Events::EventBus", resolver):
        bus.create_event_bus(Name=one.id)


def _queues(template: Mapping[str, Any], resolver: Resolver, aws: str, visibility: int | None) -> None:
    sqs = client("sqs", aws)
    # A dead-letter queue must be there before the queue that names it.
    found = resources(template, "AWS::SQS::Queue", resolver)
    for one in sorted(found, key=lambda queue: "RedrivePolicy" in queue.properties):
        attributes = {name: _text(one.properties[name]) for name in _QUEUE if name in one.properties}
        if visibility is not None and "VisibilityTimeout" in attributes:
            attributes["VisibilityTimeout"] = str(min(visibility, int(attributes["VisibilityTimeout"])))
        name = one.id + (".fifo" if one.properties.get("FifoQueue") else "")
        sqs.create_queue(QueueName=name, Attributes=attributes)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict) else str(value)
