"""How the platform hears of changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class PlatformEvent:
    """One outgoing event; `id` is the same on every delivery, `group` orders (the meeting's or the user's id)."""

    id: str
    type: str
    tenant: str
    group: str
    occurred_at: str
    data: Mapping[str, Any]


class Outbox(Protocol):
    """The FIFO queue between the table's stream and delivery."""

    def put(self, events: Sequence[PlatformEvent]) -> None: ...


class Platform(Protocol):
    """Where outgoing events go: the bus (unordered), and the platform's webhook (in order for each group)."""

    def publish(self, events: Sequence[PlatformEvent]) -> None:
        """On the EventBridge bus."""

    def call(self, event: PlatformEvent) -> None:
        """Signed POST (Standard Webhooks). Raises Unavailable where it is not answered 2xx."""
