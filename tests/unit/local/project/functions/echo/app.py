"""Answers with what it was asked, or does what its path says."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from carried import WORD  # type: ignore[import-not-found]

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    what = event.get("pathParameters", {}).get("what", "")
    logger.info("asked")
    match what:
        case "sleep":
            time.sleep(30)
        case "raise":
            raise RuntimeError("on purpose")
        case "exit":
            os._exit(3)
        case "large":
            return {"statusCode": 200, "body": "x" * (6 * 1024 * 1024)}
        case "environment":
            return {"variables": dict(os.environ), "word": WORD, "left": context.get_remaining_time_in_millis()}
        case "send":
            return send(json.loads(event["body"]))
    return {"event": event}


def send(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Each to the queue; the codes of what the queue refused."""
    queue, refused = boto3.client("sqs"), []
    for entry in entries:
        try:
            queue.send_message(QueueUrl=os.environ["QUEUE_URL"], **entry)
        except queue.exceptions.ClientError as e:
            refused.append(e.response["Error"]["Code"])
    return {"refused": refused}
