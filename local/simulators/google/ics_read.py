"""An .ics file read with the line of each event, because a person has to be told where the fault is.

`icalendar` parses; it names no lines and forgives much, so the shape of the file is looked at here first.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from icalendar import Calendar, Component
from icalendar.error import GloballyUniqueTZIDGuessed
from icalendar.parser import Contentline


class IcsError(Exception):
    """The file can't be read; the text names the line."""


@dataclass(frozen=True)
class Source:
    """One VEVENT, and the lines on which it and its properties begin."""

    event: Component
    line: int
    properties: dict[str, int]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Unfolded content lines with the number of their first line."""
    number, held = 0, ""
    for count, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if raw[:1] in (" ", "\t") and held:
            held += raw[1:]
            continue
        if held.strip():
            yield number, held
        number, held = count, raw
    if held.strip():
        yield number, held


def _shape(text: str) -> list[tuple[int, dict[str, int]]]:
    """The lines of every VEVENT in order. Raises IcsError at the first line that is out of place."""
    events: list[tuple[int, dict[str, int]]] = []
    opened: list[tuple[str, int]] = []
    for number, line in _lines(text):
        try:
            name, _, value = Contentline(line).parts()  # type: ignore[no-untyped-call]
        except ValueError:
            raise IcsError(f"line {number}: not a content line of iCalendar: {line[:60]}") from None
        name, value = name.upper(), value.strip().upper()
        if not opened and (name, value) != ("BEGIN", "VCALENDAR"):
            raise IcsError(f"line {number}: BEGIN:VCALENDAR is expected here")
        if name == "BEGIN":
            opened.append((value, number))
            if value == "VEVENT":
                events.append((number, {}))
        elif name == "END":
            if opened[-1][0] != value:
                raise IcsError(
                    f"line {number}: END:{value[:40]} does not close {opened[-1][0]} of line {opened[-1][1]}"
                )
            opened.pop()
        elif opened[-1][0] == "VEVENT":
            events[-1][1].setdefault(name, number)
    if opened:
        raise IcsError(f"line {opened[-1][1]}: BEGIN:{opened[-1][0]} is never closed")
    return events


def read(data: bytes) -> list[Source]:
    """Every event of the file. Raises IcsError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise IcsError(f"line {line}: not UTF-8") from None
    lines = _shape(text)
    if not text.strip():
        raise IcsError("line 1: the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
            calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise IcsError(f"line 1: {str(error)[:200]}") from None
    found = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    if len(found) != len(lines):
        raise IcsError("line 1: an event stands within another component")
    return [Source(event, line, properties) for event, (line, properties) in zip(found, lines, strict=True)]
