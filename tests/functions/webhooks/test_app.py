"""The services' way in: 2xx and one message for what is genuine, a problem and nothing for what is not."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from meetbridge.errors import StorageError
from meetbridge.model.connection import ConnectionKey
from meetbridge.ports.jobs import SyncJob
from meetbridge.services.notifications import Notifications
from meetbridge.services.webhook_tokens import mint

from functions.webhooks import app as function
from tests.support.events import aws_event, context
from tests.support.small_app import SmallApp

KEYS = "k1:" + base64.b64encode(bytes(16)).decode()
KEY = ConnectionKey("t" * 16, "u" * 16)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> SmallApp:
    made = SmallApp()
    made.__dict__["notifications"] = Notifications(KEYS, made.queue, made.fake_clock)
    monkeypatch.setattr(function, "app", lambda: made)
    return made


def notification(token: str | None, state: str = "exists") -> dict[str, Any]:
    event = aws_event("http_api_open")
    event["headers"]["x-goog-resource-state"] = state
    if token is not None:
        event["headers"]["x-goog-channel-token"] = token
    return event


def test_a_genuine_notification_is_one_message_and_no_body(small: SmallApp) -> None:
    answer = function.handler(notification(mint(KEYS, KEY, 1, 2)), context())
    assert answer == {"statusCode": 204}
    assert list(small.queue.delayed) == [SyncJob(KEY, 1, (2,))]


def test_notifications_of_one_burst_are_one_message(small: SmallApp) -> None:
    for _ in range(100):
        function.handler(notification(mint(KEYS, KEY, 1, 2)), context())
    assert len(small.queue.delayed) == 1


@pytest.mark.parametrize(
    ("token", "state", "status"),
    [(None, "exists", 401), ("forged", "exists", 401), (mint(KEYS, KEY, 1, 2), "unheard-of", 400)],
)
def test_what_is_not_genuine_is_a_problem_and_enqueues_nothing(
    small: SmallApp, token: str | None, state: str, status: int
) -> None:
    answer = function.handler(notification(token, state), context())
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["status"]) == (status, status)
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert not small.queue.delayed


def test_a_queue_that_takes_nothing_is_a_problem_that_asks_to_come_again(
    small: SmallApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> None:
        raise StorageError("the queue answered 500")

    monkeypatch.setattr(small.queue, "notified", down)
    answer = function.handler(notification(mint(KEYS, KEY, 1, 2)), context())
    assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (503, 503)
    assert answer["headers"]["content-type"] == "application/problem+json"


def test_health_needs_nothing(small: SmallApp) -> None:
    event = {**aws_event("http_api_open"), "routeKey": "GET /health"}
    assert json.loads(function.handler(event, context())["body"]) == {"status": "ok"}
