"""The DynamoDB engine of the local run, started for tests; skipped where its binary is not."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

ROOT = Path(__file__).parents[2]
TABLE: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "due_shard", "due_at")
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "due",
            "KeySchema": [
                {"AttributeName": "due_shard", "KeyType": "HASH"},
                {"AttributeName": "due_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["generation"]},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}


def binary() -> Path | None:
    """MEETBRIDGE_DYNOXIDE, or DYNOXIDE, or where `make` put it, or the path of commands."""
    given = (os.environ.get(name) for name in ("MEETBRIDGE_DYNOXIDE", "DYNOXIDE"))
    for place in (*given, ROOT / ".tools" / "dynoxide", shutil.which("dynoxide")):
        if place and os.access(place, os.X_OK):
            return Path(place)
    return None


@contextmanager
def engine() -> Iterator[str]:
    """The endpoint of an engine in memory, gone at the end."""
    program = binary()
    if program is None:
        pytest.skip("no dynoxide for this machine")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(  # noqa: S603 - our own program
        [str(program), "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _until_it_listens(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError("dynoxide ended at once")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError("dynoxide does not listen")


def client(service: str = "dynamodb", endpoint: str | None = None, config: Config | None = None) -> Any:
    session: Any = boto3.session.Session()
    return session.client(
        service,
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=config or Config(max_pool_connections=16, retries={"mode": "standard", "max_attempts": 3}),
    )


def make_table(table: Any, name: str) -> None:
    table.create_table(TableName=name, **TABLE)
