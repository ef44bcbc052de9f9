"""What every implementation of the repositories writes the same way: entries, derived values, rules of merging."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from meetbridge.model.account import AccountSettings
from meetbridge.model.connection import Calendar, Connection, ConnectionState
from meetbridge.ports.repositories import AccountJobRecord, By, Gone, StoredEvent


def apply_settings_job(tenant: str, job_id: str, settings_version: int) -> AccountJobRecord:
    """The clean-up that every change of the settings starts."""
    return AccountJobRecord(job_id, tenant, "apply_settings", "running", settings_version)


def audit_entry(saved: AccountSettings, by: By, now: datetime) -> Mapping[str, Any]:
    """Who made these the settings, and when; `settings` is the whole new document."""
    settings = orjson.loads(orjson.dumps(saved.settings))
    return {"at": now.isoformat(), "version": saved.version, "actor": by.actor, "run": by.run, "settings": settings}


def ledger_id(entry: Mapping[str, Any]) -> str:
    """The same for the same entry, so that a stream's record told twice makes one entry."""
    if "id" in entry:
        return str(entry["id"])
    return blake2b(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS), digest_size=9).hexdigest()


def gone_of(ended: Connection, *, revoke: bool = True) -> Gone:
    return Gone(ended.tenant, ended.user, ended.generation, ended.service, ended.calendars, revoke)


def disconnected(ended: Connection, reason: str) -> Connection:
    """What stays of an ended connection: identity and reason; calendars and tokens go."""
    return replace(
        ended,
        state=ConnectionState.DISCONNECTED,
        reason=reason,
        calendars=(),
        default_calendar=None,
        due_at=None,
        failures=0,
        relink=False,
        fence=ended.fence + 1,
        version=ended.version + 1,
    )


def same_mailbox(a: Connection, b: Connection) -> bool:
    """Revoking the grant of one would end the other's too."""
    return (a.service, a.mailbox.id) == (b.service, b.mailbox.id)


def with_sync_state(calendar: Calendar, stored: Calendar | None) -> Calendar:
    """`calendar` with the sync state of `stored`: what an update may not change."""
    source = stored or Calendar(calendar.id, calendar.index)
    return replace(
        calendar,
        token=source.token,
        page=source.page,
        round=source.round,
        full_round=source.full_round,
        doubted=source.doubted,
        proved_at=source.proved_at,
        subscription=source.subscription,
        no_channel_until=source.no_channel_until,
    )


def next_due(connection: Connection, expected: Connection, stored: datetime | None) -> datetime | None:
    """An update that doesn't touch the due time leaves it as it stands; an ended one is never due."""
    if connection.state is ConnectionState.DISCONNECTED:
        return None
    return connection.due_at if connection.due_at != expected.due_at else stored


def seen_by(stored: StoredEvent, calendar: Calendar) -> bool:
    """True where the calendar's current round saw the event and all its exceptions."""
    exceptions = {o.recurrence_id.value.isoformat() for o in stored.event.overrides}
    return stored.round >= calendar.round and exceptions <= set(stored.seen)
