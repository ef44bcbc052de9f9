"""What settings do to a connection: the one plan that the preview shows (B1) and the clean-up executes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from meetbridge.model.account import Settings
from meetbridge.model.connection import Connection, ConnectionState
from meetbridge.policy.decision import violation
from meetbridge.policy.reasons import Reason


class Effect(StrEnum):
    """`renew`: ends, and its user is asked to set it up anew. `lose`: ends, and nothing is asked."""

    KEEP = "keep"
    LOSE = "lose"
    RENEW = "renew"


@dataclass(frozen=True, slots=True)
class Planned:
    """A connection and what becomes of it; `reason` is None exactly where it is kept."""

    connection: Connection
    effect: Effect
    reason: Reason | None = None


def plan(settings: Settings, connection: Connection) -> Planned | None:
    """What becomes of a connection under (new) settings; None for one that has ended before."""
    if connection.state is ConnectionState.DISCONNECTED:
        return None
    reason = violation(settings, connection)
    if reason is None:
        return Planned(connection, Effect.KEEP)
    return Planned(connection, Effect.LOSE if reason is Reason.ACCOUNT_OFF else Effect.RENEW, reason)
