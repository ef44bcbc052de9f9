"""How much CPU a warm function takes for one run: what the cost model is fed with."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from meetbridge.model.ids import connection_key
from meetbridge.queues.signed import SignedSqs
from meetbridge.queues.sqs import SqsJobs
from meetbridge.services.notifications import Notifications
from meetbridge.services.system import SystemClock
from meetbridge.services.webhook_tokens import mint

from bench.cost import Seconds
from bench.rounds import cpu
from tests.budgets.test_read import ask, month
from tests.support.cold import WEBHOOK_KEYS, environment
from tests.support.measured import measured
from tests.support.sink import sink

COLD_SECONDS = 0.5
"""Of CPU, taken for all functions alike: the dearest import takes less here."""


def seconds() -> Seconds:
    """Publishing and delivering are taken to cost twice a webhook's CPU: a record read, and two calls."""
    webhook = _webhook()
    with TemporaryDirectory() as folder, measured(Path(folder), metered=False) as run:
        run.fill(month())
        run.connect()
        run.first_sync()
        return Seconds(webhook, cpu(lambda: run.run(0)), cpu(lambda: ask(run)), 2 * webhook, COLD_SECONDS)


def _webhook() -> float:
    headers = {
        "x-goog-channel-token": mint(WEBHOOK_KEYS, connection_key("acme", "anna"), 1, 0),
        "x-goog-resource-state": "exists",
    }
    with sink() as aws, patch.dict("os.environ", environment(aws.url)):
        queue = SqsJobs(SignedSqs("eu-central-1"), notify_url=f"{aws.url}/1/notify.fifo")
        notifications = Notifications(WEBHOOK_KEYS, queue, SystemClock())
        return cpu(lambda: notifications.google(headers))
