"""An HTTP request as API Gateway hands it to a function (payload format 2.0).

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from local.template import ACCOUNT

_TEXT = ("text/", "application/json", "application/javascript", "application/xml")


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is decoded, `query` as it came; `headers` as they came, repeated ones repeated."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str
    protocol: str = "HTTP/1.1"


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Repeated names are combined with commas."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: ",".join(values) for name, values in found.items()}


def claim(value: Any) -> str:
    """A claim as the authorizer hands it over: always a string, a list as `[a b]`."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{' '.join(map(claim, value))}]"
    return json.dumps(value)


def build(
    request: Request,
    *,
    route_key: str,
    parameters: Mapping[str, str],
    claims: Mapping[str, Any] | None,
    request_id: str,
    at: datetime,
) -> dict[str, Any]:
    """`claims` are the verified token's, None on an open route; members without a value are left out, as AWS does."""
    headers = joined((name.lower(), value) for name, value in request.headers)
    host = headers.get("host", "")
    cookies = [one.strip() for one in headers.pop("cookie", "").split(";") if one.strip()]
    body, encoded = _body(request.body, headers.get("content-type", ""))
    context: dict[str, Any] = {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": host,
        "domainPrefix": host.split(".")[0],
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": request_id,
        "routeKey": route_key,
        "stage": "$default",
        "time": at.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(at.timestamp() * 1000),
    }
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": {k: claim(v) for k, v in claims.items()}, "scopes": None}}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "cookies": cookies,
        "headers": headers,
        "queryStringParameters": joined(parse_qsl(request.query, keep_blank_values=True)),
        "requestContext": context,
        "pathParameters": dict(parameters),
        "body": body,
        "isBase64Encoded": encoded,
    }
    optional = ("cookies", "queryStringParameters", "pathParameters", "body")
    return {name: value for name, value in event.items() if name not in optional or value}


def _body(body: bytes, content_type: str) -> tuple[str, bool]:
    """Text stays text; everything else is base64 (a form, too)."""
    if not body:
        return "", False
    if content_type.lower().startswith(_TEXT):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True
