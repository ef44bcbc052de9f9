"""The sample people, in one place: whoever signs in at the consent page beyond them is made on first use."""

from __future__ import annotations

from collections.abc import Mapping

PEOPLE: Mapping[str, str] = {
    "owner@example.com": "Olivia Owner",
    "admin@example.com": "Adam Admin",
    "mia@example.com": "Mia Member",
    "max@example.com": "Max Member",
    "nora@example.org": "Nora Neighbour",
    "assistant@example.com": "Ada Assistant",
}

DEFAULT_PERSON = "mia@example.com"
"""Whose calendar takes an .ics file that names nobody."""

DEFAULT_ZONE = "Europe/Zurich"

COMPANY_CALENDAR = "company@group.calendar.google.com"
"""Owned by the first person, shared with everybody else as reader."""


def secondary_calendar(email: str) -> str:
    """The id of the second calendar that each person owns from the start."""
    return f"training.{email.replace('@', '.')}@group.calendar.google.com"
