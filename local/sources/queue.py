"""The event source mapping of a queue: polls, hands batches to the function, deletes what went well.

What failed stays and comes back after the queue's visibility timeout, or goes to its dead-letter queue. Of a FIFO
queue, moto hands out no message of a group while another of it is under way, so groups keep their order and
several groups run side by side.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.engines.dynamodb import client
from local.plan import SourceMapping
from local.sources.patterns import passes
from local.sources.results import failed
from local.template import ACCOUNT, REGION
from local.workers import recorder
from local.workers.pool import Pool

logger = logging.getLogger("local.sources")

# moto's long polling spins while a group is under way; short polls, rarer when it is quiet, cost less.
_BUSY_SECONDS, _IDLE_SECONDS, _QUIET_POLLS = 0.1, 0.3, 30
_MAPPING_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def record(message: Mapping[str, Any], queue: str) -> dict[str, Any]:
    """A received message as Lambda shows it in `Records`.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    attributes = message.get("MessageAttributes", {})
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {name: _attribute(value) for name, value in attributes.items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
        "awsRegion": REGION,
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        shown["stringValue"] = value["StringValue"]
    return shown


class QueuePoller:
    """Runs in a thread of its own until `stop` is set."""

    def __init__(self, mapping: SourceMapping, pool: Pool, aws: str, queue_root: str, calls: Path) -> None:
        self._mapping = mapping
        self._pool = pool
        self._url = f"{queue_root}/{mapping.source}"
        self._sqs = client("sqs", aws)
        self._calls = calls
        most = min(mapping.concurrency or pool.concurrency(mapping.function), pool.concurrency(mapping.function))
        self._slots = threading.Semaphore(most)
        self._threads = ThreadPoolExecutor(most, thread_name_prefix=mapping.name)
        self._wake = threading.Event()

    def run(self, stop: threading.Event) -> None:
        recorder.write(
            self._calls, self._mapping.function, ((action, self._mapping.source) for action in _MAPPING_ACTIONS)
        )
        quiet = 0
        while not stop.is_set():
            self._slots.acquire()
            messages = self._receive()
            if messages:
                quiet = 0
                self._threads.submit(self._handle, messages)
                continue
            self._slots.release()
            quiet += 1
            self._wake.wait(_BUSY_SECONDS if quiet < _QUIET_POLLS else _IDLE_SECONDS)
            self._wake.clear()

    def _receive(self) -> list[dict[str, Any]]:
        try:
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(10, self._mapping.batch_size),
                WaitTimeSeconds=0,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        except (BotoCoreError, ClientError) as e:
            logger.warning("queue %s: %s", self._mapping.source, type(e).__name__)
            return []
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def _handle(self, messages: Sequence[dict[str, Any]]) -> None:
        try:
            records = {one["MessageId"]: record(one, self._mapping.source) for one in messages}
            wanted = {key: one for key, one in records.items() if passes(one, self._mapping.patterns)}
            bad: set[str] = set()
            if wanted:
                event = {"Records": list(wanted.values())}
                outcome = self._pool.invoke(self._mapping.function, event, len(json.dumps(event)))
                bad = failed(outcome, list(wanted), reports_failures=self._mapping.reports_failures)
            self._delete([one for one in messages if one["MessageId"] not in bad])
            if bad:
                logger.warning("%s: %d of %d messages failed", self._mapping.source, len(bad), len(messages))
        except Exception:  # the batch comes back after its visibility timeout
            logger.exception("%s: a batch could not be handled", self._mapping.source)
        finally:
            self._slots.release()
            self._wake.set()

    def _delete(self, messages: Sequence[dict[str, Any]]) -> None:
        if messages:
            entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(messages)]
            self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
