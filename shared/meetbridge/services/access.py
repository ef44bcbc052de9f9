"""The way to a user's calendar for every request: one context, decided by the settings of this moment."""

from __future__ import annotations

from dataclasses import dataclass

from meetbridge.errors import Conflict, Refused
from meetbridge.model.account import Identity
from meetbridge.model.connection import Connection
from meetbridge.model.ids import connection_key
from meetbridge.policy.decision import Decision, State, decide, standing
from meetbridge.policy.reasons import reason_of
from meetbridge.ports.repositories import ConnectionRepository, Context


@dataclass(frozen=True, slots=True)
class Access:
    """A connection that may be read now; `decision` says what else."""

    context: Context
    connection: Connection
    decision: Decision


def access(connections: ConnectionRepository, caller: Identity, *, consistent: bool = True) -> Access:
    """Raises Refused with the reason, or Conflict where the user has connected nothing."""
    context = connections.context(connection_key(caller.tenant, caller.user), consistent=consistent)
    decision = decide(context.account.settings, context.user, context.connection, caller.client)
    if context.connection is None or not decision.may_sync:
        raise _denied(decision)
    return Access(context, context.connection, decision)


def glance(connections: ConnectionRepository, caller: Identity) -> tuple[Connection, int] | None:
    """The connection and the settings' version, to tell whether anything changed, for half of what `access` reads.

    None where these two settle that there is nothing to read. The directory is not asked: who leaves it loses the
    connection with it, and nothing is shown that they had not seen.
    """
    context = connections.glance(connection_key(caller.tenant, caller.user))
    state, _ = standing(context.account.settings, context.connection)
    if context.connection is None or state not in (State.CONNECTED, State.CONNECTING):
        return None
    return context.connection, context.account.version


def _denied(decision: Decision) -> Exception:
    reason = reason_of(decision.reason)
    if reason is not None:
        return Refused(reason, reason.words)
    if decision.state is State.NOT_CONNECTED:
        return Conflict("No calendar is connected.")
    return Conflict(f"The connection is not usable: {decision.state.value}.")
