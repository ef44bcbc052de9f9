"""The event source mapping of the table's stream: in order, position kept, failed records tried again.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.engines.dynamodb import client
from local.plan import SourceMapping
from local.sources.patterns import passes
from local.sources.results import failed
from local.state import read_json, write_json
from local.template import ACCOUNT, REGION
from local.workers import recorder
from local.workers.pool import Pool

logger = logging.getLogger("local.sources")

_POLL_SECONDS, _BACK_OFF_SECONDS = 0.2, 1.0
_MAPPING_ACTIONS = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")


def record(given: Mapping[str, Any], arn: str) -> dict[str, Any]:
    """A stream's record as Lambda shows it in `Records`: bytes in base64, the time in seconds."""
    shown = {name: given[name] for name in ("eventID", "eventName", "eventVersion", "eventSource", "userIdentity")
             if name in given}  # fmt: skip
    return {**shown, "awsRegion": REGION, "dynamodb": _plain(given["dynamodb"]), "eventSourceARN": arn}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | set):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.timestamp() if isinstance(value, datetime) else value


class StreamPoller:
    """Runs in a thread of its own until `stop` is set; `position` is the file that keeps where it stands."""

    def __init__(
        self,
        mapping: SourceMapping,
        pool: Pool,
        *,
        dynamodb: str,
        aws: str,
        queue_root: str,
        position: Path,
        calls: Path,
    ) -> None:
        self._mapping = mapping
        self._pool = pool
        # dynoxide's ids are shorter than botocore expects.
        self._streams = client("dynamodbstreams", dynamodb, config=Config(parameter_validation=False))
        self._sqs = client("sqs", aws)
        self._queue_root = queue_root
        self._position = position
        self._calls = calls
        self._arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{mapping.source}/stream/local"

    def run(self, stop: threading.Event) -> None:
        written = ((action, f"{self._mapping.source}/stream") for action in _MAPPING_ACTIONS)
        recorder.write(self._calls, self._mapping.function, written)
        while not stop.is_set():
            try:
                busy = self._poll(stop)
            except (BotoCoreError, ClientError) as e:
                logger.warning("stream: %s", type(e).__name__)
                busy = False
            if not busy:
                stop.wait(_POLL_SECONDS)

    def _poll(self, stop: threading.Event) -> bool:
        """One batch of each shard; False where there was none."""
        busy = False
        for stream in self._streams.list_streams(TableName=self._mapping.source)["Streams"]:
            arn = stream["StreamArn"]
            for shard in self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
                records = self._records(arn, shard["ShardId"])
                if records:
                    busy = True
                    self._handle(arn, records, stop)
        return busy

    def _records(self, arn: str, shard: str) -> list[dict[str, Any]]:
        last = read_json(self._position).get(arn)
        where: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if last is not None:
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": last}
        iterator = self._streams.get_shard_iterator(StreamArn=arn, ShardId=shard, **where)["ShardIterator"]
        answer = self._streams.get_records(ShardIterator=iterator, Limit=self._mapping.batch_size)
        found: list[dict[str, Any]] = answer["Records"]
        return found

    def _handle(self, arn: str, records: Sequence[Mapping[str, Any]], stop: threading.Event) -> None:
        """Until all are done, or given up after the mapping's attempts; the position moves as they are.

        A batch that fails as a whole is cut in half where the mapping says so, down to the record at fault.
        """
        left, size, attempt = list(records), len(records), 0
        while left and not stop.is_set():
            done = self._run(left[:size])
            if not done and size > 1 and self._mapping.bisect:
                size //= 2
                continue
            if not done:
                attempt += 1
                if not 0 <= self._mapping.attempts < attempt:
                    stop.wait(_BACK_OFF_SECONDS)
                    continue
                self._give_up(left[0])
                done = 1
            write_json(self._position, {arn: left[done - 1]["dynamodb"]["SequenceNumber"]})
            left, attempt = left[done:], 0
            size = len(left)

    def _run(self, records: Sequence[Mapping[str, Any]]) -> int:
        """How many of the first records are done with."""
        shown = [record(one, self._arn) for one in records]
        wanted = [one for one in shown if passes(one, self._mapping.patterns)]
        if not wanted:
            return len(records)
        event = {"Records": wanted}
        outcome = self._pool.invoke(self._mapping.function, event, len(json.dumps(event)))
        ids = [one["dynamodb"]["SequenceNumber"] for one in wanted]
        bad = failed(outcome, ids, reports_failures=self._mapping.reports_failures)
        if bad:
            logger.warning("stream: %s failed for a record", self._mapping.function)
        order = [one["dynamodb"]["SequenceNumber"] for one in shown]
        return next((place for place, number in enumerate(order) if number in bad), len(order))

    def _give_up(self, record_: Mapping[str, Any]) -> None:
        """Tell the mapping's queue of failures which record it was, as Lambda does: not what stood in it."""
        logger.error("stream: gave up on record %s", record_["dynamodb"]["SequenceNumber"])
        if self._mapping.failures_to:
            number = record_["dynamodb"]["SequenceNumber"]
            body = {
                "requestContext": {"functionArn": self._mapping.function, "condition": "RetryAttemptsExhausted"},
                "DDBStreamBatchInfo": {
                    "startSequenceNumber": number,
                    "endSequenceNumber": number,
                    "batchSize": 1,
                    "streamArn": self._arn,
                },
            }
            url = f"{self._queue_root}/{self._mapping.failures_to}"
            self._sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))
