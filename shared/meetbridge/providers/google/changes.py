"""A page of Google's list as our changes. Google hands over masters and exceptions as items of their own.

https://developers.google.com/workspace/calendar/api/guides/sync and .../guides/recurringevents
"""

from __future__ import annotations

import logging
from typing import Any

from meetbridge.errors import Unavailable
from meetbridge.model.changes import Change, EventChanged, EventGone, OccurrenceChanged
from meetbridge.providers.google import read

logger = logging.getLogger(__name__)


class ChangeReader:
    """Remembers the zones of the series that it has seen, to tell an exception's original start in them."""

    def __init__(self, calendar_id: str) -> None:
        self._calendar_id = calendar_id
        self._zones: dict[str, str | None] = {}

    def read(self, items: object, zone: str) -> tuple[Change, ...]:
        """Masters first. What can't be read is left out and counted in the log: it may not stop the round."""
        changes: list[Change] = []
        skipped = 0
        listed = items if isinstance(items, list) else []
        for item in sorted(listed, key=_is_exception):
            try:
                changes.append(self._change(item, zone))
            except Unavailable:
                skipped += 1
        if skipped:
            logger.warning("left out %d unreadable items of a calendar", skipped)
        return tuple(changes)

    def _change(self, item: Any, zone: str) -> Change:
        item_id = read.item_id(item)
        if series_id := read.series_id(item):
            return self._occurrence(item, series_id, zone)
        if read.cancelled(item):
            return EventGone(self._calendar_id, item_id)
        event = read.event(item, self._calendar_id, zone)
        if event.recurrence:
            self._zones[item_id] = event.content.start.zone
        return EventChanged(event, complete=not event.recurrence)

    def _occurrence(self, item: Any, series_id: str, zone: str) -> OccurrenceChanged:
        override = read.override(item, zone, self._zones.get(series_id))
        event = None if override.cancelled else read.event(item, self._calendar_id, zone)
        return OccurrenceChanged(self._calendar_id, series_id, override, event)


def _is_exception(item: Any) -> bool:
    return isinstance(item, dict) and bool(read.series_id(item))
