"""Fires the template's schedules, the first time at once."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

from local.plan import Schedule
from local.template import ACCOUNT, REGION
from local.workers.pool import Pool

logger = logging.getLogger("local.sources")


def event(schedule: Schedule, at: datetime) -> dict[str, Any]:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html"""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{schedule.name}"],
        "detail": {},
    }


def run(schedule: Schedule, pool: Pool, tick: float | None, stop: threading.Event) -> None:
    """Until `stop` is set; `tick` (seconds) beats the template's rate."""
    while not stop.is_set():
        given = event(schedule, datetime.now(UTC))
        outcome = pool.invoke(schedule.function, given, len(json.dumps(given)))
        if outcome.error:
            logger.warning("schedule %s failed: %s", schedule.name, outcome.error.get("errorType"))
        stop.wait(tick or schedule.seconds)
