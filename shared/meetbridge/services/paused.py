"""Meetings that wait for their user: a reconnection found no event for them, or the service refused what they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

from meetbridge.errors import NotFound, VersionConflict
from meetbridge.model.account import Identity
from meetbridge.model.ids import connection_key
from meetbridge.model.meeting import CalendarState, Link, LinkState, MeetingRecord
from meetbridge.ports.clock import Clock
from meetbridge.ports.jobs import JobQueue, SyncJob
from meetbridge.ports.repositories import By, ConnectionRepository, MeetingRepository, Slice
from meetbridge.services.access import access

ATTEMPTS = 4


class Answer(StrEnum):
    """APPROVE: make the event anew, or try again. DISCARD: the meeting goes on without an event."""

    APPROVE = "approve"
    DISCARD = "discard"


class Why(StrEnum):
    AMBIGUOUS = "ambiguous"  # no event fits after a reconnection, or several do
    REJECTED = "rejected"  # the service finds something wrong with it


class Paused:
    def __init__(
        self, connections: ConnectionRepository, meetings: MeetingRepository, jobs: JobQueue, clock: Clock
    ) -> None:
        self._connections = connections
        self._meetings = meetings
        self._jobs = jobs
        self._clock = clock

    def listing(self, caller: Identity, cursor: str | None, limit: int) -> Slice[MeetingRecord]:
        """A page may hold fewer than `limit`, or none."""
        access(self._connections, caller)
        found = self._meetings.all_meetings(caller.tenant, caller.user, cursor, limit)
        return Slice(tuple(record for record in found.items if why(record)), found.next)

    def answer(self, caller: Identity, meeting_id: str, answer: Answer, run: str) -> MeetingRecord:
        """Raises NotFound for a meeting that doesn't wait."""
        access(self._connections, caller)
        by = By(f"user:{caller.user}", run, "paused")
        approve = answer is Answer.APPROVE
        for _ in range(ATTEMPTS):
            record = self._meetings.meeting(caller.tenant, caller.user, meeting_id)
            if record is None or why(record) is None:
                raise NotFound("There is no such meeting waiting.")
            new = replace(
                record,
                links=tuple(self._links(record, approve)),
                calendar_state=CalendarState.PENDING if approve else CalendarState.UNLINKED,
            )
            now = self._clock.now()
            try:
                saved = self._meetings.save(caller.tenant, caller.user, new, dirty=approve, by=by, now=now)
            except VersionConflict:
                continue
            if approve:
                self._jobs.now([SyncJob(connection_key(caller.tenant, caller.user), meetings=True)])
            return saved
        raise VersionConflict("The meeting keeps changing; try again.")

    def _links(self, record: MeetingRecord, approve: bool) -> Iterator[Link | None]:
        waiting = LinkState.AMBIGUOUS if why(record) is Why.AMBIGUOUS else LinkState.LINKED
        for link in record.links:
            if link is None or link.state is not waiting:
                yield link
            elif approve:
                yield None if waiting is LinkState.AMBIGUOUS else link
            else:
                yield replace(link, state=LinkState.UNLINKED, since=self._clock.now())


def why(record: MeetingRecord) -> Why | None:
    """Why it waits; None where it doesn't."""
    if any(link is not None and link.state is LinkState.AMBIGUOUS for link in record.links):
        return Why.AMBIGUOUS
    return Why.REJECTED if record.calendar_state is CalendarState.PAUSED else None
