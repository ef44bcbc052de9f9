"""A calendar's rounds: begun, gone on with after any stop, and ended.

What a completed round has not seen is gone, not before; a round that came back empty although events are held is
asked again later before it is believed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from meetbridge.errors import SyncTokenInvalid
from meetbridge.model.connection import Calendar
from meetbridge.model.meeting import MeetingRecord
from meetbridge.ports.repositories import ChangeSet
from meetbridge.services.sync_pull import Pull
from meetbridge.services.sync_session import Session
from meetbridge.sync import rules

AGAIN = timedelta(minutes=5)
AT_ONCE = 100


class Standing(StrEnum):
    PROVED = "proved"  # equal to the service at this moment
    MORE = "more"  # a later job goes on
    DOUBTED = "doubted"  # to be asked again, not before some minutes have passed


class Rounds:
    """`enough_time` tells whether another step fits into what is left of the function's time."""

    def __init__(self, session: Session, enough_time: Callable[[], bool]) -> None:
        self._session = session
        self._pull = Pull(session)
        self._enough_time = enough_time

    def advance(self, calendar: Calendar) -> Standing:
        """Pages until the round is complete; a full round takes one page, the rest is for later jobs."""
        calendar = _begun(calendar)
        while True:
            first = calendar.page is None
            try:
                calendar, count = self._pull.page(calendar)
            except SyncTokenInvalid:
                self._forget(calendar)
                return Standing.MORE
            if calendar.page is None:
                return self._complete(calendar, empty=first and count == 0) if calendar.full_round else Standing.PROVED
            if calendar.full_round or not self._enough_time():
                return Standing.MORE

    def put_away(self, calendar: Calendar) -> bool:
        """A calendar that no longer syncs; True when nothing of it is left.

        Whoever selects it again before all is away begins anew: its token says only that something is left.
        """
        calendar = replace(calendar, page=None, full_round=True, token=calendar.token or "")
        self._session.commit(ChangeSet(calendars=(calendar,), by=self._session.by()))
        beyond = replace(calendar, round=calendar.round + 1)
        while True:
            found = self._session.sync.unseen(self._session.lease, beyond, None, AT_ONCE)
            if found.items:
                self._pull.put_away(found.items)
            if found.next is None:
                break
            if not self._enough_time():
                return False
        fresh = Calendar(calendar.id, calendar.index)
        cleared = replace(
            calendar,
            token=fresh.token,
            page=fresh.page,
            full_round=fresh.full_round,
            proved_at=fresh.proved_at,
            doubted=fresh.doubted,
            subscription=fresh.subscription,
            no_channel_until=fresh.no_channel_until,
        )
        self._session.commit(ChangeSet(calendars=(cleared,), by=self._session.by()))
        return True

    def _forget(self, calendar: Calendar) -> None:
        """The service has forgotten where we were: everything is listed and matched again, nothing deleted first."""
        again = replace(calendar, token=None, page=None, full_round=True)
        self._session.commit(ChangeSet(calendars=(again,), by=self._session.by()))

    def _complete(self, calendar: Calendar, *, empty: bool) -> Standing:
        session = self._session
        if empty and not calendar.doubted and session.sync.unseen(session.lease, calendar, None, 1).items:
            doubted = replace(calendar, token=None, page=None, doubted=True)
            session.commit(ChangeSet(calendars=(doubted,), by=session.by()))
            session.wake(session.now() + AGAIN)
            return Standing.DOUBTED
        while True:
            missed = session.sync.unseen(session.lease, calendar, None, AT_ONCE)
            if missed.items:
                self._pull.unseen(calendar, missed.items)
            if missed.next is None:
                break
            if not self._enough_time():
                return Standing.MORE
        self._mark_those_without_event()
        done = replace(calendar, page=None, full_round=False, doubted=False)
        session.commit(ChangeSet(calendars=(done,), by=session.by()))
        return Standing.PROVED

    def _mark_those_without_event(self) -> None:
        """A calendar, or the permission to write, may be what they waited for."""
        session = self._session
        if session.decision.meets:
            session.mark([r.meeting.id for r in session.all_records() if _lacks_event(r, session)], session.now())


def _lacks_event(record: MeetingRecord, session: Session) -> bool:
    if record.meeting.cancelled or all(rules.part_is_over(part, session.now()) for part in record.meeting.parts):
        return False
    connection = session.connection
    of_old = connection.previous_mailbox is not None and any(
        link is not None and link.generation != connection.generation for link in record.links
    )
    return of_old or (None in record.links and session.decision.may_write)


def is_left_over(calendar: Calendar) -> bool:
    """Whether a calendar that is not selected still has something of ours."""
    started = calendar.token is not None or calendar.page is not None
    return not calendar.selected and (started or calendar.subscription is not None)


def is_waiting(calendar: Calendar) -> bool:
    """Whether a selected calendar has a full round to end."""
    return calendar.selected and (calendar.full_round or calendar.token is None)


def _begun(calendar: Calendar) -> Calendar:
    if calendar.page is None and is_waiting(calendar):
        return replace(calendar, full_round=True, round=calendar.round + 1, token=None)
    return calendar
