"""When a connection is due again after a run."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from meetbridge.model.ids import connection_key
from meetbridge.services.due import RETRY, Again, Times

from tests.support.clock import START

KEY = connection_key("acme", "anna")
HOURS = Times(timedelta(hours=6))
NEXT = HOURS.next(KEY, START)


def after(minutes: float | None) -> datetime | None:
    return None if minutes is None else START + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("name", "standing", "wish", "marks", "expected"),
    [
        ("all is proved, and the sweep had found it", 15, None, {"complete"}, NEXT),
        ("all is proved, and it was due", -1, None, {"complete"}, NEXT),
        ("all is proved, and it stood nowhere", None, None, {"complete"}, NEXT),
        ("all is proved, a grace ends before the next time", 15, 10, {"complete"}, after(10)),
        ("all is proved long before it is due", 200, None, {"complete"}, None),
        ("all is proved under a lease that can be resumed", 200, None, {"complete", "moved"}, NEXT),
        ("one calendar is proved", 15, None, set(), None),
        ("one calendar is proved, a grace ends", 200, 10, set(), after(10)),
        ("one calendar is proved, a grace ends later", 5, 10, set(), None),
        ("work is left, and a lease could be resumed", 200, 2, {"moved"}, after(2)),
        ("a first round has ended", -1, None, {"moved"}, after(15)),
        ("a first round has ended before a grace", 7, None, {"moved"}, after(7)),
        ("a first round has ended, it was due late", 200, None, {"moved"}, after(15)),
        ("the service is down, and the sweep had found it", 15, 60, {"failed"}, after(60)),
        ("the service is down in a first round", -1, 60, {"failed", "moved"}, after(60)),
        ("the service is down for a moment", 200, 1, {"failed"}, after(1)),
    ],
)
def test_when(name: str, standing: float | None, wish: float | None, marks: set[str], expected: datetime) -> None:
    again = Again(KEY, HOURS, after(standing))
    for mark in marks:
        setattr(again, mark, True)
    again.wake(after(wish))
    assert again.at(START) == expected


def test_the_earliest_wish_counts() -> None:
    again = Again(KEY, HOURS, None)
    for minutes in (5, 3, None, 4):
        again.wake(after(minutes))
    assert again.at(START) == after(3)


def test_times_are_spread_over_the_last_quarter_of_an_interval() -> None:
    times = sorted(HOURS.next(connection_key("acme", f"u{n}"), START) - START for n in range(400))
    assert timedelta(hours=4.5) <= times[0]
    assert times[-1] <= timedelta(hours=6)
    assert times[-1] - times[0] > timedelta(hours=1.4)
    assert Times(timedelta(minutes=2)).soon(START) == after(2)
    assert HOURS.soon(START) == START + RETRY
