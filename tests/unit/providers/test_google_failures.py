"""Each answer of Google's that is none becomes an error of ours."""

from __future__ import annotations

import json

import pytest
from meetbridge.errors import (
    AlreadyExists,
    AuthorizationLost,
    EtagMismatch,
    ItemNotFound,
    PermissionDenied,
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
)
from meetbridge.providers.google.failures import Gone, failure


def body(reason: str) -> bytes:
    return json.dumps({"error": {"code": 403, "message": "ann@x.example", "errors": [{"reason": reason}]}}).encode()


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (400, "invalid", Rejected),
        (401, "authError", AuthorizationLost),
        (403, "rateLimitExceeded", RateLimited),
        (403, "userRateLimitExceeded", RateLimited),
        (403, "quotaExceeded", RateLimited),
        (403, "insufficientPermissions", PermissionDenied),
        (403, "forbiddenForNonOrganizer", PermissionDenied),
        (404, "notFound", ItemNotFound),
        (408, "timeout", Unavailable),
        (409, "duplicate", AlreadyExists),
        (410, "deleted", Gone),
        (412, "conditionNotMet", EtagMismatch),
        (418, "teapot", Rejected),
        (429, "rateLimitExceeded", RateLimited),
        (429, "", RateLimited),
        (500, "backendError", Unavailable),
        (503, "backendError", Unavailable),
    ],
)
def test_an_answer_is_told_by_status_and_reason(status: int, reason: str, kind: type[ProviderError]) -> None:
    error = failure(status, {}, body(reason))
    assert type(error) is kind
    assert "ann" not in str(error)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"\xff", b"[]", b'{"error": "x"}', b'{"error": {"errors": []}}', b"7"]
)
def test_a_403_without_a_readable_reason_is_a_refusal(content: bytes) -> None:
    assert type(failure(403, {}, content)) is PermissionDenied


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "37"}, 37.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "Sun, 22 Nov 2026 16:00:30 GMT", "date": "Sun, 22 Nov 2026 16:00:00 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 15:00:00 GMT", "date": "Sun, 22 Nov 2026 16:00:00 GMT"}, 0.0),
        ({"retry-after": "Sun, 22 Nov 2026 16:00:30 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "²"}, None),
        ({}, None),
    ],
)
def test_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    for status in (429, 503):
        error = failure(status, headers, b"")
        assert isinstance(error, Unavailable)
        assert error.retry_after == seconds
