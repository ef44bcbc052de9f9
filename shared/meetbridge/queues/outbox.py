"""Outgoing events on their way from the table's stream to delivery, in order for each meeting or user."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from meetbridge.errors import InvalidInput
from meetbridge.model.ids import short
from meetbridge.ports.platform import PlatformEvent
from meetbridge.queues.sending import Message, send

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_TEXTS = ("id", "type", "tenant", "group", "occurred_at")


class SqsOutbox:
    """Outbox; an id that was put within 5 minutes is not put again.

    Raises InvalidInput where an event is larger than 256 KB: nothing of the call has been sent then.
    """

    def __init__(self, client: SQSClient, delivery_url: str) -> None:
        self._client = client
        self._url = delivery_url

    def put(self, events: Sequence[PlatformEvent]) -> None:
        send(self._client, self._url, [_message(event) for event in events])


def encode(event: PlatformEvent) -> str:
    texts = {member: getattr(event, member) for member in _TEXTS}
    return json.dumps({**texts, "data": event.data}, separators=(",", ":"))


def decode(body: str) -> PlatformEvent:
    """Raises InvalidInput for what `encode` did not make."""
    try:
        data: Any = json.loads(body)
    except ValueError as e:
        raise InvalidInput("the message is no JSON") from e
    if not isinstance(data, dict) or set(data) != {*_TEXTS, "data"} or not isinstance(data["data"], dict):
        raise InvalidInput("the message is no outgoing event")
    if not all(isinstance(data[member], str) for member in _TEXTS):
        raise InvalidInput("the message is no outgoing event")
    return PlatformEvent(**data)


def _message(event: PlatformEvent) -> Message:
    """Ids are hashed: SQS takes 128 characters of a small alphabet, an id may be anything."""
    group = f"{short(event.tenant)}.{short(event.group)}"
    return Message(encode(event), group, sha256(event.id.encode()).hexdigest())
