"""The clock and the ids of a process that really runs; tests have their own."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds:
    def new(self) -> str:
        return base64.b32hexencode(secrets.token_bytes(16)).decode().rstrip("=").lower()
