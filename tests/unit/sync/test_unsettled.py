"""What a link remembers of the platform's older words, and what of an event they explain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from meetbridge.model.meeting import Link, MadeBy, Part, PartException
from meetbridge.sync import unsettled

from tests.support.engine import WEEKLY, link_of, meeting, part, timed

LINK = Link("primary", "e1", "e1@memory", '"1"', part(), MadeBy.MEETBRIDGE, 1, join_url=link_of("m1"))
OLDER = part("Older")
DAY = timed("2026-03-17T10:00")


@pytest.mark.parametrize(
    ("link", "replaced", "kept"),
    [
        (LINK, part(), ()),
        (LINK, OLDER, (OLDER,)),
        (replace(LINK, unsettled=(OLDER,)), OLDER, (OLDER,)),
        (replace(LINK, etag=""), OLDER, ()),
        (
            replace(LINK, unsettled=tuple(part(f"{n}") for n in range(4))),
            OLDER,
            (part("1"), part("2"), part("3"), OLDER),
        ),
    ],
    ids=["settled", "not_settled", "said_before", "not_made_yet", "the_newest_four"],
)
def test_what_may_be_on_its_way_is_remembered(link: Link, replaced: Part, kept: tuple[Part, ...]) -> None:
    links = unsettled.remembered((link, None), meeting("m1", replaced))
    assert links == (replace(link, unsettled=kept), None)


@pytest.mark.parametrize(
    ("base", "remote", "ours", "found"),
    [
        ({}, {"topic": "A"}, {"topic": "A"}, {"topic": "A"}),
        ({}, {"topic": "A"}, {"topic": "B"}, {}),
        ({}, {"topic": "A", "private": True}, {"topic": "A"}, {"topic": "A"}),
        ({"invitees": ("a", "b")}, {"invitees": ("b", "c", "d")}, {"invitees": ("b", "c")}, {"invitees": ("b", "c")}),
        ({"invitees": ("a", "b")}, {"invitees": ("b",)}, {"invitees": ("a",)}, {"invitees": ("a", "b")}),
        (
            {"recurrence": WEEKLY},
            {"recurrence": WEEKLY, "exceptions": (PartException(DAY, cancelled=True),)},
            {"recurrence": WEEKLY, "exceptions": (PartException(DAY, cancelled=True),)},
            {"recurrence": WEEKLY, "exceptions": (PartException(DAY, cancelled=True),)},
        ),
        (
            {"recurrence": WEEKLY, "exceptions": (PartException(DAY, topic="A"),)},
            {"recurrence": WEEKLY},
            {"recurrence": WEEKLY},
            {"recurrence": WEEKLY},
        ),
        (
            {"recurrence": WEEKLY},
            {"recurrence": WEEKLY, "exceptions": (PartException(DAY, topic="A"),)},
            {"recurrence": WEEKLY, "exceptions": (PartException(DAY, topic="B"),)},
            {"recurrence": WEEKLY},
        ),
    ],
)
def test_what_an_event_has_from_us_counts_as_agreed(base: Any, remote: Any, ours: Any, found: Any) -> None:
    assert unsettled.agreed(part(**base), part(**remote), (part(**ours),)) == part(**found)
