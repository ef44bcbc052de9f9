"""A burst of notifications becomes a few syncs, and the last change is in one of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from meetbridge.model.ids import connection_key
from meetbridge.queues.messages import decode
from meetbridge.queues.signed import SignedSqs
from meetbridge.queues.sqs import SqsJobs
from meetbridge.services.notifications import BUCKET_SECONDS, Notifications
from meetbridge.services.webhook_tokens import mint
from moto.server import ThreadedMotoServer

from tests.support import dynoxide
from tests.support.clock import START, FakeClock
from tests.support.cold import WEBHOOK_KEYS
from tools import iam

KEY = connection_key("acme", "anna")
TEMPLATE = Path(__file__).parents[2] / "template.yaml"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.mark.parametrize("offset", [0, 2.5, 4.9])
def test_100_notifications_of_one_calendar_in_10_seconds_are_at_most_3_syncs(
    server: str, offset: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    sqs = dynoxide.client("sqs", server)
    url = sqs.create_queue(QueueName=f"burst-{offset * 10:.0f}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    clock = FakeClock(START + timedelta(seconds=offset))
    notifications = Notifications(WEBHOOK_KEYS, SqsJobs(SignedSqs("eu-central-1"), notify_url=url), clock)
    token = mint(WEBHOOK_KEYS, KEY, 1, 0)
    for _ in range(100):
        notifications.google({"x-goog-channel-token": token, "x-goog-resource-state": "exists"})
        clock.advance(0.1)
    jobs = list(received(sqs, url))
    assert 1 <= len(jobs) <= 3
    assert len(set(jobs)) == 1


def received(sqs: Any, url: str) -> Iterator[Any]:
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            yield decode(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_the_queues_delay_is_longer_than_a_bucket_so_that_a_sync_starts_after_the_last_of_its_notifications() -> None:
    delay = iam.load(TEMPLATE)["Resources"]["NotifyQueue"]["Properties"]["DelaySeconds"]
    assert BUCKET_SECONDS < delay <= 2 * BUCKET_SECONDS
