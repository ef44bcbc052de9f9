"""What a linked meeting and event become when either has changed: pure, total, one part at a time.

The base of a link is always what the event said when last agreed; whatever the meeting says beyond it is what the
platform wants written. So a run may stop between any two steps: the next one finds the same difference again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from meetbridge.model.event import Event
from meetbridge.model.meeting import (
    CalendarState,
    InviteBy,
    Link,
    LinkState,
    MadeBy,
    Meeting,
    MeetingRecord,
    Origin,
    Part,
)
from meetbridge.sync import links, rules, unsettled
from meetbridge.sync.mapping import guests_cross, part_of
from meetbridge.sync.merge import Loser, differences, merge, same_part

REMEMBERED = timedelta(days=30)


class Tie(StrEnum):
    """What an event that was linked is now."""

    HOLDS = "holds"
    LINK_REMOVED = "link_removed"
    NOT_ORGANISED = "not_organised"


@dataclass(frozen=True, slots=True)
class Agreement:
    """The record after a merge, and the fields of the platform that lost."""

    record: MeetingRecord
    losers: tuple[Loser, ...] = ()


def tie(record: MeetingRecord, link: Link, event: Event) -> Tie:
    """Whether the event still stands for the meeting.

    The link counts as removed where it stood and stands nowhere any more; one that the platform has replaced since
    is looked for in its old form too.
    """
    if not event.organized_by_owner:
        return Tie.NOT_ORGANISED
    stood = bool(link.join_url)
    stands = links.carries(event.content, link.join_url) or links.carries(event.content, record.meeting.join_url)
    return Tie.LINK_REMOVED if stood and not stands else Tie.HOLDS


def agree(record: MeetingRecord, index: int, event: Event, now: datetime) -> Agreement:
    """Both sides merged into the meeting; the link's base becomes what the event says."""
    link = record.links[index]
    if link is None:
        return Agreement(record)
    local = record.meeting.parts[index]
    guests = guests_cross(record.meeting, link)
    base = _base(record, link)
    remote = part_of(event, base, guests=guests)
    merged = merge(unsettled.agreed(base, remote, link.unsettled), local, remote)
    meeting = with_part(record.meeting, index, merged.part)
    settled = settle(replace(record, meeting=meeting), index, event, now)
    return Agreement(settled, merged.losers)


def adopt(
    record: MeetingRecord, index: int, event: Event, made_by: MadeBy, generation: int, now: datetime
) -> Agreement:
    """A link to an event that has none: the calendar's word counts, but for an agenda that it lacks."""
    old = record.links[index]
    invites = old.invites if old is not None else True
    part = record.meeting.parts[index]
    bare = Link(event.calendar_id, event.id, event.ical_uid, "", part, made_by, generation, invites=invites)
    remote = part_of(event, part, guests=guests_cross(record.meeting, bare))
    merged = merge(None, part, remote)
    meeting = with_part(record.meeting, index, merged.part)
    linked = with_link(replace(record, meeting=meeting, requested_event=None), index, bare)
    return Agreement(settle(linked, index, event, now), merged.losers)


def rejoin(record: MeetingRecord, index: int, event: Event, generation: int, now: datetime) -> Agreement:
    """A link found again (moved, reselected, reconnected): merged against the base of old, or unlinked where its user
    has parted the two meanwhile."""
    link = record.links[index]
    if link is None:
        return adopt(record, index, event, MadeBy.USER, generation, now)
    found = replace(
        link,
        calendar_id=event.calendar_id,
        event_id=event.id,
        ical_uid=event.ical_uid,
        generation=generation,
        state=LinkState.LINKED,
        since=None,
    )
    placed = with_link(record, index, found)
    if tie(record, found, event) is not Tie.HOLDS:
        return Agreement(unlinked(placed, index, LinkState.UNLINKED, now))
    return agree(placed, index, event, now)


def yielded(record: MeetingRecord, index: int, event: Event, now: datetime) -> Agreement:
    """After a write: what the service made of it counts, or it would be written again and again."""
    part = record.meeting.parts[index]
    said = part_of(event, part, guests=guests_cross(record.meeting, record.links[index]))
    meeting = with_part(record.meeting, index, said)
    return Agreement(settle(replace(record, meeting=meeting), index, event, now), differences(part, said))


def settle(record: MeetingRecord, index: int, event: Event, now: datetime) -> MeetingRecord:
    """The link as it is agreed with this event."""
    link, part = record.links[index], record.meeting.parts[index]
    if link is None:
        return record
    url, guests = record.meeting.join_url, guests_cross(record.meeting, link)
    carried = url if links.carries(event.content, url) else ""
    if not carried and links.carries(event.content, link.join_url):
        carried = link.join_url
    settled = replace(
        link,
        calendar_id=event.calendar_id,
        event_id=event.id,
        ical_uid=event.ical_uid,
        etag=event.etag,
        base=part_of(event, part, guests=guests),
        guests=guests,
        state=LinkState.LINKED,
        since=None,
        join_url=carried,
        unsettled=(),
    )
    return shown(with_link(record, index, settled), now)


def pending(record: MeetingRecord, index: int) -> bool:
    """Whether the event has still to be told something."""
    link, meeting = record.links[index], record.meeting
    if link is None or link.state is not LinkState.LINKED:
        return False
    return (
        not link.etag
        or not same_part(_base(record, link), meeting.parts[index])
        or not links.same(link.join_url, meeting.join_url)
    )


