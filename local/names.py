"""What the resources are called on one machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.template import ACCOUNT, REGION


def names(template: Mapping[str, Any], queue_root: str) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """What Ref and GetAtt yield; a resource's name is its logical id, so that a log line says what it means.

    A queue's name ends in .fifo where AWS asks for it; its ARN here holds the name.
    """
    refs: dict[str, str] = {}
    attributes: dict[tuple[str, str], str] = {}
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::SQS::Queue":
                queue = name + (".fifo" if properties.get("FifoQueue") else "")
                refs[name] = f"{queue_root}/{queue}"
                attributes[name, "Arn"] = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
                attributes[name, "QueueName"] = queue
            case "AWS::DynamoDB::Table":
                refs[name] = table_name(name)
                attributes[name, "Arn"] = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table_name(name)}"
                attributes[name, "StreamArn"] = f"{attributes[name, 'Arn']}/stream/local"
            case "AWS::Lambda::Function":
                attributes[name, "Arn"] = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
            case "AWS::Events::EventBus":
                attributes[name, "Arn"] = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}"
                attributes[name, "Name"] = name
            case "AWS::KMS::Key":
                attributes[name, "Arn"] = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}"
    return refs, attributes


def table_name(logical_id: str) -> str:
    """At least 11 characters, for the engine's shard ids take theirs from it and botocore wants 28."""
    return f"meetbridge-local-{logical_id}"
