"""How long a change takes from one side to the other on the local run, against what is promised."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from local.stack import Stack
from tests.e2e.people import Caller, InGoogle, Platform, eventually

TO_CALENDAR, TO_PLATFORM = 3.0, 15.0
TIMES = 3


class Journey:
    """One user, in front of both sides."""

    def __init__(self, stack: Stack) -> None:
        self.mia, self.google, self.platform = Caller(stack, "mia"), InGoogle(stack, "mia@example.com"), Platform(stack)
        self.mia.connect("mia@example.com")
        eventually(lambda: self.mia.state() == "connected")

    def there(self, name: str) -> float:
        """Seconds from a PUT of a meeting to its event."""
        started = time.perf_counter()
        self.platform.put("mia", name, self.platform.meeting(name))
        eventually(lambda: self.google.titled(name))
        took = time.perf_counter() - started
        eventually(lambda: self.platform.get("mia", name)["calendar_state"] == "in_calendar")
        return took

    def back(self, name: str) -> float:
        """Seconds from an edit of the event to the platform's webhook."""
        event = self.google.titled(name)[0]
        started = time.perf_counter()
        self.google.patch(event["id"], {"summary": f"{name}, edited"})
        eventually(lambda: self._heard(name))
        return time.perf_counter() - started

    def _heard(self, name: str) -> bool:
        told = self.platform.received("meeting.updated", name)
        return any(event["data"]["topic"] == f"{name}, edited" for event in told)


def measure() -> tuple[list[float], list[float]]:
    """The times of both ways."""
    with TemporaryDirectory() as folder, Stack(Path(folder)) as stack:
        journey = Journey(stack)
        names = [f"journey-{number}" for number in range(TIMES)]
        return [journey.there(name) for name in names], [journey.back(name) for name in names]


def report() -> Iterable[str]:
    """Each way's slowest against its limit."""
    out, back = measure()
    for name, times, limit in (("platform to calendar", out, TO_CALENDAR), ("calendar to platform", back, TO_PLATFORM)):
        shown = ", ".join(f"{seconds:.1f} s" for seconds in times)
        yield f"  {name:<28} {shown}  ({max(times) / limit:.2f} of {limit:.0f} s)"
