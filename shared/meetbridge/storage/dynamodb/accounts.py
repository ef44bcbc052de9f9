"""Settings with their audit trail, the directory of users, and account-wide jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from meetbridge.errors import VersionConflict
from meetbridge.model.account import AccountSettings, Settings, User
from meetbridge.model.ids import connection_key, short
from meetbridge.ports.clock import Clock
from meetbridge.ports.repositories import AccountJobRecord, By, Slice
from meetbridge.storage import keys
from meetbridge.storage.codec import pack_plain, unpack_plain
from meetbridge.storage.dynamodb import account_items as items
from meetbridge.storage.dynamodb.table import Table, cursor_in, cursor_out
from meetbridge.storage.dynamodb.walk import walk
from meetbridge.storage.dynamodb.wire import iso, keyed
from meetbridge.storage.records import apply_settings_job, audit_entry


class DynamoAccounts:
    _table: Table
    _clock: Clock

    def settings(self, tenant: str) -> AccountSettings:
        item = self._table.get(keys.settings(short(tenant)))
        return items.settings_in(item) if item else AccountSettings()

    def save_settings(
        self, tenant: str, settings: Settings, *, expected: int, by: By, now: datetime, job_id: str
    ) -> AccountSettings:
        saved = AccountSettings(settings, expected + 1)
        conflict = VersionConflict("the settings changed since they were read")
        entry = keyed(keys.audit(short(tenant), iso(now), saved.version), body=pack_plain(audit_entry(saved, by, now)))
        condition = "#version = :expected" if expected else "attribute_not_exists(pk)"
        values = {":expected": expected} if expected else None
        self._table.transact(
            [
                self._table.putting(
                    items.settings_out(tenant, saved, by), conflict, condition=condition, values=values
                ),
                self._table.putting(entry, conflict),
                self._table.putting(items.job_out(apply_settings_job(tenant, job_id, saved.version), now), conflict),
            ]
        )
        return saved

    def audit(self, tenant: str, cursor: str | None, limit: int) -> Slice[Mapping[str, Any]]:
        """Newest first."""
        return latest_first(self._table, keys.audit(short(tenant))[0], None, cursor, limit)

    def user(self, tenant: str, user: str) -> User | None:
        item = self._table.get(keys.user(connection_key(tenant, user)))
        return items.user_in(item) if item else None

    def save_user(self, tenant: str, user: User, *, expected: User | None, by: By) -> None:
        """Compared as a value, written over the very bytes that were read."""
        changed = VersionConflict("the user changed since they were read")
        stored = self._table.get(keys.user(connection_key(tenant, user.id)))
        if (items.user_in(stored) if stored else None) != expected:
            raise changed
        saved = self._table.put(
            items.user_out(tenant, user, by),
            condition="#body = :read" if stored else "attribute_not_exists(pk)",
            values={":read": stored["body"]} if stored else None,
        )
        if not saved:
            raise changed

    def users(self, tenant: str, cursor: str | None, limit: int) -> Slice[User]:
        found, after = walk(self._table, lambda shard: keys.users(short(tenant), shard), cursor, limit)
        return Slice(tuple(items.user_in(item) for item in found), after)

    def job(self, tenant: str, job_id: str) -> AccountJobRecord | None:
        item = self._table.get(keys.job(short(tenant), job_id))
        return items.job_in(item) if item else None

    def save_job(self, job: AccountJobRecord, *, now: datetime) -> None:
        self._table.put(items.job_out(job, now))


def latest_first(
    table: Table, pk: str, prefix: str | None, cursor: str | None, limit: int, now: float = 0
) -> Slice[Mapping[str, Any]]:
    """Entries, newest first; those that have expired before `now` (seconds) are passed over."""
    after = cursor_in(cursor)[0] if cursor else None
    stored = table.query(pk, prefix=prefix, after=after, forward=False, limit=limit + 1)
    found = list(islice((item for item in stored if item.get("expires", now + 1) > now), limit + 1))
    entries = tuple(unpack_plain(item["body"]) for item in found[:limit])
    return Slice(entries, cursor_out(found[limit - 1]["sk"]) if len(found) > limit else None)
