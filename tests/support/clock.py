"""A clock that a test sets, and ids that count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class FakeClock:
    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def advance(self, by: timedelta | float) -> datetime:
        """`by` is in seconds where it is a number."""
        self.moment += by if isinstance(by, timedelta) else timedelta(seconds=by)
        return self.moment


class CountingIds:
    """Ids of the same form as the real ones: 26 characters of [a-v0-9]."""

    def __init__(self) -> None:
        self.count = 0

    def new(self) -> str:
        self.count += 1
        return f"{self.count:0>26}"
