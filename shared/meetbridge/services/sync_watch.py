"""The channels on which a service tells of changes: opened, renewed with an overlap, closed.

Notifications are hints; without a channel a calendar is still brought up to date by the sweep. So whatever goes
wrong here delays a calendar and never fails a run.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from meetbridge.errors import AuthorizationLost, PermissionDenied, ProviderError, Rejected
from meetbridge.model.connection import Calendar, Connection, Subscription
from meetbridge.model.ids import connection_key
from meetbridge.ports.clock import Ids
from meetbridge.ports.provider import PushProvider
from meetbridge.services import webhook_tokens

log = logging.getLogger(__name__)
LIFE = timedelta(days=7)
EARLY = timedelta(hours=24)
REFUSED = timedelta(hours=24)


class Watcher:
    """Where notifications go: `public_url` empty is nowhere; `keys` are WEBHOOK_KEYS."""

    def __init__(self, public_url: str, keys: str, ids: Ids) -> None:
        self._public_url = public_url.rstrip("/")
        self._keys = keys
        self._ids = ids

    def wanted(self, calendar: Calendar, now: datetime) -> bool:
        """Whether the calendar needs a channel, or a new one."""
        if not self._public_url or not self._keys or not calendar.selected:
            return False
        if calendar.no_channel_until is not None and now < calendar.no_channel_until:
            return False
        return calendar.subscription is None or calendar.subscription.expires_at - now < EARLY

    def open(self, push: PushProvider, connection: Connection, calendar: Calendar, now: datetime) -> Calendar:
        """The calendar with its new channel; the old one is still open. One that can't have any is remembered."""
        key = connection_key(connection.tenant, connection.user)
        token = webhook_tokens.mint(self._keys, key, connection.generation, calendar.index)
        address = f"{self._public_url}/webhooks/{connection.service.value}"
        try:
            channel = push.watch(calendar.id, self._ids.new(), address, token, now + LIFE)
        except AuthorizationLost:
            raise
        except (Rejected, PermissionDenied):
            log.info("calendar %d has no channels", calendar.index)
            return replace(calendar, no_channel_until=now + REFUSED)
        except ProviderError as e:
            log.warning("no channel for calendar %d: %s", calendar.index, type(e).__name__)
            return calendar
        return replace(calendar, subscription=channel, no_channel_until=None)

    def close(self, push: PushProvider, subscription: Subscription) -> None:
        try:
            push.unwatch(subscription)
        except AuthorizationLost:
            raise
        except ProviderError as e:
            log.warning("a channel was not closed, it ends by itself: %s", type(e).__name__)
