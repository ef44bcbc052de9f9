"""A message that failed comes back sooner than the queue's visibility timeout says, and later each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class RetryLater:
    """`wait` gives seconds for the number of attempts so far. At most 10 messages a call, as SQS allows."""

    def __init__(self, client: SQSClient, queue_url: str, wait: Callable[[int], int]) -> None:
        self._client = client
        self._queue_url = queue_url
        self._wait = wait

    def later(self, attempts: Mapping[str, int]) -> None:
        """Receipt handles with their attempts; one that SQS refuses keeps the queue's own timeout."""
        self._client.change_message_visibility_batch(
            QueueUrl=self._queue_url,
            Entries=[
                {"Id": str(n), "ReceiptHandle": handle, "VisibilityTimeout": self._wait(count)}
                for n, (handle, count) in enumerate(attempts.items())
            ],
        )
