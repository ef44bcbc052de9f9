"""The ways out to the platform: EventBridge, and a POST signed as Standard Webhooks says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import requests
from standardwebhooks import Webhook

from meetbridge.errors import Unavailable
from meetbridge.ports.clock import Clock
from meetbridge.ports.platform import PlatformEvent

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

ENTRIES_A_CALL = 10
TIMEOUT_SECONDS = 10


class Bus:
    """An EventBridge bus; it keeps no order, so receivers go by `revision`."""

    def __init__(self, client: EventBridgeClient, bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    def publish(self, events: Sequence[PlatformEvent]) -> None:
        """All of `events`; raises Unavailable where the bus did not take one."""
        entries = [self._entry(event) for event in events]
        for start in range(0, len(entries), ENTRIES_A_CALL):
            answer = self._client.put_events(Entries=entries[start : start + ENTRIES_A_CALL])
            if answer["FailedEntryCount"]:
                raise Unavailable("the event bus did not take every event")

    def _entry(self, event: PlatformEvent) -> PutEventsRequestEntryTypeDef:
        return {
            "Source": "meetbridge",
            "DetailType": event.type,
            "Detail": json.dumps(envelope(event)),
            "EventBusName": self._bus_name,
        }


class Webhooks:
    """The platform's webhook; `secret` is a Standard Webhooks secret (`whsec_...`)."""

    def __init__(self, url: str, secret: str, clock: Clock) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock

    def call(self, event: PlatformEvent) -> None:
        """One signed POST, redirects not followed. Raises Unavailable unless it is answered 2xx."""
        if not self._url:
            return
        body = json.dumps(envelope(event))
        try:
            answer = requests.post(
                self._url, data=body.encode(), headers=self._headers(event, body),
                timeout=TIMEOUT_SECONDS, allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException as e:
            raise Unavailable("the platform's webhook did not answer") from e
        if not answer.ok or answer.is_redirect:
            raise Unavailable(f"the platform's webhook answered {answer.status_code}")

    def _headers(self, event: PlatformEvent, body: str) -> dict[str, str]:
        now = self._clock.now()
        return {
            "content-type": "application/json",
            "webhook-id": event.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self._secret).sign(event.id, now, body),
        }


def envelope(event: PlatformEvent) -> dict[str, Any]:
    """What goes over the wire, on either way: type, timestamp and data as Standard Webhooks names them."""
    return {
        "id": event.id, "type": event.type, "timestamp": event.occurred_at,
        "account_id": event.tenant, "data": dict(event.data),
    }  # fmt: skip
