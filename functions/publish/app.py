"""The table's stream comes in here; ledger entries and messages for the platform come out."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from meetbridge.bootstrap import app

logger = Logger(service="publish")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, list[Any]]:
    """A batch of DynamoDB stream records; an error brings the whole batch again, and ids make that harmless."""
    published = app().publisher.publish(app().stream_changes(event["Records"]))
    logger.info("published", extra={"records": len(event["Records"]), "events": published})
    return {"batchItemFailures": []}
