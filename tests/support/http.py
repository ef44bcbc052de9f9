"""Requests as API Gateway hands them over (HTTP API, payload 2.0), and answers as callers read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

JWT = Path(__file__).parents[1] / "events" / "http_api_jwt.json"
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def pointers(self) -> set[str]:
        """The members that a problem names."""
        return {error["pointer"] for error in self.json["errors"]}


def event(
    method: str,
    path: str,
    body: object = None,
    *,
    claims: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The recorded event with another request in it; `body` is sent as JSON unless it is text."""
    made: dict[str, Any] = json.loads(JWT.read_text())
    context = made["requestContext"]
    made |= {"rawPath": path, "routeKey": f"{method} {path}", "rawQueryString": urlencode(query or {})}
    if query:
        made["queryStringParameters"] = dict(query)
    context["http"] |= {"method": method, "path": path}
    context["authorizer"]["jwt"]["claims"] |= claims or {}
    made["headers"] |= headers or {}
    if body is not None:
        made["body"] = body if isinstance(body, str) else json.dumps(body)
    return made


def without_token(made: dict[str, Any]) -> dict[str, Any]:
    """The same event on a route without an authorizer."""
    del made["requestContext"]["authorizer"]
    made["headers"].pop("authorization", None)
    return made


def send(handler: Handler, made: dict[str, Any]) -> Answer:
    answer = handler(made, None)
    return Answer(answer["statusCode"], answer.get("headers", {}), answer.get("body") or "")
