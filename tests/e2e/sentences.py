"""One person of a sentence: at the API, in their Google Calendar, and as the platform sees them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import requests

from local.simulators.google.people import secondary_calendar
from local.stack import Stack
from tests.e2e.people import Caller, InGoogle, Platform, eventually

ZONE = "Europe/Berlin"
_TOLD = ("id", "origin", "cancelled", "calendar_state", "event_id")


def times(start: str, minutes: int = 30, zone: str = ZONE) -> dict[str, Any]:
    """Google's start and end of a wall clock."""
    end = datetime.fromisoformat(start) + timedelta(minutes=minutes)
    return {
        "start": {"dateTime": datetime.fromisoformat(start).isoformat(), "timeZone": zone},
        "end": {"dateTime": end.isoformat(), "timeZone": zone},
    }


def wall(time: dict[str, str]) -> tuple[str, str]:
    """A time of Google's as the wall clock of its zone, and the zone; Google shows the calendar's own offset."""
    moment = datetime.fromisoformat(time["dateTime"]).astimezone(ZoneInfo(time["timeZone"]))
    return moment.strftime("%Y-%m-%dT%H:%M"), time["timeZone"]


class Person:
    """`user` is their name on the platform; their calendar holds nothing but what the test puts there."""

    def __init__(self, stack: Stack, user: str) -> None:
        self.stack = stack
        self.user, self.email = user, f"{user}@example.com"
        self.training = secondary_calendar(self.email)
        self.api = Caller(stack, self.email)
        self.google = InGoogle(stack, self.email)
        self.platform = Platform(stack)
        self._nudges = 0

    def connect(self, email: str = "") -> dict[str, Any]:
        """Connected and read once; what `finish` answered."""
        finished: dict[str, Any] = self.api.connect(email or self.email)
        eventually(self._proved)
        return finished

    def _proved(self) -> str:
        connection = self.api.ok("GET", "/v1/me/integration")["connection"]
        return str((connection and connection["freshness"]) or "")

    def settle(self) -> None:
        """A sync that began after this moment has ended; what it did is there."""
        begun, self._nudges = datetime.now(UTC), self._nudges + 1
        nudge = self.platform.meeting("Nudge", start="2028-01-01T10:00:00", revision=self._nudges)
        self.platform.put(self.user, "nudge", nudge)
        eventually(lambda: (at := self._proved()) and datetime.fromisoformat(at) > begun)

    # ---------------------------------------------------------------- the platform's side

    def put(self, name: str, **members: Any) -> dict[str, Any]:
        body = {**self.platform.meeting(name), "join_url": self.link(name), **members}
        return dict(self.platform.put(self.user, name, body))

    def link(self, name: str) -> str:
        return f"{self.stack.platform}/j/{self.user}-{name}"

    def made(self, name: str, **members: Any) -> dict[str, Any]:
        """A new meeting, and its event as soon as it stands in the calendar."""
        self.put(name, **members)
        return self.linked(name)

    def linked(self, name: str, calendar: str = "primary") -> dict[str, Any]:
        eventually(lambda: self.meeting(name)["calendar_state"] == "in_calendar")
        return self.events_of(name, calendar)[0]

    def meeting(self, name: str) -> dict[str, Any]:
        return dict(self.platform.get(self.user, name))

    def change(self, name: str, **members: Any) -> dict[str, Any]:
        """The platform changes a meeting; the calendar has it when this returns."""
        now = {key: value for key, value in self.meeting(name).items() if key not in _TOLD}
        self.platform.put(self.user, name, {**now, "revision": now["revision"] + 1, **members})
        self.settle()
        return self.meeting(name)

    def cancel(self, name: str) -> None:
        self.platform.api.ok("DELETE", f"/v1/users/{self.user}/meetings/{name}")
        self.settle()

    def asked(self) -> list[dict[str, Any]]:
        """What `meeting.requested` told the platform of this person."""
        found = self.platform.received("meeting.requested")
        return [event["data"] for event in found if event["data"]["user"] == self.user]

    def told(self, name: str, kind: str = "") -> list[dict[str, Any]]:
        """What the platform heard of a meeting."""
        found = self.platform.received(kind, name)
        return [event["data"] for event in found if event["data"]["user"] == self.user]

    # ---------------------------------------------------------------- the calendar's side

    def events_of(self, name: str, calendar: str = "primary") -> list[dict[str, Any]]:
        """Masters and single events that carry the marker of a meeting."""
        found = self.google.listed(calendar, privateExtendedProperty=f"meetbridge={name}")
        return [event for event in found if "recurringEventId" not in event]

    def instances(self, event: str) -> list[dict[str, Any]]:
        query = {"maxResults": 250}
        return list(self.google.call("GET", f"calendars/primary/events/{event}/instances", params=query)["items"])

    def move(self, event: str, source: str, target: str) -> None:
        self.google.call("POST", f"calendars/{source}/events/{event}/move", params={"destination": target})

    def mails(self, event: str) -> list[tuple[str, str]]:
        """(kind, recipient) of what the service mailed about an event."""
        found = requests.get(f"{self.stack.google}/control/mails", timeout=20).json()["mails"]
        return [(mail["kind"], mail["recipient"]) for mail in found if mail["event"] == event]

    def select(self, *calendars: str) -> None:
        self.api.ok("PUT", "/v1/me/calendars", json={"selected": list(calendars)})

    def shown(self, title: str, first: str = "2027-01-01", last: str = "2027-12-31") -> list[dict[str, Any]]:
        """Occurrences that the client shows."""
        return [event for event in self.api.events(first, last) if event["title"] == title]


def connected(stack: Stack, user: str) -> Person:
    person = Person(stack, user)
    person.connect()
    return person
