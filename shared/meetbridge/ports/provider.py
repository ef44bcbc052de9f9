"""The calendar services, as the sync engine sees them: one protocol for all of them.

Nothing behind these protocols is asked which service it is. Where services differ in a way that the
engine must know, `Capabilities` says so. Every call may raise the ProviderError tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from meetbridge.model.changes import EventWrite, Page
from meetbridge.model.connection import Mailbox, Permissions, Subscription
from meetbridge.model.event import Event, Override
from meetbridge.model.times import EventTime


@dataclass(frozen=True, slots=True)
class Capabilities:
    """`silent_writes`: a write need not mail the attendees. `push`: it can tell us of changes."""

    silent_writes: bool = True
    push: bool = True


@dataclass(frozen=True, slots=True)
class CalendarInfo:
    """A calendar of the mailbox; `owned` is false for one that somebody else shares."""

    id: str
    name: str
    time_zone: str
    primary: bool
    owned: bool
    writable: bool


class CalendarProvider(Protocol):
    """One mailbox at one service, with its credentials."""

    @property
    def capabilities(self) -> Capabilities: ...

    def calendars(self) -> Sequence[CalendarInfo]: ...

    def changes(self, calendar_id: str, token: str | None, page: str | None) -> Page:
        """What changed since `token`; from the beginning without one. `page` goes on within a round.

        Raises SyncTokenInvalid where the service has forgotten token or page.
        """

    def get(self, calendar_id: str, event_id: str) -> Event | None:
        """The event with all its exceptions as it is now; None where it is gone or cancelled."""

    def find(self, ical_uid: str) -> Sequence[Event]:
        """Every event with this iCalUID in every calendar of the mailbox, exceptions left out."""

    def create(self, calendar_id: str, request_id: str, write: EventWrite, *, notify: bool) -> Event:
        """A new event; the same `request_id` ([a-v0-9], 26 characters) twice makes one event.

        `title`, `start` and `end` are set. `notify`: the service mails the attendees.
        """

    def update(self, calendar_id: str, event_id: str, etag: str, write: EventWrite, *, notify: bool) -> Event:
        """The master or single event changed, without its overrides. Raises EtagMismatch, ItemNotFound."""

    def delete(self, calendar_id: str, event_id: str, etag: str, *, notify: bool) -> None:
        """The event with its series gone; raises EtagMismatch; one that is gone already is no error."""

    def update_occurrence(
        self, calendar_id: str, event: Event, recurrence_id: EventTime, write: EventWrite, *, notify: bool
    ) -> Override:
        """One occurrence changed, as an exception of the series."""

    def cancel_occurrence(self, calendar_id: str, event: Event, recurrence_id: EventTime, *, notify: bool) -> Override:
        """One occurrence cancelled, as an exception of the series."""


class PushProvider(Protocol):
    """The service's notifications for one mailbox."""

    def watch(self, calendar_id: str, channel_id: str, address: str, token: str, expires_at: datetime) -> Subscription:
        """A new channel; the service may end it earlier than asked: `expires_at` of the answer counts."""

    def unwatch(self, subscription: Subscription) -> None:
        """The channel closed; one that is gone already is no error."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    value: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """What a user granted: `permissions` as read from the granted scopes, not from those asked."""

    mailbox: Mailbox
    permissions: Permissions
    refresh_secret: str
    access_token: AccessToken


class Authorizer(Protocol):
    """A service's sign-in."""

    def authorization_url(
        self, *, state: str, code_challenge: str, redirect_uri: str, permissions: Permissions, login_hint: str
    ) -> str: ...

    def redeem(self, *, code: str, code_verifier: str, redirect_uri: str, asked: Permissions) -> Grant:
        """The code made a grant. Raises Unauthenticated for a code that is wrong, used or too old."""

    def access_token(self, refresh_secret: str) -> tuple[AccessToken, str]:
        """A fresh token, and the refresh secret to keep from now on. Raises AuthorizationLost."""

    def revoke(self, refresh_secret: str) -> bool:
        """Ended at the service; False where the service cannot do so. One that is gone is no error."""


class ProviderRegistry(Protocol):
    """Loads a service's adapter when a job needs it, and not before."""

    def authorizer(self, service: str) -> Authorizer: ...

    def calendar(self, service: str, access_token: str) -> CalendarProvider: ...

    def push(self, service: str, access_token: str) -> PushProvider: ...
