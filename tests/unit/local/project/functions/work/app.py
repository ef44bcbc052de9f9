"""Writes down what it was given; a body of `bad` always fails."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import boto3


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    if "Records" not in event:
        write("schedule", event["id"], event)
        return {}
    failures = []
    for record in event["Records"]:
        if record["eventSource"] == "aws:dynamodb":
            write("stream", record["dynamodb"]["SequenceNumber"].zfill(30), record)
        elif record["body"] == "bad":
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            write("seen", f"{time.time():.6f}", record)
    return {"batchItemFailures": failures}


def write(kind: str, name: str, what: dict[str, Any]) -> None:
    item = {"pk": {"S": kind}, "sk": {"S": name}, "what": {"S": json.dumps(what)}}
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE_NAME"], Item=item)
