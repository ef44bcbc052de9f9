"""The HTTP API: routes requests to functions and refuses what API Gateway refuses.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
"""

from __future__ import annotations

import concurrent.futures
import json
import logging
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request as WsgiRequest
from werkzeug.wrappers import Response

from local.gateway import routes
from local.gateway.answers import Answer, answer, message
from local.gateway.authorizer import Refused, Verifier
from local.gateway.events import Request, build
from local.plan import Route
from local.workers.pool import Outcome, TooLarge

BODY_LIMIT = 10 * 1024 * 1024
HEADER_LIMIT = 10240
TIMEOUT_SECONDS = 30.0

logger = logging.getLogger("local.api")

Invoke = Callable[[str, Any, int], Outcome]


class Gateway:
    """A WSGI application. `invoke` runs a function by its name with an event of so many bytes."""

    def __init__(
        self, table: Iterable[Route], verifier: Verifier, invoke: Invoke, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._routes = tuple(table)
        self._verifier = verifier
        self._invoke = invoke
        self._timeout = timeout
        self._threads = concurrent.futures.ThreadPoolExecutor(64, thread_name_prefix="api")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asked, started = WsgiRequest(environ), time.monotonic()
        given = self._refusal(asked) or self._answer(_request(asked, environ))
        took = (time.monotonic() - started) * 1000
        # Never the query: it holds codes and states.
        logger.info("%s %s %s %.0f ms", asked.method, asked.path, given.status, took)
        response = Response(given.body, given.status, list(given.headers))
        response.headers["apigw-requestid"] = uuid.uuid4().hex[:15]
        return response(environ, start_response)

    def _refusal(self, asked: WsgiRequest) -> Answer | None:
        line = len(f"{asked.method} {asked.full_path} HTTP/1.1")
        if line + sum(len(value.encode()) for value in asked.headers.values()) > HEADER_LIMIT:
            return message(431, "Request Header Fields Too Large")
        if (asked.content_length or 0) > BODY_LIMIT or len(asked.get_data()) > BODY_LIMIT:
            return message(413, "Request Entity Too Large")
        return None

    def _answer(self, request: Request) -> Answer:
        matched = routes.match(self._routes, request.method, request.path)
        if matched is None:
            return message(404, "Not Found")
        claims = None
        if matched.route.authorizer is not None:
            header = next((value for name, value in request.headers if name.lower() == "authorization"), None)
            try:
                claims = self._verifier.claims(matched.route.authorizer, header)
            except Refused:
                return message(401, "Unauthorized")
        event = build(
            request,
            route_key=matched.route.key,
            parameters=matched.parameters,
            claims=claims,
            request_id=uuid.uuid4().hex[:15],
            at=datetime.now(UTC),
        )
        return self._call(matched.route.function, event)

    def _call(self, function: str, event: dict[str, Any]) -> Answer:
        call = self._threads.submit(self._invoke, function, event, len(json.dumps(event).encode()))
        try:
            return answer(call.result(timeout=self._timeout))
        except concurrent.futures.TimeoutError:
            return message(503, "Service Unavailable")
        except TooLarge:
            return message(500, "Internal Server Error")


def _request(asked: WsgiRequest, environ: dict[str, Any]) -> Request:
    return Request(
        method=asked.method,
        path=unquote(str(environ.get("REQUEST_URI", asked.path)).partition("?")[0]) or "/",
        query=str(environ.get("QUERY_STRING", "")),
        headers=tuple(asked.headers.items()),
        body=asked.get_data(),
        source_ip=asked.remote_addr or "127.0.0.1",
        protocol=str(environ.get("SERVER_PROTOCOL", "HTTP/1.1")),
    )
