"""Three-way merge of what both sides may change, so that nothing is lost that need not be.

Changed on one side: that side. On both, differently: the calendar's wins, since its attendees have been told; the
platform's value is returned as a loser. Invitees merge as a set, exceptions by recurrence id, each field of its own.
Start and end go together where they conflict: half of each would be a time that nobody chose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from meetbridge.model.meeting import Part, PartException
from meetbridge.model.times import EventTime
from meetbridge.sync import rules
from meetbridge.sync.block import canonical_agenda

T = TypeVar("T")
Loser = tuple[str, str]
Pair = tuple[EventTime | None, EventTime | None]
_UTC = frozenset(
    {"UTC", "Etc/UTC", "Etc/GMT", "GMT", "Etc/Universal", "Etc/Zulu", "Zulu", "Universal", "UCT", "Etc/UCT"}
)


@dataclass(frozen=True, slots=True)
class Merged:
    part: Part
    losers: tuple[Loser, ...] = ()


def same_time(one: EventTime | None, other: EventTime | None, *, series: bool) -> bool:
    """Series compare by wall clock and zone, single events by instant and zone, dates as dates."""
    if one is None or other is None:
        return one is other
    if one.zone is None or other.zone is None:
        return one.zone == other.zone and one.value == other.value
    if _zone(one.zone) != _zone(other.zone):
        return False
    return one.local == other.local if series else one.instant == other.instant


def same_part(one: Part, other: Part) -> bool:
    """Whether both say the same; the text of a rule, an agenda's blanks and the order of addresses don't matter."""
    series = bool(one.recurrence or other.recurrence)
    return (
        one.topic == other.topic
        and same_time(one.start, other.start, series=series)
        and same_time(one.end, other.end, series=series)
        and rules.same(one, other)
        and canonical_agenda(one.agenda) == canonical_agenda(other.agenda)
        and one.private == other.private
        and set(one.invitees) == set(other.invitees)
        and same_exceptions(one, other)
    )


def same_exceptions(one: Part, other: Part) -> bool:
    mine, theirs = keyed(one), keyed(other)
    return mine.keys() == theirs.keys() and all(same_exception(mine[k], theirs[k]) for k in mine)


def same_exception(one: PartException, other: PartException) -> bool:
    if one.cancelled or other.cancelled:
        return one.cancelled == other.cancelled
    return (
        one.topic == other.topic
        and same_time(one.start, other.start, series=False)
        and same_time(one.end, other.end, series=False)
        and _same_agenda(one.agenda, other.agenda)
    )


def keyed(part: Part) -> dict[datetime, PartException]:
    """The exceptions that say something, by the wall clock of their recurrence id."""
    end = rules.until(part.recurrence, part.start)
    told = (_plain(e, part) for e in part.exceptions)
    return {e.recurrence_id.local: e for e in told if not _empty(e) and (end is None or e.recurrence_id.local <= end)}


def merge(base: Part | None, local: Part, remote: Part) -> Merged:
    """The part that both sides shall hold. Without a base the calendar's word counts wherever it has one."""
    if base is None:
        agreed = remote if remote.agenda else replace(remote, agenda=local.agenda)
        return Merged(agreed, differences(local, agreed))
    losers: list[Loser] = []
    topic = _field("topic", base.topic, local.topic, remote.topic, _equal, losers)
    start, end = _times(base, local, remote, losers)
    recurrence = _recurrence(base, local, remote, losers)
    agenda = _field("agenda", base.agenda, local.agenda, remote.agenda, _same_agenda, losers)
    private = _field("private", base.private, local.private, remote.private, _equal, losers)
    merged = Part(topic, start, end, recurrence, (), agenda, private, _invitees(base, local, remote))
    exceptions = _exceptions(base, local, remote, merged, losers)
    return Merged(_kept(local, replace(merged, exceptions=exceptions)), tuple(losers))


def differences(lost: Part, kept: Part) -> tuple[Loser, ...]:
    """What `lost` said and `kept` does not, by field."""
    series = bool(lost.recurrence or kept.recurrence)
    said = {
        "topic": (lost.topic == kept.topic, lost.topic),
        "start": (same_time(lost.start, kept.start, series=series), _shown(lost.start)),
        "end": (same_time(lost.end, kept.end, series=series), _shown(lost.end)),
        "recurrence": (rules.same(lost, kept), " ".join(lost.recurrence)),
        "agenda": (_same_agenda(lost.agenda, kept.agenda), lost.agenda),
        "private": (lost.private == kept.private, str(lost.private)),
        "invitees": (set(lost.invitees) <= set(kept.invitees), " ".join(lost.invitees)),
    }
    mine, theirs = keyed(lost), keyed(kept)
    exceptions = [e for key, e in mine.items() if key not in theirs or not same_exception(e, theirs[key])]
    fields = [(name, value) for name, (same, value) in said.items() if not same]
    return (*fields, *((f"exceptions/{_shown(e.recurrence_id)}", _told(e)) for e in exceptions))


def _kept(local: Part, merged: Part) -> Part:
    """The platform's own spelling where nothing changed."""
    return local if same_part(local, merged) else merged


