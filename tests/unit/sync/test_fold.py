"""Changes laid over what is stored."""

from __future__ import annotations

from dataclasses import replace

import pytest
from meetbridge.model.changes import Change, EventChanged, EventGone, OccurrenceChanged
from meetbridge.model.event import Override
from meetbridge.sync.fold import Held, fold, needs_all, without_unseen

from tests.support.engine import WEEKLY, timed, user_event

SERIES = user_event("s", "Series", "2026-03-10T10:00", recurrence=WEEKLY)
FIRST, SECOND = timed("2026-03-17T10:00"), timed("2026-03-24T10:00")
CHANGED = Override(FIRST, replace(SERIES.content, title="Special"), "s_1", '"1"')
CANCELLED = Override(SECOND, None, "s_2", '"2"')


def exception(override: Override) -> OccurrenceChanged:
    alone = None if override.content is None else replace(SERIES, id=override.event_id, content=override.content)
    return OccurrenceChanged("primary", "s", override, alone)


@pytest.mark.parametrize(
    ("changes", "overrides", "detached"),
    [
        ([EventChanged(SERIES, complete=False), exception(CHANGED)], (CHANGED,), False),
        ([exception(CHANGED), EventChanged(SERIES, complete=False)], (CHANGED,), False),
        ([exception(CHANGED)], (CHANGED,), True),
        ([EventChanged(replace(SERIES, overrides=(CANCELLED,)), complete=True)], (CANCELLED,), False),
        ([EventChanged(SERIES, complete=False), exception(CANCELLED), exception(CHANGED)], (CHANGED, CANCELLED), False),
    ],
)
def test_a_series_keeps_its_exceptions_in_whatever_order_they_come(
    changes: list[Change], overrides: tuple[Override, ...], detached: bool
) -> None:
    held = fold(changes, {}, 1)["s"]
    assert held is not None
    assert (held.event.overrides, held.event.detached) == (overrides, detached)
    assert len(held.seen) == len(overrides)


def test_a_cancelled_exception_is_one_occurrence_and_a_gone_master_is_all_of_them() -> None:
    stored = {"s": Held(replace(SERIES, overrides=(CHANGED,)))}
    still = fold([exception(CANCELLED)], stored, 1)["s"]
    assert still is not None
    assert still.event.overrides == (CHANGED, CANCELLED)
    assert fold([EventGone("primary", "s"), exception(CANCELLED)], stored, 1) == {"s": None}


def test_exceptions_that_a_full_round_has_not_seen_go() -> None:
    held = Held(replace(SERIES, overrides=(CHANGED, CANCELLED)), 2, (FIRST.value.isoformat(),))
    assert without_unseen(held).overrides == (CHANGED,)


@pytest.mark.parametrize(
    ("old", "new", "needed"),
    [
        (SERIES, replace(SERIES, recurrence=("RRULE:FREQ=DAILY",)), False),
        (replace(SERIES, overrides=(CHANGED,)), replace(SERIES, recurrence=("RRULE:FREQ=DAILY",)), True),
        (replace(SERIES, overrides=(CHANGED,)), replace(SERIES, etag="new"), False),
        (replace(SERIES, overrides=(CHANGED,)), replace(SERIES, recurrence=()), False),
        (None, SERIES, False),
    ],
)
def test_exceptions_are_read_again_where_their_days_moved(old: object, new: object, needed: bool) -> None:
    assert needs_all(old, new) is needed  # type: ignore[arg-type]
