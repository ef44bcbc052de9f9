"""Google's notification channels. A channel can't be renewed: a new one is opened and the old one stopped.

https://developers.google.com/workspace/calendar/api/guides/push
"""

from __future__ import annotations

from datetime import UTC, datetime

from meetbridge.config import Config
from meetbridge.errors import ItemNotFound, Unavailable
from meetbridge.model.connection import Subscription
from meetbridge.providers.google import read
from meetbridge.providers.google.client import Client, Json


def connect(config: Config, access_token: str) -> GooglePush:
    return GooglePush(Client(config.google_api_root, access_token))


class GooglePush:
    """The PushProvider of one mailbox."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def watch(self, calendar_id: str, channel_id: str, address: str, token: str, expires_at: datetime) -> Subscription:
        body = {
            "id": channel_id,
            "type": "web_hook",
            "address": address,
            "token": token,
            "expiration": str(int(expires_at.timestamp() * 1000)),
        }
        answer = self._client.call(self._client.api.events().watch(calendarId=calendar_id, body=body))
        resource_id = read.text(answer, "resourceId")
        if not resource_id:
            raise Unavailable("Google's answer names no resource")
        return Subscription(channel_id, resource_id, _expiration(answer, expires_at))

    def unwatch(self, subscription: Subscription) -> None:
        body = {"id": subscription.id, "resourceId": subscription.resource_id}
        try:
            self._client.call(self._client.api.channels().stop(body=body))
        except ItemNotFound:
            return


def _expiration(answer: Json, asked: datetime) -> datetime:
    """When the channel ends; an answer that does not say so has granted what was asked."""
    try:
        return datetime.fromtimestamp(int(answer["expiration"]) / 1000, UTC)
    except (LookupError, TypeError, ValueError, OverflowError, OSError):
        return asked
