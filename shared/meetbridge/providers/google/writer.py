"""Writes to Google, each held to the etag that the writer has seen.

A patch, so that members that we don't know stay. Google's patch joins objects, and the only way to take a member
out of one is to name it null; where that is needed the whole event is read, changed and put back instead.
https://developers.google.com/workspace/calendar/api/guides/performance#patch-partial
"""

from __future__ import annotations

from meetbridge.errors import EtagMismatch, ItemNotFound, PermissionDenied, Rejected
from meetbridge.model.changes import EventWrite
from meetbridge.model.event import Event
from meetbridge.model.times import EventTime
from meetbridge.providers.google import read, write
from meetbridge.providers.google.client import Client, Json
from meetbridge.providers.google.times import event_date_time, instance_id


class Writer:
    """Answers with the event as Google holds it after the write; `notify`: Google mails the attendees."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._events = client.api.events()

    def insert(self, calendar_id: str, event_id: str, wanted: EventWrite, notify: bool) -> Json:
        body = {"id": event_id, **write.members(wanted), **write.attendees({}, wanted.attendees)}
        return self._client.call(self._events.insert(calendarId=calendar_id, body=body, **_options(notify)))

    def change(
        self, calendar_id: str, event_id: str, etag: str, wanted: EventWrite, notify: bool, *, revive: bool = False
    ) -> Json:
        """`revive`: it is a cancelled occurrence, which Google changes only if it becomes confirmed."""
        if wanted.meeting_id == "":
            return self._replace(calendar_id, event_id, etag, wanted, notify)
        body = {**write.members(wanted), **({"status": "confirmed"} if revive else {})}
        if wanted.attendees is not None:
            body |= write.attendees(self._raw(calendar_id, event_id, etag), wanted.attendees)
        try:
            return self._patch(calendar_id, event_id, etag, body, notify)
        except Rejected:
            if wanted.start is None or not self._switches(calendar_id, event_id, wanted.start):
                raise
        return self._replace(calendar_id, event_id, etag, wanted, notify)

    def delete(self, calendar_id: str, event_id: str, etag: str, notify: bool) -> None:
        request = self._events.delete(calendarId=calendar_id, eventId=event_id, sendUpdates=_send(notify))
        try:
            self._client.call(request, etag)
        except ItemNotFound:
            return

    def change_occurrence(
        self, calendar_id: str, series: Event, recurrence_id: EventTime, wanted: EventWrite, notify: bool
    ) -> Json:
        """One call; three where the id that Google's rule yields is not that of the occurrence."""
        event_id, etag = _instance(series, recurrence_id)
        cancelled = any(o.cancelled and o.recurrence_id == recurrence_id for o in series.overrides)
        try:
            return self.change(calendar_id, event_id, etag, wanted, notify, revive=cancelled)
        except ItemNotFound:
            found = self._instance_id(calendar_id, series, recurrence_id)
        return self.change(calendar_id, found, "", wanted, notify, revive=cancelled)

    def cancel_occurrence(self, calendar_id: str, series: Event, recurrence_id: EventTime, notify: bool) -> Json:
        """As `change_occurrence`; one that is cancelled already stays so."""
        event_id, etag = _instance(series, recurrence_id)
        try:
            return self._cancel(calendar_id, event_id, etag, notify)
        except ItemNotFound:
            found = self._instance_id(calendar_id, series, recurrence_id)
        return self._cancel(calendar_id, found, "", notify)

    def _cancel(self, calendar_id: str, event_id: str, etag: str, notify: bool) -> Json:
        try:
            return self._patch(calendar_id, event_id, etag, {"status": "cancelled"}, notify)
        except PermissionDenied:  # also of an occurrence that is cancelled already
            raw = self._raw(calendar_id, event_id, "")
            if not read.cancelled(raw):
                raise
            return raw

    def _patch(self, calendar_id: str, event_id: str, etag: str, body: Json, notify: bool) -> Json:
        request = self._events.patch(calendarId=calendar_id, eventId=event_id, body=body, **_options(notify))
        return self._client.call(request, etag)

    def _replace(self, calendar_id: str, event_id: str, etag: str, wanted: EventWrite, notify: bool) -> Json:
        raw = self._raw(calendar_id, event_id, etag)
        body = write.whole(raw, wanted)
        options = {**_options(notify), "supportsAttachments": True}
        request = self._events.update(calendarId=calendar_id, eventId=event_id, body=body, **options)
        return self._client.call(request, etag or read.text(raw, "etag"))

    def _raw(self, calendar_id: str, event_id: str, etag: str) -> Json:
        raw = self._client.read(self._events.get(calendarId=calendar_id, eventId=event_id))
        if etag and raw.get("etag") != etag:
            raise EtagMismatch("the event changed since it was read")
        return raw

    def _switches(self, calendar_id: str, event_id: str, start: EventTime) -> bool:
        """Whether the event is all-day and shall be timed, or the other way round."""
        raw = self._raw(calendar_id, event_id, "")
        return isinstance(raw.get("start"), dict) and ("date" in raw["start"]) != start.all_day

    def _instance_id(self, calendar_id: str, series: Event, recurrence_id: EventTime) -> str:
        start = event_date_time(recurrence_id)
        original = start.get("dateTime") or start["date"]
        request = self._events.instances(
            calendarId=calendar_id, eventId=series.id, originalStart=original, showDeleted=True
        )
        items = read.objects(self._client.read(request), "items")
        if not items:
            raise ItemNotFound("the series has no such occurrence")
        return read.item_id(items[0])


def _instance(series: Event, recurrence_id: EventTime) -> tuple[str, str]:
    """The occurrence's id, and its etag where it is an exception already."""
    for override in series.overrides:
        if override.recurrence_id == recurrence_id and override.event_id:
            return override.event_id, override.etag
    return instance_id(series.id, recurrence_id), ""


def _options(notify: bool) -> Json:
    return {"sendUpdates": _send(notify), "conferenceDataVersion": 1}


def _send(notify: bool) -> str:
    return "all" if notify else "none"
