"""Jobs come in from the three queues: sync runs, the ends of connections, account-wide work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from meetbridge.bootstrap import app
from meetbridge.errors import traced
from meetbridge.ports.jobs import AccountJob, TeardownJob
from meetbridge.queues.messages import decode

logger = Logger(service="sync")


def run(body: str, time_left: Callable[[], float]) -> None:
    """One job; an error brings it again, behind it wait only the jobs of the same connection."""
    job = decode(body)
    if isinstance(job, AccountJob):
        app().account_work.run(job, time_left)
    elif isinstance(job, TeardownJob):
        app().teardowns.run(job, time_left)
    else:
        app().sync_runs.run(job, time_left)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """SQS FIFO batch, partial failures."""

    def one(record: SQSRecord) -> None:
        try:
            run(record.body, lambda: context.get_remaining_time_in_millis() / 1000)
        except Exception as e:
            logger.error("a job failed", extra={"message_id": record.message_id, "error": traced(e)})
            raise

    processor = SqsFifoPartialProcessor(skip_group_on_error=True)
    processor.raise_on_entire_batch_failure = False
    answer = process_partial_response(event, one, processor, context)
    failed = len(answer["batchItemFailures"])
    logger.info("ran", extra={"jobs": len(event["Records"]) - failed, "failed": failed})
    return answer
