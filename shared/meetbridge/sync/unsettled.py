"""What the platform said and took back before anybody could tell whether it had reached the calendar.

A run may die after a write took effect and before its commit. When the platform has spoken anew by then, our own
older words stand in the event like a change by its user, who would win against the newer ones. So a link remembers
the words that were replaced while they were not settled, and what an event repeats of them counts as agreed.
"""

from __future__ import annotations

from dataclasses import replace

from meetbridge.model.meeting import Link, Meeting, Part
from meetbridge.sync import rules
from meetbridge.sync.block import canonical_agenda
from meetbridge.sync.merge import keyed, rebased, same_exception, same_part, same_time

NEWEST = 4


def remembered(links: tuple[Link | None, ...], replaced: Meeting) -> tuple[Link | None, ...]:
    """The links of a meeting of which the platform replaces this state."""
    parts = replaced.parts
    return tuple(_with(link, parts[i]) if link and i < len(parts) else link for i, link in enumerate(links))


def agreed(base: Part, remote: Part, unsettled: tuple[Part, ...]) -> Part:
    """The base, in which what the event has from an unsettled part stands as the event says it."""
    for one in unsettled:
        base = _agreed(base, remote, one)
    return base


def _with(link: Link, part: Part) -> Link:
    if not link.etag or part in link.unsettled or same_part(link.base, part):
        return link
    return replace(link, unsettled=(*link.unsettled, part)[-NEWEST:])


def _agreed(base: Part, remote: Part, ours: Part) -> Part:
    series = bool(base.recurrence or remote.recurrence)
    start = remote.start if same_time(ours.start, remote.start, series=series) else base.start
    end = remote.end if same_time(ours.end, remote.end, series=series) else base.end
    placed = rebased(base, replace(base, start=start))
    found = replace(
        placed,
        start=start,
        end=end,
        topic=remote.topic if ours.topic == remote.topic else base.topic,
        recurrence=remote.recurrence if rules.same(ours, remote) else base.recurrence,
        agenda=remote.agenda if canonical_agenda(ours.agenda) == canonical_agenda(remote.agenda) else base.agenda,
        private=remote.private if ours.private == remote.private else base.private,
        invitees=_invitees(base, remote, ours),
    )
    return _with_exceptions(found, remote, ours)


def _invitees(base: Part, remote: Part, ours: Part) -> tuple[str, ...]:
    """One by one: invited by us, or taken off by us."""
    old, theirs, mine = set(base.invitees), set(remote.invitees), set(ours.invitees)
    return tuple(sorted((old - (old - theirs - mine)) | (theirs & mine)))


def _with_exceptions(base: Part, remote: Part, ours: Part) -> Part:
    old, theirs, mine = (keyed(rebased(side, base)) for side in (base, remote, ours))
    for key in {*old, *theirs, *mine}:
        said, wanted = theirs.get(key), mine.get(key)
        if said is None and wanted is None:
            old.pop(key, None)
        elif said is not None and wanted is not None and same_exception(said, wanted):
            old[key] = said
    return replace(base, exceptions=tuple(old[key] for key in sorted(old)))
