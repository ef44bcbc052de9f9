"""After a reconnection to the same mailbox: which event is the one that a link remembers.

Recorded ids first, then the iCalUID, then our marker, then our link with the original start. Nothing is written; what
fits several events, or none, waits for its user.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from meetbridge.model.event import Event
from meetbridge.model.meeting import Link, Meeting
from meetbridge.sync import links
from meetbridge.sync.merge import same_time


@dataclass
class Index:
    """The user's events by what a link remembers of one."""

    by_uid: dict[str, list[Event]] = field(default_factory=dict)
    by_marker: dict[str, list[Event]] = field(default_factory=dict)
    by_url: dict[str, list[Event]] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        if event.ical_uid:
            self.by_uid.setdefault(event.ical_uid, []).append(event)
        if event.meeting_id:
            self.by_marker.setdefault(event.meeting_id, []).append(event)
        for url in links.addresses(event.content):
            self.by_url.setdefault(url, []).append(event)


def indexed(events: Iterable[Event]) -> Index:
    index = Index()
    for event in events:
        index.add(event)
    return index


def candidates(index: Index, meeting: Meeting, link: Link) -> Sequence[Event]:
    """Those that fit best; one is a match, none or several are not."""
    series = bool(link.base.recurrence)
    url = links.normalise(meeting.join_url) or ""
    start = [e for e in index.by_url.get(url, ()) if same_time(e.content.start, link.base.start, series=series)]
    marked = index.by_marker.get(meeting.id, [])
    for fitting in (index.by_uid.get(link.ical_uid, []), marked, start):
        if fitting:
            return fitting
    return ()
