"""Requests as payload 2.0, compared with AWS's own example.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from local.gateway.events import Request, build, claim

AT = datetime(2020, 3, 12, 19, 3, 58, 390000, tzinfo=UTC)


def event(request: Request, claims: dict[str, Any] | None = None, **parameters: str) -> dict[str, Any]:
    return build(request, route_key="POST /my/{name}", parameters=parameters, claims=claims, request_id="id", at=AT)


def test_the_documented_example() -> None:
    request = Request(
        method="POST",
        path="/my/path",
        query="parameter1=value1&parameter1=value2&parameter2=value",
        headers=[
            ("Header1", "value1"),
            ("Header2", "value1"),
            ("Header2", "value2"),
            ("Cookie", "cookie1; cookie2"),
            ("Host", "id.execute-api.us-east-1.amazonaws.com"),
            ("User-Agent", "agent"),
            ("Content-Type", "text/plain"),
        ],
        body=b"Hello from client",
        source_ip="192.0.2.1",
    )
    assert event(request, {"claim1": "value1", "claim2": "value2"}, name="path") == {
        "version": "2.0",
        "routeKey": "POST /my/{name}",
        "rawPath": "/my/path",
        "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
        "cookies": ["cookie1", "cookie2"],
        "headers": {
            "header1": "value1",
            "header2": "value1,value2",
            "host": "id.execute-api.us-east-1.amazonaws.com",
            "user-agent": "agent",
            "content-type": "text/plain",
        },
        "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "authorizer": {"jwt": {"claims": {"claim1": "value1", "claim2": "value2"}, "scopes": None}},
            "domainName": "id.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "id",
            "http": {
                "method": "POST",
                "path": "/my/path",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "agent",
            },
            "requestId": "id",
            "routeKey": "POST /my/{name}",
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1584039838390,
        },
        "body": "Hello from client",
        "pathParameters": {"name": "path"},
        "isBase64Encoded": False,
    }


def test_what_is_absent_has_no_member() -> None:
    bare = event(Request("GET", "/my/x", "", [], b"", "192.0.2.1"))
    assert not {"cookies", "queryStringParameters", "pathParameters", "body"} & set(bare)
    assert "authorizer" not in bare["requestContext"]


@pytest.mark.parametrize(
    ("kind", "body", "encoded"),
    [
        ("application/json", b"{}", False),
        ("text/calendar; charset=utf-8", "ü".encode(), False),
        ("application/x-www-form-urlencoded", b"a=b", True),
        ("application/octet-stream", b"\xff", True),
        ("text/plain", b"\xff", True),
        ("", b"text", True),
    ],
)
def test_bodies_are_text_by_their_type_only(kind: str, body: bytes, encoded: bool) -> None:
    built = event(Request("POST", "/", "", [("Content-Type", kind)], body, "192.0.2.1"))
    assert built["isBase64Encoded"] is encoded
    assert (base64.b64decode(built["body"]) if encoded else built["body"].encode()) == body


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), (["a", "b"], "[a b]"), ([], "[]"), (1584039838, "1584039838"), (True, "true"), (None, "null")],
)
def test_claims_are_strings(value: object, expected: str) -> None:
    assert claim(value) == expected
