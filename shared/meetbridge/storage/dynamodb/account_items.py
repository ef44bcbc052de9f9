"""Settings, users and account-wide jobs as items."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from meetbridge.model.account import AccountSettings, Settings, User
from meetbridge.model.ids import connection_key, short
from meetbridge.ports.repositories import AccountJobRecord, By
from meetbridge.storage import keys
from meetbridge.storage.codec import pack, pack_plain, unpack, unpack_plain
from meetbridge.storage.dynamodb.wire import by_out, keyed

_JOBS_ARE_KEPT = timedelta(days=30)


def settings_out(tenant: str, saved: AccountSettings, by: By) -> dict[str, Any]:
    key = keys.settings(short(tenant))
    return keyed(key, body=pack(saved.settings), version=saved.version, tenant=tenant, by=by_out(by))


def settings_in(item: Mapping[str, Any]) -> AccountSettings:
    return AccountSettings(unpack(Settings, item["body"]), item["version"])


def user_out(tenant: str, user: User, by: By) -> dict[str, Any]:
    return keyed(keys.user(connection_key(tenant, user.id)), body=pack(user), tenant=tenant, by=by_out(by))


def user_in(item: Mapping[str, Any]) -> User:
    return unpack(User, item["body"])


def job_out(job: AccountJobRecord, now: datetime) -> dict[str, Any]:
    data = {name: getattr(job, name) for name in AccountJobRecord.__dataclass_fields__}
    expires = int((now + _JOBS_ARE_KEPT).timestamp())
    return keyed(keys.job(short(job.tenant), job.id), body=pack_plain(data), expires=expires)


def job_in(item: Mapping[str, Any]) -> AccountJobRecord:
    return AccountJobRecord(**unpack_plain(item["body"]))
