"""Writing to one event until it says what its meeting says, by the least that differs."""

from __future__ import annotations

from dataclasses import replace

from meetbridge.errors import ItemNotFound
from meetbridge.model.changes import EventWrite
from meetbridge.model.event import Event
from meetbridge.model.meeting import Link, Meeting, Part
from meetbridge.ports.provider import CalendarProvider
from meetbridge.sync.fold import needs_all, with_override
from meetbridge.sync.mapping import CancelOccurrence, OccurrenceWrite, master_write, occurrence_writes


def write_part(
    provider: CalendarProvider, event: Event, part: Part, meeting: Meeting, link: Link | None, *, notify: bool
) -> Event | None:
    """The event as it is afterwards; None where nothing was written. Raises the ProviderError tree.

    Where the service mails whatever we ask for, what is no act of the user's waits for the next one that is.
    """
    if not notify and not provider.capabilities.silent_writes and event.content.attendees:
        return None
    write = master_write(event, part, meeting, link)
    if write is not None:
        event = update(provider, event, write, notify=notify)
    writes = occurrence_writes(event, part, meeting, link, notify)
    for one in writes:
        event = _occurrence(provider, event, one)
    return event if write is not None or writes else None


def update(provider: CalendarProvider, event: Event, write: EventWrite, *, notify: bool) -> Event:
    """The master written; its exceptions are read again where its days have moved."""
    changed = provider.update(event.calendar_id, event.id, event.etag, write, notify=notify)
    if not event.overrides:
        return changed
    if not changed.recurrence:
        return replace(changed, overrides=())
    if needs_all(event, changed):
        whole = provider.get(event.calendar_id, event.id)
        if whole is None:
            raise ItemNotFound("the event went away while it was written")
        return whole
    return replace(changed, overrides=event.overrides)


def _occurrence(provider: CalendarProvider, event: Event, one: OccurrenceWrite) -> Event:
    """An occurrence that the series does not have can't be written, and keeps nothing else from being written."""
    where, rid = event.calendar_id, one.recurrence_id
    try:
        if isinstance(one, CancelOccurrence):
            return with_override(event, provider.cancel_occurrence(where, event, rid, notify=one.notify))
        return with_override(event, provider.update_occurrence(where, event, rid, one.write, notify=one.notify))
    except ItemNotFound:
        if provider.get(where, event.id) is None:
            raise
        return event
