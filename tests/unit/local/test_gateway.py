"""What API Gateway refuses before a function hears of it, and what it makes of slow and failing ones."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from joserfc.jwk import KeySet
from werkzeug.test import Client

from local.gateway.authorizer import Verifier
from local.gateway.server import BODY_LIMIT, HEADER_LIMIT, Gateway
from local.plan import Authorizer, Route
from local.workers.pool import PAYLOAD_LIMIT, Outcome, Pool, TooLarge

ROUTES = [
    Route("POST", "/open", "open", None),
    Route("GET", "/closed", "closed", Authorizer("https://issuer.test", ("api",))),
]


class Functions:
    """Remembers what was invoked; a real pool's size check stands before it."""

    def __init__(self) -> None:
        self.invoked: list[tuple[str, Any]] = []

    def __call__(self, function: str, event: Any, size: int) -> Outcome:
        if size > PAYLOAD_LIMIT:
            raise TooLarge
        self.invoked.append((function, event))
        return Outcome('{"ok": true}')


@pytest.fixture
def functions() -> Functions:
    return Functions()


@pytest.fixture
def client(functions: Functions) -> Client:
    return Client(Gateway(ROUTES, Verifier(lambda _issuer: KeySet([])), functions))


def test_a_request_reaches_its_function(client: Client, functions: Functions) -> None:
    answer = client.post("/open?a=1&a=2", data="{}", content_type="application/json")
    assert (answer.status_code, answer.json) == (200, {"ok": True})
    function, event = functions.invoked[0]
    assert (function, event["rawQueryString"], event["body"]) == ("open", "a=1&a=2", "{}")


@pytest.mark.parametrize(
    ("method", "path", "data", "headers", "status", "message"),
    [
        ("GET", "/open", b"", {}, 404, "Not Found"),
        ("GET", "/nothing", b"", {}, 404, "Not Found"),
        ("GET", "/closed", b"", {}, 401, "Unauthorized"),
        ("GET", "/closed", b"", {"Authorization": "Bearer forged"}, 401, "Unauthorized"),
        ("POST", "/open", b"x" * (BODY_LIMIT + 1), {}, 413, "Request Entity Too Large"),
        ("POST", "/open", b"x" * PAYLOAD_LIMIT, {"Content-Type": "text/plain"}, 500, "Internal Server Error"),
        ("POST", "/open", b"", {"X-Long": "x" * HEADER_LIMIT}, 431, "Request Header Fields Too Large"),
    ],
    ids=["method", "path", "no token", "forged", "body", "payload", "headers"],
)
def test_refusals(
    client: Client, functions: Functions, method: str, path: str, data: bytes, headers: dict[str, str], status: int,
    message: str,
) -> None:  # fmt: skip
    answer = client.open(path, method=method, data=data, headers=headers)
    assert (answer.status_code, answer.json) == (status, {"message": message})
    assert functions.invoked == []


def test_a_slow_function_is_not_waited_for() -> None:
    ended = threading.Event()

    def slow(_function: str, _event: Any, _size: int) -> Outcome:
        ended.wait()
        return Outcome("{}")

    answer = Client(Gateway(ROUTES, Verifier(), slow, timeout=0.01)).post("/open")
    ended.set()
    assert (answer.status_code, answer.json) == (503, {"message": "Service Unavailable"})


def test_the_access_log_has_no_query(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "local.api"):
        client.post("/open?code=secret&state=secret")
    assert "/open" in caplog.text
    assert "secret" not in caplog.text


def test_the_pool_takes_no_more_than_lambda(small_pool: Pool) -> None:
    with pytest.raises(TooLarge):
        small_pool.invoke("EchoFunction", {}, PAYLOAD_LIMIT + 1)
