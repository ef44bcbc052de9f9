"""The shapes of events from queue, stream and schedule, and what an answer to a batch means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from local.plan import Schedule
from local.sources import queue, schedule, stream
from local.sources.patterns import passes
from local.sources.results import failed
from local.workers.pool import Outcome


def test_a_fifo_message_as_documented() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    attributes = {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1573251510774",
        "SequenceNumber": "18849496460467696128",
        "MessageGroupId": "1",
        "SenderId": "AIDAIO23YVJENQZJOL4VO",
        "MessageDeduplicationId": "1",
        "ApproximateFirstReceiveTimestamp": "1573251510774",
    }
    received = {
        "MessageId": "11d6ee51-4cc7-4302-9e22-7cd8afdaadf5",
        "ReceiptHandle": "AQEBBX8nesZEXmkhsmZeyIE8iQAMig7qw...",
        "Body": "Test message.",
        "Attributes": attributes,
        "MessageAttributes": {"myAttribute": {"StringValue": "myValue", "DataType": "String"}},
        "MD5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
    }
    assert queue.record(received, "fifo.fifo") == {
        "messageId": "11d6ee51-4cc7-4302-9e22-7cd8afdaadf5",
        "receiptHandle": "AQEBBX8nesZEXmkhsmZeyIE8iQAMig7qw...",
        "body": "Test message.",
        "attributes": attributes,
        "messageAttributes": {
            "myAttribute": {
                "stringValue": "myValue",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            }
        },
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:fifo.fifo",
        "awsRegion": "eu-central-1",
    }


def test_a_stream_record_as_documented() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html"""
    given = {
        "eventID": "1",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "elsewhere",
        "dynamodb": {
            "ApproximateCreationDateTime": datetime.fromtimestamp(1428537600, UTC),
            "Keys": {"Id": {"N": "101"}},
            "NewImage": {"Id": {"N": "101"}, "Blob": {"B": b"\x01\xff"}, "Set": {"BS": [b"a"]}, "Map": {"M": {}}},
            "SequenceNumber": "111",
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }
    assert stream.record(given, "arn:stream") == {
        "eventID": "1",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1428537600,
            "Keys": {"Id": {"N": "101"}},
            "NewImage": {"Id": {"N": "101"}, "Blob": {"B": "Af8="}, "Set": {"BS": ["YQ=="]}, "Map": {"M": {}}},
            "SequenceNumber": "111",
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:stream",
    }


def test_a_scheduled_event_as_documented() -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html"""
    given = schedule.event(Schedule("Each", "f", 60), datetime(2019, 10, 8, 16, 53, 6, tzinfo=UTC))
    assert len(given.pop("id")) == 36
    assert given == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2019-10-08T16:53:06Z",
        "region": "eu-central-1",
        "resources": ["arn:aws:events:eu-central-1:123456789012:rule/Each"],
        "detail": {},
    }


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome("null"), set()),
        (Outcome("{}"), set()),
        (Outcome('{"batchItemFailures": []}'), set()),
        (Outcome('{"batchItemFailures": null}'), set()),
        (Outcome('{"batchItemFailures": [{"itemIdentifier": "b"}]}'), {"b"}),
        (Outcome('{"batchItemFailures": [{"itemIdentifier": "x"}]}'), {"a", "b"}),
        (Outcome('{"batchItemFailures": [{"itemIdentifier": ""}]}'), {"a", "b"}),
        (Outcome('{"batchItemFailures": [{"other": "b"}]}'), {"a", "b"}),
        (Outcome('"text"'), {"a", "b"}),
        (Outcome(error={"errorType": "KeyError"}), {"a", "b"}),
    ],
)
def test_what_an_answer_says_of_the_batch(outcome: Outcome, expected: set[str]) -> None:
    assert failed(outcome, ["a", "b"], reports_failures=True) == expected


def test_without_the_report_only_an_error_fails_the_batch() -> None:
    named = Outcome('{"batchItemFailures": [{"itemIdentifier": "a"}]}')
    assert failed(named, ["a"], reports_failures=False) == set()
    assert failed(Outcome(error={}), ["a"], reports_failures=False) == {"a"}


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], True),
        ([{"eventName": ["INSERT"]}], True),
        ([{"eventName": ["REMOVE"]}], False),
        ([{"eventName": ["REMOVE"]}, {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "a#"}]}}}}], True),
        ([{"dynamodb": {"Keys": {"pk": {"S": [{"anything-but": {"prefix": "a#"}}]}}}}], False),
        ([{"userIdentity": {"type": [{"exists": False}]}}], True),
    ],
)
def test_filters(patterns: list[dict[str, Any]], expected: bool) -> None:
    assert passes({"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"S": "a#1"}}}}, patterns) is expected
