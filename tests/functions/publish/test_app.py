"""The stream's handler hands on what concerns somebody, and lets an error bring the batch again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from meetbridge.errors import Unavailable
from meetbridge.ports.stream import StreamChange

from functions.publish import app as function
from tests.support.events import aws_event, context
from tests.support.small_app import SmallApp


class Recording:
    def __init__(self, error: Exception | None = None) -> None:
        self.batches: list[Sequence[StreamChange]] = []
        self.error = error

    def publish(self, changes: Sequence[StreamChange]) -> int:
        if self.error:
            raise self.error
        self.batches.append(changes)
        return len(changes)


def run(monkeypatch: pytest.MonkeyPatch, publisher: Recording) -> Any:
    small = SmallApp()
    small.__dict__["publisher"] = publisher
    monkeypatch.setattr(function, "app", lambda: small)
    return function.handler(aws_event("dynamodb_stream"), context())


def test_a_run_s_own_bookkeeping_is_nobodys_news(monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = Recording()
    assert run(monkeypatch, publisher) == {"batchItemFailures": []}
    assert publisher.batches == [[]]


def test_an_error_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable):
        run(monkeypatch, Recording(Unavailable("the bus is down")))
