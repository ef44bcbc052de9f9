"""What a linked meeting and event become when either has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from meetbridge.model.meeting import CalendarState, InviteBy, Link, LinkState, MadeBy, MeetingRecord
from meetbridge.sync import reconcile
from meetbridge.sync.reconcile import Tie

from tests.support.engine import link_of, meeting, part, user_event

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
URL = link_of("m1")
EVENT = replace(user_event("e1", "Planning", "2026-03-10T10:00", location=URL), etag='"1"')
LINK = Link("primary", "e1", "e1@memory", '"1"', part(), MadeBy.MEETBRIDGE, 1, join_url=URL)
RECORD = MeetingRecord(meeting(), (LINK,))


@pytest.mark.parametrize(
    ("event", "join_url", "tie"),
    [
        ({}, URL, Tie.HOLDS),
        ({"location": ""}, URL, Tie.LINK_REMOVED),
        ({"location": ""}, "", Tie.HOLDS),
        ({"location": link_of("old")}, link_of("old"), Tie.HOLDS),
        ({"location": link_of("other")}, URL, Tie.LINK_REMOVED),
        ({"organized_by_owner": False}, URL, Tie.NOT_ORGANISED),
    ],
)
def test_an_event_stands_for_its_meeting_while_it_carries_the_link(event: Any, join_url: str, tie: Tie) -> None:
    changed = user_event("e1", "Planning", "2026-03-10T10:00", **{"location": URL, **event})
    assert reconcile.tie(RECORD, replace(LINK, join_url=join_url), changed) is tie


@pytest.mark.parametrize(
    ("link", "wanted", "pending", "mails"),
    [
        ({}, {}, False, False),
        ({}, {"topic": "New"}, True, True),
        ({"invites": False}, {"topic": "New"}, True, False),
        ({"etag": ""}, {}, True, False),
        ({"join_url": ""}, {}, True, False),
        ({"join_url": link_of("old")}, {}, True, True),
        ({"state": LinkState.UNLINKED}, {"topic": "New"}, False, True),
    ],
)
def test_what_is_pending_and_whether_guests_are_told(link: Any, wanted: Any, pending: bool, mails: bool) -> None:
    record = MeetingRecord(meeting("m1", part(**wanted)), (replace(LINK, **link),))
    assert reconcile.pending(record, 0) is pending
    assert reconcile.mails(record, 0) is mails
    by_platform = replace(record, meeting=replace(record.meeting, invite_by=InviteBy.PLATFORM))
    assert not reconcile.mails(by_platform, 0)


@pytest.mark.parametrize(
    ("link", "state"),
    [
        (None, CalendarState.PENDING),
        (LINK, CalendarState.IN_CALENDAR),
        (replace(LINK, etag=""), CalendarState.PENDING),
        (replace(LINK, state=LinkState.GONE), CalendarState.PENDING),
        (replace(LINK, state=LinkState.UNLINKED), CalendarState.UNLINKED),
        (replace(LINK, state=LinkState.DORMANT), CalendarState.OUTSIDE_SELECTION),
        (replace(LINK, state=LinkState.OUTSIDE_SELECTION), CalendarState.OUTSIDE_SELECTION),
        (replace(LINK, state=LinkState.AMBIGUOUS), CalendarState.PAUSED),
    ],
)
def test_what_the_platform_is_told(link: Link | None, state: CalendarState) -> None:
    assert reconcile.shown(MeetingRecord(meeting(), (link,)), NOW).calendar_state is state


def test_a_disappearance_is_gone_for_now_and_of_the_past_cancels_nothing() -> None:
    lost = reconcile.lost(RECORD, 0, NOW).links[0]
    assert lost is not None
    assert (lost.state, lost.since) == (LinkState.GONE, NOW)
    past = reconcile.lost(RECORD, 0, datetime(2026, 4, 1, tzinfo=UTC)).links[0]
    assert past is not None
    assert past.state is LinkState.UNLINKED


def test_a_merge_is_settled_a_second_one_changes_nothing() -> None:
    changed = replace(EVENT, content=replace(EVENT.content, title="By the user"))
    local = MeetingRecord(meeting("m1", part("By the platform")), (LINK,))
    agreed = reconcile.agree(local, 0, changed, NOW)
    assert agreed.losers == (("topic", "By the platform"),)
    assert agreed.record.meeting.parts[0].topic == "By the user"
    assert reconcile.agree(agreed.record, 0, changed, NOW) == reconcile.Agreement(agreed.record)
