"""Each minute: what is due goes on the queues."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from meetbridge.bootstrap import app

logger = Logger(service="schedule")


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    enqueued = app().sweep.run(lambda: context.get_remaining_time_in_millis() / 1000)
    logger.info("swept", extra={"enqueued": enqueued})
    return {"enqueued": enqueued}
