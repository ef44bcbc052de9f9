"""What is mended of moto's queues."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.sqs.models import Queue, sqs_backends

from local.engines import moto_server


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A FIFO queue whose client and backend are given."""
    for name in ("add_message", "delete_message", "messages"):
        monkeypatch.setattr(Queue, name, getattr(Queue, name))
    moto_server.mend()
    with mock_aws():
        sqs = boto3.client("sqs", "eu-central-1")
        url = sqs.create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        for body in ("first", "second", "third"):
            sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=body)
        yield sqs, url, sqs_backends["123456789012"]["eu-central-1"].queues["q.fifo"]


def bodies(sqs: Any, url: str) -> list[str]:
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in found]


def test_messages_of_a_group_that_come_back_keep_their_order(group: Any) -> None:
    sqs, url, queue = group
    assert bodies(sqs, url) == ["first", "second", "third"]
    assert bodies(sqs, url) == []
    for message in queue._messages:
        message.visible_at = 0
    again = bodies(sqs, url) or bodies(sqs, url)
    assert again == ["first", "second", "third"]


def test_a_group_waits_while_one_of_its_messages_is_under_way(group: Any) -> None:
    sqs, url, queue = group
    bodies(sqs, url)
    queue._messages[1].visible_at = 0
    assert bodies(sqs, url) == []
    assert bodies(sqs, url) == []


def test_a_deduplication_id_is_remembered_after_its_message_is_deleted(group: Any) -> None:
    sqs, url, _ = group
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    sqs.send_message(QueueUrl=url, MessageBody="again", MessageGroupId="g", MessageDeduplicationId="first")
    assert bodies(sqs, url) == []
