"""Which events stand for meetings: those that ask to become one, and those that claim to be one of ours.

Only what the calendar's owner organises, in a calendar of their own, is ever linked. A claim (our marker, our link)
is not enough: the recorded (item id, iCalUID) keeps the meeting, so a copy stays a copy. What a record alone can't
tell (moved or copied? cut or copied?) is verified at the service.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from meetbridge.model.connection import Calendar, MeetingsForEvents
from meetbridge.model.event import Event, EventKind
from meetbridge.model.meeting import Link, LinkState, MeetingRecord
from meetbridge.sync import block, links, rules
from meetbridge.sync.reconcile import REMEMBERED

REACH = timedelta(days=30)


class Claim(StrEnum):
    NONE = "none"  # a copy, or not ours to decide: shown, never written
    REJOIN = "rejoin"  # the recorded event, found again
    ADOPT = "adopt"  # the meeting has no event: this is it
    VERIFY = "verify"  # moved or cut, if the recorded event says so


@dataclass(frozen=True, slots=True)
class Claimed:
    claim: Claim
    index: int = 0


def is_long_past(event: Event, now: datetime) -> bool:
    """Whether a first sync leaves it out: all of it ended more than 30 days ago."""
    return not event.detached and rules.event_is_over(event, now - REACH)


def may_link(event: Event, calendar: Calendar) -> bool:
    """Whether the calendar's owner organises it, in a calendar of their own."""
    mine = event.organized_by_owner and calendar.owned and calendar.selected
    return mine and event.kind is EventKind.DEFAULT and not event.detached


def asks(event: Event, wanted: MeetingsForEvents, marker: str, allowed: links.Patterns, now: datetime) -> bool:
    """Whether an event without a meeting shall be offered to the platform (meeting.requested)."""
    if rules.event_is_over(event, now):
        return False
    return bool(links.join_links(event.content, allowed)) or _marked(event, wanted, marker)


def may_claim(event: Event, allowed: links.Patterns) -> bool:
    """Whether it is worth looking for a meeting of ours behind this event."""
    content = event.content
    return bool(event.meeting_id or links.join_links(content, allowed) or block.read(content.description))


def claims(record: MeetingRecord, event: Event, generation: int, now: datetime) -> Claimed:
    """What this event, which names the meeting by marker, ids or link, is to it."""
    if record.meeting.cancelled:
        return Claimed(Claim.NONE)
    for index, link in enumerate(record.links[: len(record.meeting.parts)]):
        if link is not None and _recorded(link, event):
            return Claimed(_again(record, link, event, generation, now), index)
    cut = [i for i, link in enumerate(record.links) if link is not None and _alive(link, generation)]
    if cut:
        return Claimed(Claim.VERIFY, _before(record, cut, event))
    return _free(record, event, generation)


def is_cut(record: MeetingRecord, index: int, recorded: Event, event: Event) -> bool:
    """Whether `event` goes on where the recorded series, as the service has it now, was cut."""
    if not links.carries(event.content, record.meeting.join_url) or not recorded.recurrence:
        return False
    taken = any(p.start.local >= event.content.start.local for p in record.meeting.parts[index + 1 :])
    return not taken and rules.goes_on_at(recorded, event.content.start)


def _marked(event: Event, wanted: MeetingsForEvents, marker: str) -> bool:
    if wanted is MeetingsForEvents.NONE:
        return False
    text = f"{event.content.title}\n{event.content.location}".lower()
    if marker and marker.lower() in text:
        return True
    guests = [a for a in event.content.attendees if not (a.resource or a.organizer or a.is_self)]
    return wanted is MeetingsForEvents.WITH_GUESTS and bool(guests)


def _recorded(link: Link, event: Event) -> bool:
    return bool(link.etag) and (link.event_id == event.id or (bool(link.ical_uid) and link.ical_uid == event.ical_uid))


def _again(record: MeetingRecord, link: Link, event: Event, generation: int, now: datetime) -> Claim:
    """The recorded event, of which the store has lost the link, or one that shares its iCalUID."""
    if link.generation != generation:
        return Claim.NONE
    if link.state in (LinkState.GONE, LinkState.OUTSIDE_SELECTION):
        return Claim.REJOIN
    if link.state is LinkState.DORMANT and link.since is not None and now - link.since <= REMEMBERED:
        return Claim.REJOIN
    if link.state is LinkState.UNLINKED and links.carries(event.content, record.meeting.join_url):
        return Claim.REJOIN
    elsewhere = (link.calendar_id, link.event_id) != (event.calendar_id, event.id)
    if link.state is LinkState.LINKED:
        return Claim.VERIFY if elsewhere else Claim.REJOIN
    return Claim.NONE


def _alive(link: Link, generation: int) -> bool:
    return link.state is LinkState.LINKED and link.generation == generation and bool(link.etag)


def _before(record: MeetingRecord, alive: list[int], event: Event) -> int:
    """The last living part that begins before the event."""
    start = event.content.start.local
    earlier = [i for i in alive if i < len(record.meeting.parts) and record.meeting.parts[i].start.local < start]
    return earlier[-1] if earlier else alive[0]


def _free(record: MeetingRecord, event: Event, generation: int) -> Claimed:
    """A meeting without any living event is the event's that carries its link, if the user put it there."""
    single = len(record.meeting.parts) == 1 and len(record.links) == 1
    link = record.links[0] if single else None
    waiting = link is None or (link.generation == generation and link.state is LinkState.UNLINKED)
    if single and waiting and links.carries(event.content, record.meeting.join_url):
        return Claimed(Claim.ADOPT)
    return Claimed(Claim.NONE)