def _field(name: str, base: T, local: T, remote: T, same: Callable[[T, T], bool], losers: list[Loser]) -> T:
    if same(local, remote) or same(base, remote):
        return local
    if not same(base, local):
        losers.append((name, str(local)))
    return remote


def _times(base: Part, local: Part, remote: Part, losers: list[Loser]) -> tuple[EventTime, EventTime]:
    def same(one: EventTime, other: EventTime) -> bool:
        return same_time(one, other, series=bool(local.recurrence or remote.recurrence))

    lost: list[Loser] = []
    start = _field("start", base.start, local.start, remote.start, same, lost)
    end = _field("end", base.end, local.end, remote.end, same, lost)
    if lost or start.all_day != end.all_day or end.instant < start.instant:
        losers += [(n, _shown(t)) for n, t in (("start", local.start), ("end", local.end))]
        return remote.start, remote.end
    return start, end


def _recurrence(base: Part, local: Part, remote: Part, losers: list[Loser]) -> tuple[str, ...]:
    if rules.same(local, remote) or rules.same(base, remote):
        return local.recurrence
    if not rules.same(base, local):
        losers.append(("recurrence", " ".join(local.recurrence)))
    return remote.recurrence


def _invitees(base: Part, local: Part, remote: Part) -> tuple[str, ...]:
    old, mine, theirs = set(base.invitees), set(local.invitees), set(remote.invitees)
    return tuple(sorted((old & mine & theirs) | (mine - old) | (theirs - old)))


def _exceptions(base: Part, local: Part, remote: Part, merged: Part, losers: list[Loser]) -> tuple[PartException, ...]:
    if not merged.recurrence:
        return ()
    old, mine, theirs = (keyed(rebased(side, merged)) for side in (base, local, remote))
    found = []
    for key in sorted({*old, *mine, *theirs}):
        rid = next(s[key].recurrence_id for s in (theirs, mine, old) if key in s)
        none = PartException(rid)
        found.append(_exception(old.get(key, none), mine.get(key, none), theirs.get(key, none), losers))
    return tuple(e for e in found if not _empty(e))


def rebased(side: Part, merged: Part) -> Part:
    """The exceptions' recurrence ids moved along with the start of their series."""
    moved = merged.start.local - side.start.local
    if merged.start.zone == side.start.zone and not moved:
        return side

    def rid(old: EventTime) -> EventTime:
        local = old.local + moved
        return EventTime(local.date()) if merged.start.zone is None else EventTime(local, merged.start.zone)

    return replace(side, exceptions=tuple(replace(e, recurrence_id=rid(e.recurrence_id)) for e in side.exceptions))


def _exception(base: PartException, local: PartException, remote: PartException, losers: list[Loser]) -> PartException:
    if same_exception(local, remote) or same_exception(base, remote):
        return local
    if same_exception(base, local):
        return remote
    where = f"exceptions/{_shown(local.recurrence_id)}"
    if local.cancelled != remote.cancelled:
        losers.append((where, _told(local)))
        return remote
    lost: list[Loser] = []
    topic = _field(f"{where}/topic", base.topic, local.topic, remote.topic, _equal, lost)
    agenda = _field(f"{where}/agenda", base.agenda, local.agenda, remote.agenda, _same_agenda, lost)
    start, end = _field(f"{where}/start", _pair(base), _pair(local), _pair(remote), _same_pair, lost)
    losers += lost
    return PartException(remote.recurrence_id, remote.cancelled, topic, start, end, agenda)


def _plain(exception: PartException, part: Part) -> PartException:
    """Without what says no more than the part does."""
    if exception.cancelled:
        return PartException(exception.recurrence_id, cancelled=True)
    rid, lasts = exception.recurrence_id, part.end.local - part.start.local
    topic = None if exception.topic == part.topic else exception.topic
    agenda = None if _same_agenda(exception.agenda, part.agenda) else exception.agenda
    start, end = exception.start or rid, exception.end
    natural_end = (
        EventTime((start.local + lasts).date()) if start.all_day else EventTime(start.local + lasts, start.zone)
    )
    end = end or natural_end
    if same_time(start, rid, series=False) and same_time(end, natural_end, series=False):
        return PartException(rid, False, topic, None, None, agenda)
    return PartException(rid, False, topic, start, end, agenda)


def _empty(e: PartException) -> bool:
    return not e.cancelled and e.topic is None and e.start is None and e.end is None and e.agenda is None


def _same_agenda(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is other
    return canonical_agenda(one) == canonical_agenda(other)


def _told(e: PartException) -> str:
    said = (e.topic, _shown(e.start), _shown(e.end), e.agenda)
    return "cancelled" if e.cancelled else " ".join(text for text in said if text)


def _pair(exception: PartException) -> Pair:
    return exception.start, exception.end


def _same_pair(one: Pair, other: Pair) -> bool:
    return same_time(one[0], other[0], series=False) and same_time(one[1], other[1], series=False)


def _equal(one: object, other: object) -> bool:
    return one == other


def _zone(name: str) -> str:
    return "UTC" if name in _UTC else name


def _shown(time: EventTime | None) -> str:
    if time is None:
        return ""
    return time.value.isoformat() if time.zone is None else f"{time.value.isoformat()}[{time.zone}]"
