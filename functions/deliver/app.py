"""Outgoing events go to the platform's webhook from here, in order for each meeting."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from meetbridge.bootstrap import app
from meetbridge.errors import traced

logger = Logger(service="deliver")
processor = SqsFifoPartialProcessor(skip_group_on_error=True)


def deliver(record: SQSRecord) -> None:
    try:
        app().webhooks.call(app().outgoing_event(record.body))
    except Exception as e:
        logger.warning("not delivered", extra={"message_id": record.message_id, "error": traced(e)})
        raise


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """SQS FIFO batch; what the platform did not take comes again after a growing wait."""
    processor.raise_on_entire_batch_failure = False
    answer = process_partial_response(event, deliver, processor, context)
    failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    waiting = [r for r in event["Records"] if r["messageId"] in failed]
    if waiting:
        app().delivery_retry.later(
            {r["receiptHandle"]: int(r["attributes"]["ApproximateReceiveCount"]) for r in waiting}
        )
    logger.info("delivered", extra={"events": len(event["Records"]) - len(waiting), "waiting": len(waiting)})
    return answer
