"""Messages into a FIFO queue, ten a call; a message that SQS refuses is tried once more, then it is an error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from meetbridge.errors import InvalidInput, StorageError

MOST_MESSAGES = 10
MOST_BYTES = 262_144
"""256 KB, for one message and for all of one call."""


class Sqs(Protocol):
    """What is needed of a client: boto3's, or `signed.SignedSqs`."""

    def send_message_batch(self, *, QueueUrl: str, Entries: Any) -> Any: ...  # noqa: N803


@dataclass(frozen=True, slots=True)
class Message:
    body: str
    group: str
    deduplication_id: str


def send(client: Sqs, queue_url: str, messages: Sequence[Message]) -> None:
    """All of them; raises InvalidInput before the first call where one is too large, StorageError where the queue
    does not take one."""
    if any(len(message.body.encode()) > MOST_BYTES for message in messages):
        raise InvalidInput("a message is larger than a queue takes (256 KB)")
    for batch in _batches(messages):
        left = _refused(client, queue_url, batch)
        if left and _refused(client, queue_url, left):
            raise StorageError("the queue did not take every message")


def _refused(client: Sqs, queue_url: str, batch: Sequence[Message]) -> list[Message]:
    answer = client.send_message_batch(
        QueueUrl=queue_url,
        Entries=[
            {
                "Id": str(n),
                "MessageBody": message.body,
                "MessageGroupId": message.group,
                "MessageDeduplicationId": message.deduplication_id,
            }
            for n, message in enumerate(batch)
        ],
    )
    failed = sorted(int(failure["Id"]) for failure in answer.get("Failed", ()))
    # What follows a refused message of its group was taken before it; jobs don't mind, and outgoing events carry a
    # revision.
    return [batch[n] for n in failed]


def _batches(messages: Sequence[Message]) -> Iterator[list[Message]]:
    batch: list[Message] = []
    size = 0
    for message in messages:
        length = len(message.body.encode())
        if batch and (len(batch) == MOST_MESSAGES or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += length
    if batch:
        yield batch
