"""Jobs as messages and back. What comes from a queue is checked member by member: nothing else is a job.

Without pydantic, because the webhook function imports it.
"""

from __future__ import annotations

import json
from typing import Any

from meetbridge.errors import InvalidInput
from meetbridge.model.connection import ConnectionKey
from meetbridge.model.ids import short
from meetbridge.ports.jobs import AccountJob, AccountJobKind, Job, SyncJob, TeardownJob


def encode(job: Job) -> str:
    return json.dumps(_plain(job), separators=(",", ":"), sort_keys=True)


def group(job: Job) -> str:
    """Jobs of one connection (or account) run one after the other."""
    if isinstance(job, AccountJob):
        return f"account.{short(job.tenant)}"
    return f"{job.key.tenant}.{job.key.user}"


def decode(body: str) -> Job:
    """Raises InvalidInput for what is no job."""
    try:
        data = json.loads(body)
    except ValueError as e:
        raise InvalidInput("the message is no JSON") from e
    if not isinstance(data, dict):
        raise InvalidInput("the message is no job")
    reader = {"sync": _sync, "teardown": _teardown, "account": _account}.get(str(data.get("kind")))
    if reader is None:
        raise InvalidInput("the message has an unknown kind")
    job = reader(data)
    if set(data) != set(_plain(job)):
        raise InvalidInput("the message has a member that no job has")
    return job


def _plain(job: Job) -> dict[str, Any]:
    if isinstance(job, AccountJob):
        return {"kind": "account", "tenant": job.tenant, "job_id": job.job_id, "job_kind": job.kind.value}
    key = {"tenant": job.key.tenant, "user": job.key.user, "generation": job.generation}
    if isinstance(job, TeardownJob):
        return {"kind": "teardown", **key}
    return {"kind": "sync", **key, "calendars": list(job.calendars), "meetings": job.meetings}


def _sync(data: dict[str, Any]) -> Job:
    generation = None if data.get("generation") is None else _number(data, "generation")
    calendars = data.get("calendars")
    if not isinstance(calendars, list) or any(type(index) is not int for index in calendars):
        raise InvalidInput("the message's calendars are no numbers")
    if type(data.get("meetings")) is not bool:
        raise InvalidInput("the message's meetings is no boolean")
    return SyncJob(_key(data), generation, tuple(calendars), data["meetings"])


def _teardown(data: dict[str, Any]) -> Job:
    return TeardownJob(_key(data), _number(data, "generation"))


def _account(data: dict[str, Any]) -> Job:
    try:
        kind = AccountJobKind(_text(data, "job_kind"))
    except ValueError as e:
        raise InvalidInput("the message has an unknown kind of account job") from e
    return AccountJob(_text(data, "tenant"), _text(data, "job_id"), kind)


def _key(data: dict[str, Any]) -> ConnectionKey:
    return ConnectionKey(_text(data, "tenant"), _text(data, "user"))


def _text(data: dict[str, Any], member: str) -> str:
    value = data.get(member)
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"the message's {member} is no text")
    return value


def _number(data: dict[str, Any], member: str) -> int:
    value = data.get(member)
    if type(value) is not int:
        raise InvalidInput(f"the message's {member} is no number")
    return value
