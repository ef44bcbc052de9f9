"""Which event a link of an earlier connection remembers."""

from __future__ import annotations

import pytest
from meetbridge.model.event import Event
from meetbridge.model.meeting import Link, MadeBy
from meetbridge.sync.matching import candidates, indexed

from tests.support.engine import link_of, meeting, part, user_event

LINK = Link("primary", "old", "uid@x", '"1"', part(), MadeBy.MEETBRIDGE, 1)
UID = user_event("uid", ical_uid="uid@x")
MARKED = user_event("marked", meeting_id="m1")
LINKED = user_event("linked", start="2026-03-10T10:00", location=link_of("m1"))
ELSEWHEN = user_event("elsewhen", start="2026-03-11T10:00", location=link_of("m1"))


@pytest.mark.parametrize(
    ("events", "fitting"),
    [
        ([UID, MARKED, LINKED], [UID]),
        ([MARKED, LINKED], [MARKED]),
        ([LINKED, ELSEWHEN], [LINKED]),
        ([ELSEWHEN], []),
        ([user_event("b", ical_uid="uid@x"), UID], [user_event("b", ical_uid="uid@x"), UID]),
        ([], []),
    ],
)
def test_by_icaluid_then_marker_then_link_and_original_start(events: list[Event], fitting: list[Event]) -> None:
    assert list(candidates(indexed(events), meeting(), LINK)) == fitting
