"""What an event says as a part of a meeting, and the least that must be written to make an event say it.

Only the merged fields cross. Attendees keep what the service knows of them (responses, rooms); the description
keeps all that is not ours; where the user has taken our block out, the agenda is no longer written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from meetbridge.model.changes import EventWrite
from meetbridge.model.event import Attendee, Content, Event, Override, Visibility
from meetbridge.model.meeting import InviteBy, Link, Meeting, Part, PartException
from meetbridge.model.times import EventTime
from meetbridge.sync import block, links, rules
from meetbridge.sync.expand import occurrence
from meetbridge.sync.merge import keyed, same_exception, same_time


@dataclass(frozen=True, slots=True)
class UpdateOccurrence:
    recurrence_id: EventTime
    write: EventWrite
    notify: bool


@dataclass(frozen=True, slots=True)
class CancelOccurrence:
    recurrence_id: EventTime
    notify: bool


OccurrenceWrite = UpdateOccurrence | CancelOccurrence


def guests_cross(meeting: Meeting, link: Link | None) -> bool:
    """Whether invitees and attendees are the same people: not where the platform invites, nor after a move."""
    return meeting.invite_by is InviteBy.CALENDAR and (link is None or link.invites)


def part_of(event: Event, agreed: Part | None, *, guests: bool) -> Part:
    """What the event says; where it has no say (no block of ours, attendees left out), what was agreed."""
    content = event.content
    told = block.read(content.description)
    agenda = told.agenda if told else (agreed.agenda if agreed else "")
    silent = not guests or content.attendees_omitted
    invitees = (agreed.invitees if agreed else ()) if silent else _invitees(event, agreed)
    series = bool(event.recurrence)
    part = Part(
        content.title,
        content.start,
        content.end,
        event.recurrence,
        (),
        agenda,
        content.visibility.private,
        invitees,
    )
    old = keyed(agreed) if agreed and series else {}
    overrides = [o for o in event.overrides if not _is_stray(o, event)] if series else []
    found = [_exception(o, old.get(o.recurrence_id.local)) for o in overrides]
    told_apart = keyed(replace(part, exceptions=tuple(found)))
    return replace(part, exceptions=tuple(told_apart[key] for key in sorted(told_apart)))


def new_event(meeting: Meeting, part: Part, *, guests: bool) -> EventWrite:
    """The whole of a new event; its exceptions follow when it is there."""
    return EventWrite(
        title=part.topic,
        start=part.start,
        end=part.end,
        recurrence=part.recurrence,
        description=block.render(block.Block(meeting.join_url, part.agenda)),
        location=meeting.join_url,
        visibility=Visibility.PRIVATE if part.private else Visibility.DEFAULT,
        attendees=tuple(Attendee(email) for email in part.invitees) if guests else None,
        meeting_id=meeting.id,
    )


def master_write(event: Event, part: Part, meeting: Meeting, link: Link | None) -> EventWrite | None:
    """What differs in the master (or single event); None where nothing does."""
    guests = guests_cross(meeting, link)
    content, said = event.content, part_of(event, part, guests=guests)
    series = bool(part.recurrence or said.recurrence)
    moved = not (same_time(said.start, part.start, series=series) and same_time(said.end, part.end, series=series))
    write = EventWrite(
        title=part.topic if said.topic != part.topic else None,
        start=part.start if moved else None,
        end=part.end if moved else None,
        recurrence=None if rules.same(said, part) else part.recurrence,
        description=_description(content, part.agenda, meeting, link),
        location=meeting.join_url if _old_link_stands(content.location, meeting, link) else None,
        visibility=_visibility(part) if said.private != part.private else None,
        attendees=_attendees(event, part.invitees) if guests and set(said.invitees) != set(part.invitees) else None,
    )
    return None if write == EventWrite() else write


def occurrence_writes(
    event: Event, part: Part, meeting: Meeting, link: Link | None, notify: bool
) -> list[OccurrenceWrite]:
    """What differs in the exceptions, once the master is right."""
    if not event.recurrence:
        return []
    wanted = keyed(part)
    told = keyed(part_of(event, part, guests=guests_cross(meeting, link)))
    writes: list[OccurrenceWrite] = []
    for key in sorted({*wanted, *told}):
        target, now = wanted.get(key), told.get(key)
        if target is not None and now is not None and same_exception(target, now):
            continue
        rid = (now or target).recurrence_id  # type: ignore[union-attr]
        if target is not None and target.cancelled:
            writes.append(CancelOccurrence(rid, notify))
            continue
        write = _occurrence(event, part, meeting, rid, target)
        if write != EventWrite():
            writes.append(UpdateOccurrence(rid, write, notify))
    return writes


def released(event: Event) -> EventWrite | None:
    """The write that takes our block and marker off a user's own event; None where neither is there."""
    description = block.strip(event.content.description)
    write = EventWrite(
        description=description if description != event.content.description else None,
        meeting_id="" if event.meeting_id else None,
    )
    return None if write == EventWrite() else write


