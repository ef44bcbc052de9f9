"""The sample calendars of recurring-ical-events (where its package carries them), expanded by it and by us."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import icalendar
import pytest
import recurring_ical_events
from meetbridge.model.event import Content, Event, Override
from meetbridge.model.times import EventTime
from meetbridge.sync.expand import occurrences

SAMPLES = sorted((Path(recurring_ical_events.__file__).parent / "test" / "calendars").glob("*.ics"))


class NotOurs(Exception):
    """What an importer has to settle before it is an event: zones of its own, swapped ends, a negative COUNT."""


def time(value: date | datetime) -> EventTime:
    if not isinstance(value, datetime):
        return EventTime(value)
    if value.tzinfo is None:
        return EventTime(value, "UTC")
    name = "UTC" if value.tzinfo is UTC else getattr(value.tzinfo, "key", None)
    if name is None:
        raise NotOurs
    return EventTime(value.replace(tzinfo=None), name)


def content(component: Any) -> Content:
    said = Content(str(component.get("SUMMARY", "")), time(component.start), time(component.end))
    if said.end.instant < said.start.instant:
        raise NotOurs
    return said


def lines(component: Any) -> tuple[str, ...]:
    found = tuple(map(str, component.content_lines()))
    if any("COUNT=-" in line for line in found):
        raise NotOurs
    return tuple(line for line in found if line.startswith(("RRULE", "RDATE", "EXDATE", "EXRULE")))


def event(uid: str, components: list[Any]) -> Event:
    masters = [c for c in components if "RECURRENCE-ID" not in c]
    if len(masters) != 1:
        raise NotOurs
    overrides = tuple(Override(time(c["RECURRENCE-ID"].dt), content(c)) for c in components if "RECURRENCE-ID" in c)
    return Event(uid, "c", uid, "", content(masters[0]), lines(masters[0]), overrides)


def starts(component: Any) -> datetime:
    return time(component.start).instant


@pytest.mark.skipif(not SAMPLES, reason="recurring-ical-events carries no samples")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_equals_recurring_ical_events(sample: Path) -> None:
    first, last = datetime(2015, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
    try:
        calendar = icalendar.Calendar.from_ical(sample.read_bytes())
        if "X-WR-TIMEZONE" in calendar:
            raise NotOurs
        by_uid: dict[str, list[Any]] = defaultdict(list)
        for component in calendar.walk("VEVENT"):
            by_uid[str(component.get("UID", ""))].append(component)
        events = [event(uid, components) for uid, components in by_uid.items()]
        theirs = sorted(starts(c) for c in recurring_ical_events.of(calendar).between(first, last))
    except (NotOurs, ValueError, KeyError, AttributeError):
        pytest.skip("holds what an event of a provider can't")
    ours = sorted(o.start.instant for e in events for o in occurrences(e, first, last))
    assert ours == theirs
