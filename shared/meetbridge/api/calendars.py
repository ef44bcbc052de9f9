"""The user's calendars, what waits for their answer, and the history of an event, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from meetbridge.api import meetings
from meetbridge.api.views import CalendarPage, CalendarView, EntryView, PausedView
from meetbridge.model.connection import Calendar
from meetbridge.model.meeting import MeetingRecord
from meetbridge.services.calendars import Choice
from meetbridge.services.paused import Answer, why

CalendarId = Annotated[str, Field(min_length=1, max_length=1024)]


class SelectionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    selected: Annotated[list[CalendarId], Field(max_length=50)]
    default: CalendarId | None = None


class AnswerIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, Field(min_length=1, max_length=128)]
    action: Answer


def encode(choice: Choice) -> CalendarPage:
    return {"items": [_calendar(calendar, choice.default) for calendar in choice.calendars], "next": None}


def encode_paused(record: MeetingRecord) -> PausedView:
    """A meeting that waits for its user, and why."""
    return {**meetings.encode(record), "reason": why(record)}


def encode_entry(entry: Mapping[str, Any]) -> EntryView:
    """What the ledger says of a change; `losers` are the values that a merge left behind."""
    return {
        "id": entry["id"],
        "at": entry["at"],
        "actor": entry["actor"],
        "run": entry["run"],
        "cause": entry["cause"],
        "changed": entry["changed"],
        "losers": entry["losers"],
    }


def _calendar(calendar: Calendar, default: str | None) -> CalendarView:
    return {
        "id": calendar.id,
        "name": calendar.name,
        "time_zone": calendar.time_zone,
        "primary": calendar.primary,
        "owned": calendar.owned,
        "writable": calendar.writable,
        "selected": calendar.selected,
        "default": calendar.id == default,
        "freshness": calendar.proved_at.isoformat() if calendar.selected and calendar.proved_at else None,
    }
