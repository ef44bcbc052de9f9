"""The sample platform: what it believes, and what it makes of what it hears."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from standardwebhooks import Webhook

from local.platform.server import create
from local.platform.service import Service
from local.platform.store import Kept, Store
from local.state import standard_webhooks_secret

SECRET = standard_webhooks_secret()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "platform.sqlite")
    yield store
    store.close()


@pytest.fixture
def client(store: Store) -> FlaskClient:
    service = Service(store, "http://127.0.0.1:1", "http://platform.test", lambda _account: "token")
    return create(service, SECRET).test_client()


def event(revision: int, topic: str, **more: Any) -> dict[str, Any]:
    data = {"user": "mia", "id": "m1", "revision": revision, "topic": topic, "calendar_state": "in_calendar"}
    name = f"e{revision}-{topic}"
    return {"id": name, "type": "meeting.updated", "timestamp": "t", "account_id": "acme", "data": data, **more}


def deliver(client: FlaskClient, what: dict[str, Any], secret: str = SECRET) -> int:
    body, now = json.dumps(what), datetime.now(UTC)
    headers = {
        "webhook-id": what["id"],
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(what["id"], now, body),
    }
    return client.post("/webhook", data=body, headers=headers).status_code


def test_a_signed_event_changes_the_meeting(client: FlaskClient, store: Store) -> None:
    assert deliver(client, event(1, "Weekly")) == 204
    assert store.meetings() == [Kept("acme", "mia", "m1", {"revision": 1, "topic": "Weekly"}, "in_calendar")]


def test_another_signature_changes_nothing(client: FlaskClient, store: Store) -> None:
    assert deliver(client, event(1, "Weekly"), standard_webhooks_secret()) == 401
    assert (store.meetings(), store.received()) == ([], [])


def test_what_is_older_is_dropped_and_what_came_twice_counts_once(client: FlaskClient, store: Store) -> None:
    for revision, topic in ((2, "new"), (1, "old"), (2, "new")):
        assert deliver(client, event(revision, topic)) == 204
    assert [one.body["topic"] for one in store.meetings()] == ["new"]
    assert [one["id"] for one in store.received()] == ["e2-new", "e1-old"]


def test_a_platform_that_is_down_takes_nothing(client: FlaskClient, store: Store) -> None:
    client.post("/down", data={"down": "yes"})
    assert deliver(client, event(1, "Weekly")) == 503
    client.post("/down", data={"down": "no"})
    assert deliver(client, event(1, "Weekly")) == 204
    assert len(store.received()) == 1


def test_its_pages_take_nothing_from_other_sites(client: FlaskClient, store: Store) -> None:
    answer = client.post("/down", data={"down": "yes"}, headers={"Origin": "http://evil.test"})
    assert (answer.status_code, store.down) == (403, False)


def test_a_hostile_topic_stays_text(client: FlaskClient) -> None:
    deliver(client, event(1, "<script>alert(1)</script>"))
    assert "<script>alert" not in client.get("/").get_data(as_text=True)