def mails(record: MeetingRecord, index: int) -> bool:
    """Whether writing what is pending is the user's own act on the platform, of which guests are told (B9)."""
    link, meeting = record.links[index], record.meeting
    if link is None or not link.invites or meeting.invite_by is InviteBy.PLATFORM:
        return False
    new_link = bool(link.join_url) and not links.same(link.join_url, meeting.join_url)
    told = (_base(record, link), *link.unsettled)
    return new_link or any(not same_part(one, meeting.parts[index]) for one in told)


def _base(record: MeetingRecord, link: Link) -> Part:
    """What was agreed, of invitees nothing yet where the calendar is to invite whom the platform has invited so far."""
    if link.guests or not guests_cross(record.meeting, link):
        return link.base
    return replace(link.base, invitees=())


def lost(record: MeetingRecord, index: int, now: datetime) -> MeetingRecord:
    """The event is not seen any more: gone for now, or of the past, which cancels nothing."""
    link = record.links[index]
    if link is None or link.state is not LinkState.LINKED:
        return record
    if rules.part_is_over(link.base, now):
        return unlinked(record, index, LinkState.UNLINKED, now)
    return unlinked(record, index, LinkState.GONE, now)


def unlinked(record: MeetingRecord, index: int, state: LinkState, now: datetime) -> MeetingRecord:
    link = record.links[index]
    if link is None:
        return record
    return shown(with_link(record, index, replace(link, state=state, since=now)), now)


def deleted(record: MeetingRecord, index: int, now: datetime) -> MeetingRecord:
    """The organiser's future event is gone for good: its part of the meeting is over, or all of it."""
    meeting = record.meeting
    parts = meeting.parts[:index] + meeting.parts[index + 1 :]
    by_calendar = replace(meeting, revision=meeting.revision + 1, origin=Origin.CALENDAR)
    if all(rules.part_is_over(part, now) for part in parts):
        gone = unlinked(record, index, LinkState.UNLINKED, now)
        return shown(replace(gone, meeting=replace(by_calendar, cancelled=True)), now)
    others = record.links[:index] + record.links[index + 1 :]
    return shown(replace(record, meeting=replace(by_calendar, parts=parts), links=others), now)


def goes_on(record: MeetingRecord, index: int, cut: Event, event: Event, generation: int, now: datetime) -> Agreement:
    """'This and following': the new series is one more part of the meeting, after the cut one."""
    agreed = agree(record, index, cut, now)
    record = agreed.record
    meeting = record.meeting
    guests = guests_cross(meeting, record.links[index])
    part = part_of(event, replace(meeting.parts[index], exceptions=()), guests=guests)
    parts = (*meeting.parts[: index + 1], part, *meeting.parts[index + 1 :])
    old = record.links[index]
    made_by, invites = (old.made_by, old.invites) if old is not None else (MadeBy.USER, True)
    link = Link(event.calendar_id, event.id, event.ical_uid, event.etag, part, made_by, generation, invites=invites)
    tied = (*record.links[: index + 1], link, *record.links[index + 1 :])
    longer = replace(meeting, parts=parts, revision=meeting.revision + 1, origin=Origin.CALENDAR)
    return Agreement(settle(replace(record, meeting=longer, links=tied), index + 1, event, now), agreed.losers)


def with_part(meeting: Meeting, index: int, part: Part) -> Meeting:
    """The meeting with a part that the calendar changed; the same where it says nothing new."""
    if same_part(meeting.parts[index], part):
        return meeting
    parts = (*meeting.parts[:index], part, *meeting.parts[index + 1 :])
    return replace(meeting, parts=parts, revision=meeting.revision + 1, origin=Origin.CALENDAR)


def with_link(record: MeetingRecord, index: int, link: Link | None) -> MeetingRecord:
    return replace(record, links=(*record.links[:index], link, *record.links[index + 1 :]))


def aligned(record: MeetingRecord) -> MeetingRecord:
    """As many links as parts at least; more are of parts that the platform took away."""
    missing = len(record.meeting.parts) - len(record.links)
    return replace(record, links=record.links + (None,) * missing) if missing > 0 else record


def shown(record: MeetingRecord, now: datetime) -> MeetingRecord:
    """The record with what the platform is told of the calendar."""
    return replace(record, calendar_state=_calendar_state(record, now))


def _calendar_state(record: MeetingRecord, now: datetime) -> CalendarState:
    if record.meeting.cancelled:
        return CalendarState.CANCELLED
    states = [link.state for link in record.links if link is not None]
    if LinkState.AMBIGUOUS in states:
        return CalendarState.PAUSED
    if any(s in (LinkState.OUTSIDE_SELECTION, LinkState.DORMANT) for s in states):
        return CalendarState.OUTSIDE_SELECTION
    if all(rules.part_is_over(part, now) for part in record.meeting.parts):
        return CalendarState.ENDED
    if LinkState.UNLINKED in states:
        return CalendarState.UNLINKED
    whole = len(states) == len(record.links) and all(s is LinkState.LINKED for s in states)
    made = all(link is None or link.etag for link in record.links)
    return CalendarState.IN_CALENDAR if whole and made else CalendarState.PENDING
