"""What a reader of changes comes to hold: the events of a calendar, exceptions folded into their series."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from meetbridge.model.changes import Change, EventChanged, EventGone, Page
from meetbridge.model.event import Event, Override
from meetbridge.model.times import EventTime
from meetbridge.ports.provider import CalendarProvider


@dataclass
class Mirror:
    """One calendar as the changes tell it."""

    provider: CalendarProvider
    calendar: str
    token: str | None = None
    masters: dict[str, Event] = field(default_factory=dict)
    exceptions: dict[str, dict[EventTime, Override]] = field(default_factory=dict)

    def pull(self) -> list[Page]:
        """One round to its end."""
        pages: list[Page] = []
        page: str | None = None
        while not pages or page is not None:
            answer = self.provider.changes(self.calendar, self.token, page)
            assert (answer.next_page is None) != (answer.token is None)
            for change in answer.changes:
                self._apply(change)
            pages.append(answer)
            page = answer.next_page
        self.token = pages[-1].token
        return pages

    @property
    def events(self) -> dict[str, Event]:
        return {key: replace(event, overrides=self._overrides(key)) for key, event in self.masters.items()}

    def _overrides(self, key: str) -> tuple[Override, ...]:
        return tuple(sorted(self.exceptions.get(key, {}).values(), key=lambda o: o.recurrence_id.local))

    def _apply(self, change: Change) -> None:
        if isinstance(change, EventGone):
            self.masters.pop(change.event_id, None)
            self.exceptions.pop(change.event_id, None)
        elif isinstance(change, EventChanged):
            self.masters[change.event.id] = replace(change.event, overrides=())
            if change.complete:
                self.exceptions[change.event.id] = {o.recurrence_id: o for o in change.event.overrides}
        else:
            self.exceptions.setdefault(change.series_id, {})[change.override.recurrence_id] = change.override
