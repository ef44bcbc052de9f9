"""SQS without boto3, against moto's server: it speaks the same protocol and tells what it does not understand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from meetbridge.errors import StorageError
from meetbridge.model.connection import ConnectionKey
from meetbridge.ports.jobs import SyncJob
from meetbridge.queues import signed
from meetbridge.queues.messages import decode
from meetbridge.queues.signed import SignedSqs
from meetbridge.queues.sqs import SqsJobs
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"
JOBS = [SyncJob(ConnectionKey("t" * 16, f"{n:0>16}"), 1, (0,)) for n in range(12)]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "local")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def queue(server: str, request: pytest.FixtureRequest) -> tuple[Any, str]:
    """boto3's client and the queue's URL."""
    session: Any = boto3.session.Session(aws_access_key_id="local", aws_secret_access_key="local")
    client = session.client("sqs", endpoint_url=server, region_name=REGION)
    name = f"{abs(hash(request.node.name))}.fifo"
    return client, client.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})["QueueUrl"]


def received(client: Any, url: str) -> list[str]:
    answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", ())]


@pytest.mark.parametrize("endpoint", ["", "the server"])
def test_a_job_arrives_once_a_bucket(queue: tuple[Any, str], server: str, endpoint: str) -> None:
    client, url = queue
    jobs = SqsJobs(SignedSqs(REGION, server if endpoint else ""), notify_url=url)
    for _ in range(2):
        jobs.notified(JOBS[:1], bucket=7)
    assert [decode(body) for body in received(client, url)] == JOBS[:1]


def test_it_signs_for_its_service_and_region_with_the_session_token() -> None:
    request = SignedSqs(REGION)._signed("https://sqs.example.com/1/q.fifo", "{}")
    assert request.url == "https://sqs.example.com/"
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert f"/{REGION}/sqs/aws4_request" in str(headers["authorization"])
    assert "x-amz-security-token" in str(headers["authorization"])


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/1/q.fifo", "missing"])
def test_a_queue_that_is_away_is_an_error(server: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed, "_RETRY", signed._RETRY.new(backoff_factor=0, backoff_jitter=0))
    address = f"{server}/123456789012/missing.fifo" if url == "missing" else url
    with pytest.raises(StorageError, match="the queue"):
        SqsJobs(SignedSqs(REGION), notify_url=address).notified(JOBS[:1], bucket=1)
