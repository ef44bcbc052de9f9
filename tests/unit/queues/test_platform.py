"""The platform is told in a way that it can verify, and what it did not take is not lost."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest
from meetbridge.errors import Unavailable
from meetbridge.ports.platform import PlatformEvent
from meetbridge.queues.platform import Bus, Webhooks
from standardwebhooks import Webhook

SECRET = "whsec_" + base64.b64encode(b"s" * 24).decode()


class Wall:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Receiver(ThreadingHTTPServer):
    """Answers `status` and keeps what it was sent."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.received: list[tuple[dict[str, str], str]] = []
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = cast(Receiver, self.server)
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        server.received.append((dict(self.headers), body))
        self.send_response(server.status)
        if server.status == 302:
            self.send_header("location", server.address)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return


@pytest.fixture
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    server = Receiver(getattr(request, "param", 204))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def event(number: int = 1) -> PlatformEvent:
    return PlatformEvent(
        f"evt-{number}", "meeting.updated", "acme", "m1", "2026-11-02T09:00:00Z", {"id": "m1", "revision": number}
    )


def test_a_call_is_signed_so_that_the_platform_can_verify_it(receiver: Receiver) -> None:
    Webhooks(receiver.address, SECRET, Wall()).call(event())
    headers, body = receiver.received[0]
    assert Webhook(SECRET).verify(body, headers) == {
        "id": "evt-1",
        "type": "meeting.updated",
        "timestamp": "2026-11-02T09:00:00Z",
        "account_id": "acme",
        "data": {"id": "m1", "revision": 1},
    }


def test_the_id_is_the_same_on_every_delivery(receiver: Receiver) -> None:
    for _ in range(2):
        Webhooks(receiver.address, SECRET, Wall()).call(event())
    ids = [{k.lower(): v for k, v in headers.items()}["webhook-id"] for headers, _ in receiver.received]
    assert ids == ["evt-1", "evt-1"]


@pytest.mark.parametrize("receiver", [500, 404, 302], indirect=True)
def test_what_is_not_answered_2xx_was_not_delivered(receiver: Receiver) -> None:
    with pytest.raises(Unavailable):
        Webhooks(receiver.address, SECRET, Wall()).call(event())
    assert len(receiver.received) == 1


def test_a_platform_that_is_down_is_told_later(receiver: Receiver) -> None:
    unused = "http://127.0.0.1:1/hook"
    with pytest.raises(Unavailable):
        Webhooks(unused, SECRET, Wall()).call(event())


class FakeBus:
    """put_events as the service documents it: 10 entries at most, failures counted."""

    def __init__(self, failing: int = 0) -> None:
        self.entries: list[dict[str, Any]] = []
        self.calls = 0
        self.failing = failing

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert len(Entries) <= 10
        self.calls += 1
        self.entries += Entries
        return {"FailedEntryCount": self.failing, "Entries": []}


def test_the_bus_takes_ten_events_a_call() -> None:
    fake = FakeBus()
    Bus(cast(Any, fake), "bus").publish([event(n) for n in range(23)])
    assert fake.calls == 3
    assert [json.loads(e["Detail"])["data"]["revision"] for e in fake.entries] == list(range(23))
    assert {(e["Source"], e["DetailType"], e["EventBusName"]) for e in fake.entries} == {
        ("meetbridge", "meeting.updated", "bus")
    }


def test_an_event_that_the_bus_did_not_take_is_told() -> None:
    with pytest.raises(Unavailable):
        Bus(cast(Any, FakeBus(failing=1)), "bus").publish([event()])
