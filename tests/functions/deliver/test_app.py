"""Delivery keeps the order of each meeting, and tries again what the platform did not take."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from meetbridge.errors import Unavailable
from meetbridge.ports.platform import PlatformEvent
from meetbridge.queues.outbox import encode

from functions.deliver import app as function
from tests.support.events import aws_event, context
from tests.support.small_app import SmallApp


class Platform:
    """Takes all but what is about `bad`, and notes what waits."""

    def __init__(self, bad: str = "") -> None:
        self.bad = bad
        self.taken: list[str] = []
        self.waiting: dict[str, int] = {}

    def call(self, event: PlatformEvent) -> None:
        if event.group == self.bad:
            raise Unavailable("down")
        self.taken.append(event.id)

    def later(self, attempts: Mapping[str, int]) -> None:
        self.waiting.update(attempts)


def batch(*groups: str) -> dict[str, Any]:
    recorded = aws_event("sqs_fifo")["Records"][0]
    records = []
    for number, group in enumerate(groups):
        record = copy.deepcopy(recorded)
        event = PlatformEvent(f"e{number}", "meeting.updated", "acme", group, "2026-11-22T10:00:00Z", {"id": group})
        record.update(messageId=str(number), receiptHandle=f"handle-{number}", body=encode(event))
        record["attributes"].update(MessageGroupId=group, ApproximateReceiveCount=str(number + 1))
        records.append(record)
    return {"Records": records}


def deliver(monkeypatch: pytest.MonkeyPatch, platform: Platform, event: dict[str, Any]) -> list[str]:
    small = SmallApp()
    small.__dict__.update(webhooks=platform, delivery_retry=platform)
    monkeypatch.setattr(function, "app", lambda: small)
    answer = function.handler(event, context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_all_is_delivered_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform()
    assert deliver(monkeypatch, platform, batch("m1", "m2", "m1")) == []
    assert (platform.taken, platform.waiting) == (["e0", "e1", "e2"], {})


def test_a_meeting_that_is_not_taken_keeps_back_its_own_later_events_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform(bad="m1")
    assert deliver(monkeypatch, platform, batch("m1", "m2", "m1", "m3")) == ["0", "2"]
    assert platform.taken == ["e1", "e3"]
    assert platform.waiting == {"handle-0": 1, "handle-2": 3}


def test_a_platform_that_is_down_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert deliver(monkeypatch, Platform(bad="m1"), batch("m1", "m1")) == ["0", "1"]
