"""What an event that names a meeting is to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from meetbridge.model.connection import Calendar
from meetbridge.model.event import EventKind
from meetbridge.model.meeting import Link, LinkState, MadeBy, MeetingRecord
from meetbridge.sync.scope import Claim, claims, may_link

from tests.support.engine import link_of, meeting, part, user_event

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OURS = Calendar("primary", 0, selected=True)
LINK = Link("primary", "e1", "e1@memory", '"1"', part(), MadeBy.MEETBRIDGE, 1, join_url=link_of("m1"))
RECORDED, COPY = user_event("e1", location=link_of("m1")), user_event("copy", location=link_of("m1"))
MOVED = user_event("e1", calendar_id="other")


@pytest.mark.parametrize(
    ("event", "calendar", "may"),
    [
        ({}, {}, True),
        ({"organized_by_owner": False}, {}, False),
        ({"kind": EventKind.OTHER}, {}, False),
        ({"detached": True}, {}, False),
        ({}, {"owned": False}, False),
        ({}, {"selected": False}, False),
    ],
)
def test_only_what_the_owner_organises_in_a_calendar_of_their_own(event: Any, calendar: Any, may: bool) -> None:
    assert may_link(replace(RECORDED, **event), replace(OURS, **calendar)) is may


@pytest.mark.parametrize(
    ("link", "event", "claim"),
    [
        (LINK, RECORDED, Claim.REJOIN),
        (LINK, MOVED, Claim.VERIFY),
        (LINK, COPY, Claim.VERIFY),
        (replace(LINK, state=LinkState.GONE), RECORDED, Claim.REJOIN),
        (replace(LINK, state=LinkState.GONE), COPY, Claim.NONE),
        (replace(LINK, state=LinkState.OUTSIDE_SELECTION), MOVED, Claim.REJOIN),
        (replace(LINK, state=LinkState.DORMANT, since=NOW - timedelta(days=29)), RECORDED, Claim.REJOIN),
        (replace(LINK, state=LinkState.DORMANT, since=NOW - timedelta(days=31)), RECORDED, Claim.NONE),
        (replace(LINK, state=LinkState.UNLINKED), RECORDED, Claim.REJOIN),
        (replace(LINK, state=LinkState.UNLINKED), user_event("e1"), Claim.NONE),
        (replace(LINK, state=LinkState.UNLINKED), COPY, Claim.ADOPT),
        (replace(LINK, state=LinkState.AMBIGUOUS), RECORDED, Claim.NONE),
        (replace(LINK, generation=0), RECORDED, Claim.NONE),
        (replace(LINK, etag=""), COPY, Claim.NONE),
        (None, COPY, Claim.ADOPT),
        (None, user_event("marked", meeting_id="m1"), Claim.NONE),
    ],
)
def test_the_recorded_event_keeps_the_meeting(link: Link | None, event: Any, claim: Claim) -> None:
    assert claims(MeetingRecord(meeting(), (link,)), event, 1, NOW).claim is claim


def test_nothing_claims_a_cancelled_meeting() -> None:
    record = MeetingRecord(replace(meeting(), cancelled=True), (LINK,))
    assert claims(record, RECORDED, 1, NOW).claim is Claim.NONE
