"""Three-way merge: what both sides hold afterwards, and what of the platform's lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from meetbridge.model.meeting import Part, PartException
from meetbridge.model.times import EventTime
from meetbridge.sync.merge import differences, merge, same_part, same_time

from tests.support.engine import WEEKLY, part, timed

BASE = part(invitees=("bob@example.com", "eve@example.com"))
SERIES = part(recurrence=WEEKLY)
DAY = timed("2026-03-17T10:00")
CANCELLED = PartException(DAY, cancelled=True)


def moved(hours: int) -> dict[str, Any]:
    return {"start": timed(f"2026-03-10T{10 + hours}:00"), "end": timed(f"2026-03-10T{11 + hours}:00")}


@pytest.mark.parametrize(
    ("platform", "calendar", "agreed", "losers"),
    [
        ({}, {}, {}, {}),
        ({"topic": "P"}, {}, {"topic": "P"}, {}),
        ({}, {"topic": "C"}, {"topic": "C"}, {}),
        ({"topic": "P"}, {"topic": "C"}, {"topic": "C"}, {"topic": "P"}),
        ({"topic": "P"}, {"agenda": "C"}, {"topic": "P", "agenda": "C"}, {}),
        ({"private": True}, {"topic": "C"}, {"private": True, "topic": "C"}, {}),
        ({}, {"private": True}, {"private": True}, {}),
        (moved(1), {}, moved(1), {}),
        (
            moved(1),
            moved(2),
            moved(2),
            {"start": "2026-03-10T11:00:00[Europe/Berlin]", "end": "2026-03-10T12:00:00[Europe/Berlin]"},
        ),
        ({"recurrence": WEEKLY}, {}, {"recurrence": WEEKLY}, {}),
        ({"agenda": "One \r\n"}, {"agenda": "One"}, {"agenda": "One \r\n"}, {}),
    ],
)
def test_fields(platform: Any, calendar: Any, agreed: Any, losers: dict[str, str]) -> None:
    merged = merge(BASE, replace(BASE, **platform), replace(BASE, **calendar))
    assert merged.part == replace(BASE, **agreed)
    assert dict(merged.losers) == losers


@pytest.mark.parametrize(
    ("platform", "calendar", "agreed"),
    [
        ("bob eve ann", "bob eve", "ann bob eve"),
        ("bob eve", "bob", "bob"),
        ("bob", "eve", ""),
        ("bob eve ann", "bob eve ann", "ann bob eve"),
        ("bob eve ann", "bob", "ann bob"),
    ],
)
def test_invitees_merge_as_a_set(platform: str, calendar: str, agreed: str) -> None:
    def of(names: str) -> Part:
        return replace(BASE, invitees=tuple(sorted(f"{name}@example.com" for name in names.split())))

    assert merge(BASE, of(platform), of(calendar)).part == of(agreed)


@pytest.mark.parametrize(
    ("platform", "calendar", "agreed", "losers"),
    [
        (PartException(DAY, topic="P"), None, PartException(DAY, topic="P"), []),
        (PartException(DAY, topic="P"), PartException(DAY, agenda="C"), PartException(DAY, topic="P", agenda="C"), []),
        (PartException(DAY, topic="P"), PartException(DAY, topic="C"), PartException(DAY, topic="C"), ["P"]),
        (PartException(DAY, topic="P"), CANCELLED, CANCELLED, ["P"]),
        (
            PartException(DAY, cancelled=True),
            PartException(DAY, topic="C"),
            PartException(DAY, topic="C"),
            ["cancelled"],
        ),
    ],
)
def test_exceptions_merge_by_recurrence_id_each_field_of_its_own(
    platform: PartException | None, calendar: PartException | None, agreed: PartException, losers: list[str]
) -> None:
    def of(one: PartException | None) -> Part:
        return replace(SERIES, exceptions=(one,) if one else ())

    merged = merge(SERIES, of(platform), of(calendar))
    assert merged.part.exceptions == (agreed,)
    assert [value for _, value in merged.losers] == losers


def test_exceptions_move_along_with_a_series_that_the_calendar_moved() -> None:
    local = replace(SERIES, exceptions=(PartException(DAY, topic="P"),))
    merged = merge(SERIES, local, replace(SERIES, **moved(2)))
    assert merged.part.exceptions == (PartException(timed("2026-03-17T12:00"), topic="P"),)


def test_without_a_base_the_calendar_s_word_counts_but_for_an_agenda_that_it_lacks() -> None:
    merged = merge(None, part("P", agenda="A"), part("C"))
    assert merged.part == part("C", agenda="A")
    assert merged.losers == (("topic", "P"),)


@pytest.mark.parametrize(
    ("one", "other", "series", "same"),
    [
        (timed("2026-03-10T10:00"), timed("2026-03-10T10:00", "Europe/Paris"), False, False),
        (timed("2026-03-10T10:00", "UTC"), timed("2026-03-10T10:00", "Etc/UTC"), True, True),
        (timed("2026-03-29T02:30"), timed("2026-03-29T03:30"), False, True),
        (timed("2026-03-29T02:30"), timed("2026-03-29T03:30"), True, False),
        (EventTime(timed("2026-03-10T00:00").local.date()), timed("2026-03-10T00:00"), False, False),
        (None, None, False, True),
        (timed("2026-03-10T10:00"), None, False, False),
    ],
)
def test_times(one: EventTime | None, other: EventTime | None, series: bool, same: bool) -> None:
    assert same_time(one, other, series=series) is same
    assert same_time(other, one, series=series) is same


def test_what_differs_is_named_and_nothing_else() -> None:
    assert differences(BASE, BASE) == ()
    assert same_part(BASE, replace(BASE, invitees=BASE.invitees[::-1]))
    lost = replace(BASE, invitees=("bob@example.com",))
    assert differences(lost, BASE) == (), "who stays invited has lost nothing"
    assert differences(BASE, lost) == (("invitees", "bob@example.com eve@example.com"),)
