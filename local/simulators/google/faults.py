"""The switches that make the simulator misbehave on demand."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from .errors import ApiError, Json, invalid

CALLS = ("429", "403", "500", "503", "timeout", "lost_answer")
NOTIFICATIONS = ("lose", "double", "delay")
LONGEST = 120.0


@dataclass
class Fault:
    """`method` empty counts for every call; `seconds`: Retry-After, the wait of a timeout or a delay."""

    kind: str
    count: int = 1
    method: str = ""
    seconds: float = 1.0


class Faults:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Fault] = []
        self._notifications: list[Fault] = []

    def add(self, body: Json, kinds: tuple[str, ...]) -> None:
        """Raises ApiError for a fault that there is not."""
        kind = str(body.get("kind", ""))
        try:
            count, seconds = int(body.get("count", 1)), float(body.get("seconds", 1))
        except (TypeError, ValueError):
            raise invalid("count and seconds are numbers.") from None
        if kind not in kinds or not 0 <= seconds <= LONGEST:
            raise invalid(f"kind is one of {', '.join(kinds)}; seconds are at most {LONGEST:.0f}.")
        fault = Fault(kind, count, str(body.get("method", "")), seconds)
        with self._lock:
            (self._calls if kinds is CALLS else self._notifications).append(fault)

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self._notifications.clear()

    def listed(self) -> Json:
        with self._lock:
            return {"calls": [vars(f) for f in self._calls], "notifications": [vars(f) for f in self._notifications]}

    def next_call(self, method: str) -> Fault | None:
        return self._take(self._calls, method)

    def next_notification(self) -> Fault | None:
        return self._take(self._notifications, "")

    def _take(self, faults: list[Fault], method: str) -> Fault | None:
        with self._lock:
            for fault in faults:
                if fault.count > 0 and fault.method in ("", method):
                    fault.count -= 1
                    faults[:] = [item for item in faults if item.count > 0]
                    return fault
        return None


def error_of(fault: Fault) -> ApiError | None:
    """The answer of a fault that is one."""
    return {
        "429": ApiError(429, "rateLimitExceeded", "Rate Limit Exceeded", "usageLimits"),
        "403": ApiError(403, "rateLimitExceeded", "Rate Limit Exceeded", "usageLimits"),
        "500": ApiError(500, "backendError", "Backend Error"),
        "503": ApiError(503, "backendError", "Service Unavailable"),
    }.get(fault.kind)
