"""One suite, three stores: memory, moto in process, and the engine of the local run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest
from meetbridge.storage.dynamodb import DynamoStore
from meetbridge.storage.memory import MemoryStore
from meetbridge.storage.vault import FileKeys, TableVault
from moto import mock_aws

from tests.support import dynoxide
from tests.support.clock import FakeClock

Store: TypeAlias = MemoryStore | DynamoStore
_names = (f"meetbridge-{n}" for n in itertools.count())


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def engine() -> Iterator[str]:
    with dynoxide.engine() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def engine_client(engine: str) -> Any:
    return dynoxide.client(endpoint=engine)


@pytest.fixture
def dynamo(engine_client: Any, clock: FakeClock, tmp_path: Any) -> DynamoStore:
    """On the engine, in a table of its own."""
    return new_store(engine_client, clock, tmp_path)


@pytest.fixture(params=["memory", "moto", "dynoxide"])
def store(request: pytest.FixtureRequest, clock: FakeClock, tmp_path: Any) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore(clock)
    elif request.param == "moto":
        with mock_aws():
            yield new_store(dynoxide.client(), clock, tmp_path)
    else:
        yield new_store(request.getfixturevalue("engine_client"), clock, tmp_path)


def new_store(client: Any, clock: FakeClock, folder: Any) -> DynamoStore:
    name = next(_names)
    dynoxide.make_table(client, name)
    return DynamoStore(client, name, TableVault(client, name, FileKeys(folder / "key"), clock), clock)
