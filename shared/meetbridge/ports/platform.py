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


class Bus(Protocol):
    """Where anybody in the deployment can listen, in no order."""

    def publish(self, events: Sequence[PlatformEvent]) -> None: ...


class Webhooks(Protocol):
    """The platform's own endpoint."""

    def call(self, event: PlatformEvent) -> None:
        """Raises Unavailable where the platform did not take it."""