def _occurrence(event: Event, part: Part, meeting: Meeting, rid: EventTime, target: PartException | None) -> EventWrite:
    """What one occurrence must be told; a missing target brings it back to what the series says."""
    goal = target or PartException(rid)
    stored = next((o for o in event.overrides if o.recurrence_id.local == rid.local), None)
    now = (stored and stored.content) or _natural(event.content, rid)
    start = goal.start or rid
    end = goal.end or _natural(replace(event.content, start=part.start, end=part.end), start).end
    revived = stored is not None and stored.cancelled
    moved = revived or not (same_time(now.start, start, series=False) and same_time(now.end, end, series=False))
    topic = part.topic if goal.topic is None else goal.topic
    agenda = part.agenda if goal.agenda is None else goal.agenda
    return EventWrite(
        title=topic if revived or topic != now.title else None,
        start=start if moved else None,
        end=end if moved else None,
        description=_replaced(now.description, agenda, meeting) or (now.description if revived else None),
    )


def _natural(content: Content, rid: EventTime) -> Content:
    """What the series says at this recurrence id."""
    local = rid.local + (content.end.local - content.start.local)
    end = EventTime(local.date()) if rid.zone is None else EventTime(local, rid.zone)
    return replace(content, start=rid, end=end)


def _is_stray(override: Override, event: Event) -> bool:
    """Cancelled where the rule has no occurrence (any more): Google keeps such when a series moves."""
    return override.cancelled and occurrence(replace(event, overrides=()), override.recurrence_id) is None


def _exception(override: Override, agreed: PartException | None) -> PartException:
    content = override.content
    if content is None:
        return PartException(override.recurrence_id, cancelled=True)
    told = block.read(content.description)
    agenda = told.agenda if told else (agreed.agenda if agreed else None)
    return PartException(override.recurrence_id, False, content.title, content.start, content.end, agenda)


def _description(content: Content, agenda: str, meeting: Meeting, link: Link | None) -> str | None:
    """A new description where our block is out of date, or the event shall get our link; else None."""
    if block.read(content.description) is not None:
        return _replaced(content.description, agenda, meeting)
    if links.carries(content, meeting.join_url) or _old_link_stands(content.location, meeting, link):
        return None
    return block.replace(content.description, block.Block(meeting.join_url, agenda))


def _replaced(description: str, agenda: str, meeting: Meeting) -> str | None:
    told = block.read(description)
    if told is None:
        return None
    current = told.join_url == meeting.join_url or links.same(told.join_url, meeting.join_url)
    if current and told.agenda == block.canonical_agenda(agenda):
        return None
    return block.replace(description, block.Block(meeting.join_url, agenda))


def _old_link_stands(location: str, meeting: Meeting, link: Link | None) -> bool:
    """Whether the location is the link that we agreed on before the platform changed it."""
    return link is not None and links.same(location, link.join_url) and not links.same(location, meeting.join_url)


def _invitees(event: Event, agreed: Part | None) -> tuple[str, ...]:
    """The guests. Of the organiser and of rooms, which are no guests, an event can't say whether they are invited."""
    unsaid = _no_guests(event) & set(agreed.invitees if agreed else ())
    return tuple(sorted({*_addresses(event), *unsaid}))


def _no_guests(event: Event) -> set[str]:
    others = (a.email.lower() for a in event.content.attendees if a.resource or a.organizer or a.is_self)
    return {*others, event.organizer_email.lower()}


def _addresses(event: Event) -> tuple[str, ...]:
    guests = (a for a in event.content.attendees if not (a.resource or a.organizer or a.is_self))
    organizer = event.organizer_email.lower()
    return tuple(sorted({a.email.lower() for a in guests if a.email and a.email.lower() != organizer}))


def _attendees(event: Event, invitees: Sequence[str]) -> tuple[Attendee, ...]:
    """The whole list: known ones as they are, rooms and the organiser kept, new ones added."""
    wanted, said = set(invitees), set(_addresses(event))
    kept = tuple(a for a in event.content.attendees if a.email.lower() not in said or a.email.lower() in wanted)
    return kept + tuple(Attendee(email) for email in invitees if email not in said | _no_guests(event))


def _visibility(part: Part) -> Visibility:
    return Visibility.PRIVATE if part.private else Visibility.DEFAULT
