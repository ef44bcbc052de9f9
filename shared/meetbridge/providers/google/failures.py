"""Google's failures as our error types, so that nobody above reads a status or a message.

https://developers.google.com/workspace/calendar/api/guides/errors
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

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

RATE_REASONS = {
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "quotaExceeded",
    "dailyLimitExceeded",
    "calendarUsageLimitsExceeded",
}


class Gone(ItemNotFound):
    """410: of an event that it is deleted, of a list that the token or page is forgotten."""


BY_STATUS: dict[int, type[ProviderError]] = {
    401: AuthorizationLost,
    403: PermissionDenied,
    404: ItemNotFound,
    409: AlreadyExists,
    410: Gone,
    412: EtagMismatch,
}


def failure(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error that an answer of 400 or more stands for; a 401 says that this access token won't do."""
    reason = _reason(body)
    if status == 429 or (status == 403 and reason in RATE_REASONS):
        return RateLimited("Google asks to slow down", _retry_after(headers))
    if status >= 500 or status == 408:
        return Unavailable(f"Google answered {status}", _retry_after(headers))
    return BY_STATUS.get(status, Rejected)(f"Google answered {status}")


def _reason(body: bytes) -> str:
    try:
        answer: Any = json.loads(body)
        return str(answer["error"]["errors"][0]["reason"])
    except (ValueError, LookupError, TypeError):
        return ""


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from either form of the header (RFC 9110, 10.2.3); None for one that is neither."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())
