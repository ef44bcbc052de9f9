"""What an event says as a part of a meeting."""

from __future__ import annotations

from dataclasses import replace

from meetbridge.model.event import Override
from meetbridge.model.meeting import PartException
from meetbridge.sync.mapping import part_of

from tests.support.engine import WEEKLY, timed, user_event


def test_a_cancelled_exception_where_the_rule_has_no_occurrence_says_nothing() -> None:
    series = user_event("e1", start="2026-03-10T11:00", recurrence=WEEKLY)
    gone, stray = timed("2026-03-17T11:00"), timed("2026-03-24T10:00")
    event = replace(series, overrides=(Override(gone, None), Override(stray, None)))
    assert part_of(event, None, guests=True).exceptions == (PartException(gone, cancelled=True),)
