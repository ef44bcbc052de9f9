"""Settings, directory, account-wide jobs, attempts and ledger in memory."""
# ruff: noqa: ARG002 - the protocols ask for more than dictionaries need

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from meetbridge.errors import Conflict, NotFound, Unauthenticated, VersionConflict
from meetbridge.model.account import AccountSettings, Settings, User
from meetbridge.model.connection import ConnectionKey
from meetbridge.model.ids import connection_key
from meetbridge.ports.repositories import AccountJobRecord, Attempt, By, Slice
from meetbridge.storage.memory.state import State, sliced
from meetbridge.storage.records import apply_settings_job, audit_entry, ledger_id


class MemoryAccounts:
    _state: State

    def settings(self, tenant: str) -> AccountSettings:
        return self._state.settings.get(tenant, AccountSettings())

    def save_settings(
        self, tenant: str, settings: Settings, *, expected: int, by: By, now: datetime, job_id: str
    ) -> AccountSettings:
        if self.settings(tenant).version != expected:
            raise VersionConflict("the settings changed since they were read")
        saved = AccountSettings(settings, expected + 1)
        self._state.settings[tenant] = saved
        self._state.audit.setdefault(tenant, []).insert(0, audit_entry(saved, by, now))
        self._state.jobs[tenant, job_id] = apply_settings_job(tenant, job_id, saved.version)
        return saved

    def audit(self, tenant: str, cursor: str | None, limit: int) -> Slice[Mapping[str, Any]]:
        return sliced(self._state.audit.get(tenant, []), cursor, limit)

    def user(self, tenant: str, user: str) -> User | None:
        found = self._state.users.get(connection_key(tenant, user))
        return found[1] if found else None

    def save_user(self, tenant: str, user: User, *, expected: User | None, by: By) -> None:
        if self.user(tenant, user.id) != expected:
            raise VersionConflict("the user changed since they were read")
        self._state.users[connection_key(tenant, user.id)] = (tenant, user)

    def users(self, tenant: str, cursor: str | None, limit: int) -> Slice[User]:
        found = [(key.user, user) for key, (owner, user) in self._state.users.items() if owner == tenant]
        return sliced([user for _, user in sorted(found, key=lambda pair: pair[0])], cursor, limit)

    def job(self, tenant: str, job_id: str) -> AccountJobRecord | None:
        return self._state.jobs.get((tenant, job_id))

    def save_job(self, job: AccountJobRecord, *, now: datetime) -> None:
        self._state.jobs[job.tenant, job.id] = job

    def begin(self, attempt: Attempt) -> None:
        self._state.attempts[connection_key(attempt.tenant, attempt.user), attempt.state_hash] = (attempt, False)

    def park(
        self, tenant_user: ConnectionKey, state_hash: str, code: str | None, error: str | None, now: datetime
    ) -> Attempt:
        attempt, parked = self._state.attempts.get((tenant_user, state_hash), (None, False))
        if attempt is None or parked or attempt.expires_at <= now:
            raise Unauthenticated("the state is unknown, used or stale")
        attempt = replace(attempt, code=code, error=error)
        self._state.attempts[tenant_user, state_hash] = (attempt, True)
        return attempt

    def take(self, tenant: str, user: str, attempt_id: str, now: datetime) -> Attempt:
        owner = connection_key(tenant, user)
        for place, (attempt, parked) in self._state.attempts.items():
            if place[0] == owner and attempt.id == attempt_id and attempt.expires_at > now:
                if not parked:
                    raise Conflict("the service has not answered yet")
                del self._state.attempts[place]
                return attempt
        raise NotFound("there is no such attempt")

    def append(self, entries: Sequence[Mapping[str, Any]]) -> None:
        for entry in entries:
            key = connection_key(entry["tenant"], entry["user"])
            place = f"{entry['at']}#{ledger_id(entry)}"
            self._state.ledger.setdefault((key, entry["subject"]), {})[place] = entry

    def history(self, tenant: str, user: str, subject: str, cursor: str | None, limit: int) -> Slice[Mapping[str, Any]]:
        now = self._state.clock.now().timestamp()
        entries = self._state.ledger.get((connection_key(tenant, user), subject), {})
        newest_first = [entry for _, entry in sorted(entries.items(), reverse=True)]
        return sliced([e for e in newest_first if e.get("expires", now + 1) > now], cursor, limit)
