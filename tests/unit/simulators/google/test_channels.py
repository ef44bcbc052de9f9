"""Notification channels against a real receiver, and the faults of calls and notifications."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

Fault = Callable[[requests.Response], tuple[int, str]]
WATCH = "calendars/primary/events/watch"
PATIENCE = 20


class Receiver:
    """Takes notifications; answers with the statuses that wait in `answers`, else with 200."""

    def __init__(self) -> None:
        self.got: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = outer.answers.pop(0) if outer.answers else 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                outer.got.put((dict(self.headers), body))

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def next(self) -> dict[str, str]:
        return self.got.get(timeout=PATIENCE)[0]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


def opened(person: Any, receiver: Receiver, name: str, **more: Any) -> dict[str, Any]:
    body = {"id": name, "type": "web_hook", "address": receiver.url, "token": "secret", **more}
    answer = person.call("POST", WATCH, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_channel_tells_of_its_opening_and_of_every_change(mia: Any, receiver: Receiver, timed: Any) -> None:
    channel = opened(mia, receiver, "one")
    first, body = receiver.got.get(timeout=PATIENCE)
    assert (first["X-Goog-Resource-State"], first["X-Goog-Message-Number"], body) == ("sync", "1", b"")
    assert first["X-Goog-Channel-ID"] == "one"
    assert first["X-Goog-Channel-Token"] == "secret"
    assert first["X-Goog-Resource-ID"] == channel["resourceId"]
    assert first["X-Goog-Channel-Expiration"].endswith("GMT")
    event = mia.insert(timed)
    second = receiver.next()
    assert (second["X-Goog-Resource-State"], second["X-Goog-Message-Number"]) == ("exists", "2")
    mia.call("DELETE", f"calendars/primary/events/{event['id']}")
    assert receiver.next()["X-Goog-Message-Number"] == "3"


def test_a_channel_lives_a_week_at_most(mia: Any, receiver: Receiver) -> None:
    now = time.time() * 1000
    week = 604_800_000
    assert int(opened(mia, receiver, "week")["expiration"]) == pytest.approx(now + week, abs=60_000)
    asked = opened(mia, receiver, "year", expiration=str(int(now) + 50 * week))
    assert int(asked["expiration"]) == pytest.approx(now + week, abs=60_000)
    hour = opened(mia, receiver, "hour", params={"ttl": "3600"})
    assert int(hour["expiration"]) == pytest.approx(now + 3_600_000, abs=60_000)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"id": ""}, (400, "required")),
        ({"id": "x" * 65}, (400, "invalid")),
        ({"id": "a b"}, (400, "invalid")),
        ({"type": "mail"}, (400, "invalid")),
        ({"address": "http://example.com/"}, (400, "push.webhookUrlNotHttps")),
        ({"token": "x" * 257}, (400, "invalid")),
        ({"expiration": "1"}, (400, "invalid")),
    ],
)
def test_a_wrong_channel_is_refused(mia: Any, fault: Fault, change: Any, expected: tuple[int, str]) -> None:
    body = {"id": "wrong", "type": "web_hook", "address": "https://example.com/", **change}
    assert fault(mia.call("POST", WATCH, json=body)) == expected


def test_a_channel_id_is_unique(mia: Any, receiver: Receiver, fault: Fault) -> None:
    opened(mia, receiver, "same")
    body = {"id": "same", "type": "web_hook", "address": receiver.url}
    assert fault(mia.call("POST", WATCH, json=body)) == (400, "channelIdNotUnique")


def test_a_stopped_channel_is_silent_and_unknown(mia: Any, receiver: Receiver, timed: Any, fault: Fault) -> None:
    stopped = opened(mia, receiver, "stopped")
    receiver.next()
    opened(mia, receiver, "other")
    receiver.next()
    body = {"id": "stopped", "resourceId": stopped["resourceId"]}
    assert mia.call("POST", "channels/stop", json=body).status_code == 204
    mia.insert(timed)
    assert receiver.next()["X-Goog-Channel-ID"] == "other"
    assert receiver.got.empty()
    assert fault(mia.call("POST", "channels/stop", json=body)) == (404, "notFound")


def test_a_receiver_that_fails_is_tried_again(mia: Any, receiver: Receiver) -> None:
    receiver.answers = [503]
    opened(mia, receiver, "again")
    assert receiver.next() == receiver.next()


def test_lost_and_doubled_notifications(google: Any, mia: Any, receiver: Receiver, timed: Any) -> None:
    opened(mia, receiver, "faulty")
    receiver.next()
    for kind in ("lose", "double"):
        requests.post(google.url + "/control/notifications", json={"kind": kind}, timeout=10)
    mia.insert(timed)
    mia.insert(timed)
    numbers = [receiver.next()["X-Goog-Message-Number"] for _ in range(2)]
    assert numbers == ["2", "2"]
    requests.delete(google.url + "/control/faults", timeout=10)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("429", (429, "rateLimitExceeded")), ("403", (403, "rateLimitExceeded")),
        ("500", (500, "backendError")), ("503", (503, "backendError")),
    ],
)  # fmt: skip
def test_the_next_calls_fail(google: Any, mia: Any, fault: Fault, kind: str, expected: tuple[int, str]) -> None:
    body = {"kind": kind, "count": 1, "method": "calendar.events.list", "seconds": 7}
    requests.post(google.url + "/control/faults", json=body, timeout=10)
    assert mia.call("GET", "calendars/primary").status_code == 200
    answer = mia.call("GET", "calendars/primary/events")
    assert fault(answer) == expected
    assert answer.headers.get("Retry-After") == ("7" if kind in ("429", "503") else None)
    assert mia.call("GET", "calendars/primary/events").status_code == 200


def test_an_answer_is_lost_after_the_work_was_done(google: Any, mia: Any, timed: Any) -> None:
    requests.post(google.url + "/control/faults", json={"kind": "lost_answer"}, timeout=10)
    body = {**timed, "id": "lostansver0"}
    assert mia.call("POST", "calendars/primary/events", json=body).status_code == 503
    assert mia.call("POST", "calendars/primary/events", json=body).status_code == 409


def test_a_fault_that_there_is_not_is_refused(google: Any, fault: Fault) -> None:
    answer = requests.post(google.url + "/control/faults", json={"kind": "flood"}, timeout=10)
    assert fault(answer) == (400, "invalid")


def test_calls_are_counted_by_method(google: Any, mia: Any) -> None:
    requests.delete(google.url + "/control/calls", timeout=10)
    mia.list()
    mia.list()
    mia.call("GET", "users/me/calendarList")
    counts = requests.get(google.url + "/control/calls", timeout=10).json()["counts"]
    assert counts == {"calendar.events.list": 2, "calendar.calendarList.list": 1}


def test_a_revoked_grant_ends_tokens_and_channels(google: Any, mia: Any, receiver: Receiver, fault: Fault) -> None:
    opened(mia, receiver, "revoked")
    requests.post(google.url + "/control/grants/revoke", json={"email": mia.email}, timeout=10)
    assert fault(mia.call("GET", "calendars/primary/events")) == (401, "authError")
    found = requests.get(google.url + "/control/channels", timeout=10).json()["channels"]
    assert "revoked" not in {channel["id"] for channel in found}


def test_access_tokens_that_were_made_to_expire_are_refused(google: Any, mia: Any, fault: Fault) -> None:
    expired = requests.post(google.url + "/control/tokens/expire", json={"email": mia.email}, timeout=10).json()
    assert expired["expired"] >= 1
    assert fault(mia.call("GET", "users/me/calendarList"))[0] == 401


def test_the_service_may_give_a_channel_less_than_was_asked(google: Any, mia: Any, receiver: Receiver) -> None:
    life = google.url + "/control/channels/life"
    requests.post(life, json={"seconds": 60}, timeout=10)
    short = opened(mia, receiver, "short")
    requests.post(life, json={}, timeout=10)
    whole = opened(mia, receiver, "whole")
    assert int(whole["expiration"]) - int(short["expiration"]) > 6 * 86_400_000
