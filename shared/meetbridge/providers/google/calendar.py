"""A mailbox's calendars at Google; each page of changes and each write is one call, except where said.

https://developers.google.com/workspace/calendar/api/v3/reference
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from meetbridge.config import Config
from meetbridge.errors import (
    AlreadyExists,
    ItemNotFound,
    PermissionDenied,
    Rejected,
    SyncTokenInvalid,
    Unavailable,
)
from meetbridge.model.changes import EventWrite, Page
from meetbridge.model.event import Event, Override
from meetbridge.model.times import EventTime
from meetbridge.ports.provider import CalendarInfo, Capabilities
from meetbridge.providers.google import read
from meetbridge.providers.google.changes import ChangeReader
from meetbridge.providers.google.client import Client, Json
from meetbridge.providers.google.writer import Writer
from meetbridge.providers.zones import iana

PAGE = 2500
CALENDARS_PAGE = 250


def connect(config: Config, access_token: str) -> GoogleCalendar:
    return GoogleCalendar(Client(config.google_api_root, access_token))


class GoogleCalendar:
    """The CalendarProvider of one mailbox."""

    capabilities = Capabilities()

    def __init__(self, client: Client) -> None:
        self._client = client
        self._events = client.api.events()
        self._lists = client.api.calendarList()
        self._writer = Writer(client)
        self._zones: dict[str, str] = {}
        self._readers: dict[str, ChangeReader] = {}

    def calendars(self) -> Sequence[CalendarInfo]:
        entries = [
            e for e in self._pages(self._lists, showHidden=True, maxResults=CALENDARS_PAGE) if read.text(e, "id")
        ]
        mailbox = next((read.text(entry, "id") for entry in entries if entry.get("primary") is True), "")
        return tuple(_info(entry, mailbox) for entry in entries)

    def changes(self, calendar_id: str, token: str | None, page: str | None) -> Page:
        given = {"syncToken": token, "pageToken": page}
        parameters = {name: value for name, value in given.items() if value is not None}
        request = self._events.list(calendarId=calendar_id, singleEvents=False, maxResults=PAGE, **parameters)
        try:
            answer = self._client.read(request, gone=SyncTokenInvalid)
        except Rejected as e:
            if parameters:
                raise SyncTokenInvalid("Google finds the token wrong") from e
            raise
        return self._page(calendar_id, answer)

    def get(self, calendar_id: str, event_id: str) -> Event | None:
        """One call; for a series one more for each page of its exceptions."""
        try:
            raw = self._client.read(self._events.get(calendarId=calendar_id, eventId=event_id))
        except ItemNotFound:
            return None
        if read.cancelled(raw):
            return None
        event = self._event(calendar_id, raw)
        return self._with_overrides(event) if event.recurrence else event

    def find(self, ical_uid: str) -> Sequence[Event]:
        """One call for the list of calendars and one for each calendar."""
        found: list[Event] = []
        for entry in self._pages(self._lists, showHidden=True, maxResults=CALENDARS_PAGE, minAccessRole="reader"):
            try:
                found += self._masters(read.text(entry, "id"), ical_uid)
            except (ItemNotFound, PermissionDenied):
                if entry.get("accessRole") == "owner":
                    raise
        return tuple(found)

    def create(self, calendar_id: str, request_id: str, write: EventWrite, *, notify: bool) -> Event:
        """One call; a repeated one reads what the first has made. Raises AlreadyExists where that is deleted."""
        try:
            raw = self._writer.insert(calendar_id, request_id, write, notify)
        except AlreadyExists:
            raw = self._client.read(self._events.get(calendarId=calendar_id, eventId=request_id))
            if read.cancelled(raw):
                raise
        return self._event(calendar_id, raw)

    def update(self, calendar_id: str, event_id: str, etag: str, write: EventWrite, *, notify: bool) -> Event:
        """One call; two where attendees are written or the marker is taken away."""
        return self._event(calendar_id, self._writer.change(calendar_id, event_id, etag, write, notify))

    def delete(self, calendar_id: str, event_id: str, etag: str, *, notify: bool) -> None:
        self._writer.delete(calendar_id, event_id, etag, notify)

    def update_occurrence(
        self, calendar_id: str, event: Event, recurrence_id: EventTime, write: EventWrite, *, notify: bool
    ) -> Override:
        raw = self._writer.change_occurrence(calendar_id, event, recurrence_id, write, notify)
        return self._override(calendar_id, event, raw)

    def cancel_occurrence(self, calendar_id: str, event: Event, recurrence_id: EventTime, *, notify: bool) -> Override:
        raw = self._writer.cancel_occurrence(calendar_id, event, recurrence_id, notify)
        return self._override(calendar_id, event, raw)

    def _page(self, calendar_id: str, answer: Json) -> Page:
        zone = self._zones[calendar_id] = iana(answer.get("timeZone"), "UTC")
        reader = self._readers.setdefault(calendar_id, ChangeReader(calendar_id))
        following = read.text(answer, "nextPageToken") or None
        token = None if following else read.text(answer, "nextSyncToken")
        if token == "":
            raise Unavailable("Google's answer has neither a page token nor a sync token")
        return Page(reader.read(answer.get("items"), zone), following, token)

    def _pages(self, resource: Any, **parameters: Any) -> Iterator[Json]:
        """The items of all pages."""
        page = None
        while True:
            answer = self._client.read(resource.list(pageToken=page, **parameters))
            yield from read.objects(answer, "items")
            page = read.text(answer, "nextPageToken")
            if not page:
                return

    def _masters(self, calendar_id: str, ical_uid: str) -> Iterator[Event]:
        parameters = {"iCalUID": ical_uid, "singleEvents": False, "maxResults": PAGE}
        for raw in self._pages(self._events, calendarId=calendar_id, **parameters):
            if not read.series_id(raw) and not read.cancelled(raw):
                yield self._event(calendar_id, raw)

    def _with_overrides(self, event: Event) -> Event:
        parameters = {"iCalUID": event.ical_uid, "singleEvents": False, "showDeleted": True, "maxResults": PAGE}
        items = self._pages(self._events, calendarId=event.calendar_id, **parameters)
        exceptions = [raw for raw in items if read.series_id(raw) == event.id]
        overrides = [self._override(event.calendar_id, event, raw) for raw in exceptions]
        return replace(event, overrides=tuple(sorted(overrides, key=lambda o: o.recurrence_id.local)))

    def _event(self, calendar_id: str, raw: Json) -> Event:
        return read.event(raw, calendar_id, self._zone(calendar_id, raw))

    def _override(self, calendar_id: str, series: Event, raw: Json) -> Override:
        return read.override(raw, self._zone(calendar_id, raw), series.content.start.zone)

    def _zone(self, calendar_id: str, raw: Json) -> str:
        """The calendar's zone, asked for only where a time of this event names none."""
        if calendar_id not in self._zones:
            if read.names_zones(raw):
                return "UTC"
            entry = self._client.read(self._lists.get(calendarId=calendar_id))
            self._zones[calendar_id] = iana(entry.get("timeZone"), "UTC")
        return self._zones[calendar_id]


def _info(entry: Json, mailbox: str) -> CalendarInfo:
    """The role `owner` is also given to others; whose calendar it is says `dataOwner`, which the primary one lacks."""
    role = entry.get("accessRole")
    owner = read.text(entry, "dataOwner") or mailbox
    return CalendarInfo(
        id=read.text(entry, "id"),
        name=read.text(entry, "summaryOverride") or read.text(entry, "summary"),
        time_zone=iana(entry.get("timeZone"), "UTC"),
        primary=entry.get("primary") is True,
        owned=role == "owner" and (not mailbox or owner.lower() == mailbox.lower()),
        writable=role in ("owner", "writer"),
    )
