"""What waits for its user's word, and what their word does."""

from __future__ import annotations

import pytest
from meetbridge.errors import Conflict, NotFound
from meetbridge.model.ids import connection_key
from meetbridge.model.meeting import CalendarState, Link, LinkState, MadeBy, Meeting, MeetingRecord, Part
from meetbridge.ports.jobs import SyncJob
from meetbridge.services.paused import Answer

from tests.support.calendar_app import CalendarApp, at_nine
from tests.support.clock import START
from tests.support.small_app import BY, TENANT, caller

ANN = caller()
PART = Part("Plan", at_nine(3), at_nine(4))


def waiting(app: CalendarApp, state: LinkState = LinkState.AMBIGUOUS) -> None:
    link = Link("primary", "e", "u", "", PART, MadeBy.USER, 0, state)
    record = MeetingRecord(Meeting("m1", "https://meet.example.com/j/1", "ann@example.com", (PART,), 1), (link,))
    app.memory.save(TENANT, "ann", record, dirty=False, by=BY, now=START)


def test_what_is_linked_does_not_wait() -> None:
    app = CalendarApp()
    waiting(app, LinkState.LINKED)
    assert app.paused.listing(ANN, None, 10).items == ()
    with pytest.raises(NotFound):
        app.paused.answer(ANN, "m1", Answer.APPROVE, "run")


def test_approved_is_made_anew() -> None:
    app = CalendarApp()
    waiting(app)
    record = app.paused.answer(ANN, "m1", Answer.APPROVE, "run")
    assert (record.links, record.calendar_state) == ((None,), CalendarState.PENDING)
    assert list(app.queue.urgent) == [SyncJob(connection_key(TENANT, "ann"), meetings=True)]


def test_discarded_goes_on_without_an_event() -> None:
    app = CalendarApp()
    waiting(app)
    record = app.paused.answer(ANN, "m1", Answer.DISCARD, "run")
    assert [link.state if link else None for link in record.links] == [LinkState.UNLINKED]
    assert not app.queue.urgent


@pytest.mark.parametrize("answer", list(Answer))
def test_an_answer_is_given_once(answer: Answer) -> None:
    app = CalendarApp()
    waiting(app)
    app.paused.answer(ANN, "m1", answer, "run")
    with pytest.raises(NotFound):
        app.paused.answer(ANN, "m1", answer, "run")


def test_nobody_else_answers() -> None:
    app = CalendarApp()
    waiting(app)
    with pytest.raises(Conflict):
        app.paused.answer(caller("eve"), "m1", Answer.DISCARD, "run")
