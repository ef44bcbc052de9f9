"""A calendar of 2,000 events with 200 series: complete, equal, and safe against kill -9 in the middle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from local.stack import Stack
from tests.e2e.calendars import write
from tests.e2e.people import Caller, InGoogle, eventually

pytestmark = pytest.mark.e2e
SINGLES, SERIES = 1800, 200
WINDOW = ("2027-01-01", "2027-12-31")
COMPARED = "2027-12-30"
"""Before this day: an all-day event on the window's edge is in by UTC here, by the calendar's zone at Google."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("large")
    ics = write(folder / "large.ics", SINGLES, SERIES)
    with Stack(folder / "state", tick=1, visibility=5, ics=[str(ics)]) as running:
        yield running


def proved(caller: Caller) -> Any:
    connection = caller.ok("GET", "/v1/me/integration")["connection"]
    return connection and connection["freshness"]


def moment(time: dict[str, str]) -> str:
    """Google's time as an instant, or its date."""
    return time.get("date") or datetime.fromisoformat(time["dateTime"]).astimezone().isoformat()


def ours(item: dict[str, Any]) -> tuple[str, str, str]:
    if item["all_day"]:
        return item["title"], item["start"], item["end"]
    start, end = (datetime.fromisoformat(item[name]).astimezone().isoformat() for name in ("start", "end"))
    return item["title"], start, end


def theirs(google: InGoogle) -> list[tuple[str, str, str]]:
    bounds = {"timeMin": f"{WINDOW[0]}T00:00:00Z", "timeMax": f"{WINDOW[1]}T00:00:00Z"}
    found = google.listed(singleEvents="true", **bounds)
    return compared((e["summary"], moment(e["start"]), moment(e["end"])) for e in found)


def compared(items: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return sorted(item for item in items if item[1] < COMPARED)


def test_killed_in_the_middle_of_the_first_sync_it_ends_complete_without_a_duplicate(large: Stack) -> None:
    mia = Caller(large, "mia")
    mia.connect("mia@example.com")
    eventually(lambda: any(c["method"] == "calendar.events.list" for c in calls(large)))
    large.kill9()
    large.start()
    mia = Caller(large, "mia")
    eventually(lambda: proved(mia), 150)
    found = mia.ok("GET", "/v1/me/events", params={"from": "2027-01-01", "to": "2027-07-20", "limit": 1})
    assert found["items"]
    google = InGoogle(large, "mia@example.com")
    shown = compared(map(ours, mia.events(*WINDOW)))
    assert len(shown) > SINGLES + SERIES
    assert shown == theirs(google)


def calls(stack: Stack) -> list[dict[str, Any]]:
    return list(requests.get(f"{stack.google}/control/calls", timeout=20).json()["calls"])
