"""A series shown occurrence by occurrence, on read alone: stored events stay whole (design: series stay series).

Wall clocks of the series' zone recur; each becomes an instant as RFC 5545, 3.3.5 says: one that a change to summer
time skips counts with the offset before the gap, one that comes twice is the first. All members of a series last
exactly as long as the first (3.8.5.3). A DTSTART that its own rule doesn't meet is no occurrence (as Google has it; the
RFC leaves it open). A period of an RDATE counts by its start.

A series whose lines can't be expanded within bounds (see sync.recurrence) is shown at its first occurrence and
its overrides, with `rule_ignored`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter

from meetbridge.model.event import Content, Event
from meetbridge.model.times import EventTime, at, zone_info
from meetbridge.sync import recurrence as rules
from meetbridge.sync.recurrence import MAX_OCCURRENCES, RuleSet, Unexpandable

_EARLIEST, _LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_WIDEST_OFFSET = timedelta(hours=16)
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What shows at one time; `recurrence_id` (wall clock of the series' zone) is None for a single event.

    `source` says all but the times, which count from `start`: a content is made only for whom it concerns.
    """

    recurrence_id: EventTime | None
    source: Content
    start: EventTime
    rule_ignored: bool = False

    @property
    def content(self) -> Content:
        source, start = self.source, self.start
        if start == source.start:
            return source
        length = source.end.instant - source.start.instant
        end = at(_add(start.instant, length), source.end.zone) if source.end.zone else start.moved(length)
        return replace(source, start=start, end=end)


def whole(recurrence_id: EventTime | None, content: Content, *, ignored: bool = False) -> Occurrence:
    """An occurrence with its own content."""
    return Occurrence(recurrence_id, content, content.start, ignored)


def occurrences(event: Event, first: datetime, last: datetime) -> Iterator[Occurrence]:
    """What touches [first, last), both aware, by start; cancelled ones left out."""
    if not event.is_series:
        if _touches(event.content, first, last):
            yield whole(None, event.content)
        return
    found, ignored = _regular(event, first, last)
    zone = event.content.start.zone
    for override in event.overrides:
        if override.content is not None and _touches(override.content, first, last):
            rid = _in_zone(override.recurrence_id, zone)
            found.append((override.content.start.instant, whole(rid, override.content, ignored=ignored)))
    yield from (shown for _, shown in sorted(found, key=itemgetter(0)))


def occurrence(event: Event, recurrence_id: EventTime) -> Occurrence | None:
    """The one with this recurrence id, wherever it was moved; None where there is none or it is cancelled."""
    moment = recurrence_id.instant
    for override in event.overrides:
        if override.recurrence_id.instant == moment:
            if override.content is None:
                return None
            return whole(_in_zone(override.recurrence_id, event.content.start.zone), override.content)
    near = occurrences(event, moment, moment + _MOMENT)
    return next((o for o in near if o.recurrence_id and o.recurrence_id.instant == moment), None)


def first_day(event: Event) -> date:
    return span(event)[0]


def last_day(event: Event) -> date | None:
    return span(event)[1]


def span(event: Event) -> tuple[date, date | None]:
    """The UTC days of the first start and the last end, overrides included; None is endless.

    The last day may be later than the truth (dates taken out are not looked at), never earlier.
    """
    shown = [override.content for override in event.overrides if override.content is not None]
    if not event.detached or not shown:
        shown.append(event.content)
    start = min(content.start.instant for content in shown)
    end = max(_last_moment(content) for content in shown)
    if event.recurrence and not event.detached:
        try:
            lines = rules.parse(event.recurrence, event.content.start)
        except Unexpandable:
            return start.date(), end.date()
        length = _length(event.content)
        starts = [(_time(wall, event), True) for wall in lines.rdates]
        for rule in lines.rules:
            wall = rules.last(rule, event.content.start)
            if wall is None:
                return min([start, *(s.instant for s, _ in starts)]).date(), None
            starts.append((_time(wall, event), False))
        start = min([start, *(s.instant for s, real in starts if real)])
        end = max([end, *(_add(s.instant, max(length - _MOMENT, timedelta(0))) for s, _ in starts)])
    return start.date(), end.date()


def _regular(event: Event, first: datetime, last: datetime) -> tuple[list[tuple[datetime, Occurrence]], bool]:
    """Instants and occurrences of the rule that no override replaces; whether the rule had to be ignored."""
    if event.detached:
        return [], False
    ignored = False
    length = _length(event.content)
    try:
        lines = rules.parse(event.recurrence, event.content.start)
        walls = _walls(event, lines, first, last, length)
    except Unexpandable:
        walls, ignored = {event.content.start.local}, True
    starts = _starts(walls, event.content.start)
    for override in event.overrides:
        starts.pop(override.recurrence_id.instant, None)
    low = first - length if first - _EARLIEST > length else _EARLIEST
    return [
        (moment, Occurrence(start, event.content, start, ignored))
        for moment, start in starts.items()
        if moment < last and (moment > low or moment >= first)
    ], ignored


def _walls(event: Event, lines: RuleSet, first: datetime, last: datetime, length: timedelta) -> set[datetime]:
    """The wall clocks of what may touch the window."""
    start = event.content.start
    low = _add(_add(first, -length), -_WIDEST_OFFSET).replace(tzinfo=None)
    high = _add(last, _WIDEST_OFFSET).replace(tzinfo=None)
    given = lines.rdates if lines.rules else {start.local, *lines.rdates}
    walls = {wall for wall in given if low <= wall <= high}
    for rule in lines.rules:
        for wall in rules.run(rule, start, low, high):
            walls.add(wall)
            if len(walls) > MAX_OCCURRENCES:
                raise Unexpandable("too many occurrences")
    for rule in lines.exrules:
        walls.difference_update(rules.run(rule, start, low, high))
    if lines.exdays:
        walls = {wall for wall in walls if wall.date() not in lines.exdays}
    return walls - lines.exdates


def _starts(walls: set[datetime], start: EventTime) -> dict[datetime, EventTime]:
    """Instants and starts; a wall clock inside a gap shows after it, and equal instants are one."""
    if start.zone is None:
        return {wall.replace(tzinfo=UTC): EventTime(wall.date()) for wall in walls}
    zone = zone_info(start.zone)
    starts = {}
    for wall in walls:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        starts[moment] = EventTime(moment.astimezone(zone).replace(tzinfo=None), start.zone)
    return starts


def _time(wall: datetime, event: Event) -> EventTime:
    """A wall clock of the series as it really comes: one inside a gap shows after it."""
    zone = event.content.start.zone
    if zone is None:
        return EventTime(wall.date())
    return at(EventTime(wall, zone).instant, zone)


def _in_zone(time: EventTime, zone: str | None) -> EventTime:
    return at(time.instant, zone) if zone and not time.all_day else time


def _touches(content: Content, first: datetime, last: datetime) -> bool:
    start, end = content.start.instant, content.end.instant
    return start < last and (end > first or start >= first)


def _length(content: Content) -> timedelta:
    return max(content.end.instant - content.start.instant, timedelta(0))


def _last_moment(content: Content) -> datetime:
    return max(content.start.instant, _add(content.end.instant, -_MOMENT))


def _add(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return _LATEST if by > timedelta(0) else _EARLIEST
