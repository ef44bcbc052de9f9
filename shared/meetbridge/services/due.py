"""When a connection is due: the table's own reminder of all that a lost queue or a dead run would forget.

What the sweep has enqueued is due again soon, as a queue's message is visible again; the run that finds all calendars
equal moves it on by an interval. So a lost queue costs RETRY and no data, and an interval costs one write of the index.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from meetbridge.model.connection import ConnectionKey

RETRY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Times:
    """`interval` is how long a calendar goes unproved at most where no notification comes."""

    interval: timedelta

    def soon(self, now: datetime) -> datetime:
        """When what has been enqueued is taken for lost."""
        return now + min(RETRY, self.interval)

    def next(self, key: ConnectionKey, now: datetime) -> datetime:
        """Spread over the interval, so that 20,000 users are not due at once."""
        share = zlib.crc32(f"{key.tenant}.{key.user}".encode()) / 2**32
        return now + self.interval * (0.75 + share / 4)


@dataclass
class Again:
    """When a run's connection is due again.

    `standing` is what the table said when the run began; `moved`: that has been put at the end of the lease since.
    `complete`: every calendar is proved and nothing is left; `failed`: the service wants to be left alone until `wish`.
    """

    key: ConnectionKey
    times: Times
    standing: datetime | None
    moved: bool = False
    wish: datetime | None = None
    complete: bool = False
    failed: bool = False

    def wake(self, at: datetime | None) -> None:
        """Be due at this moment, or earlier."""
        if at is not None:
            self.wish = at if self.wish is None else min(at, self.wish)

    def at(self, now: datetime) -> datetime | None:
        """None leaves what stands in the table."""
        soon, standing = self.times.soon(now), self.standing
        if self.failed and self.wish is not None:
            return self.wish
        if self.complete and (self.moved or standing is None or standing <= soon):
            return min(self.times.next(self.key, now), self.wish or datetime.max.replace(tzinfo=now.tzinfo))
        if self.moved:
            later = standing if standing is not None and standing > now else soon
            return min(soon, later, self.wish or soon)
        return self.wish if self.wish is not None and (standing is None or self.wish < standing) else None
