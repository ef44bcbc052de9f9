"""What the account's other routes read and answer: users, preview, jobs, connections, audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StrictBool

from meetbridge.api.settings_models import Body, NoticeView
from meetbridge.model.account import User
from meetbridge.policy.effects import Planned
from meetbridge.ports.repositories import AccountJobRecord
from meetbridge.services.directory import Entry
from meetbridge.services.overview import Row
from meetbridge.services.settings import Preview


class UserForm(Body):
    email: Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$")]
    groups: list[Annotated[str, Field(max_length=256)]] = Field(default_factory=list, max_length=200)
    active: StrictBool = True
    host_version: Annotated[str, Field(max_length=64)] = ""

    def value(self) -> Entry:
        return Entry(self.email, tuple(self.groups), self.active, self.host_version)


class UserView(BaseModel):
    """`client_version` and `client_platform` are those last seen."""

    user: str
    email: str
    groups: list[str]
    active: bool
    host_version: str
    client_version: str | None
    client_platform: str | None

    @classmethod
    def of(cls, user: User) -> UserView:
        version = user.client.version
        return cls(
            user=user.id,
            email=user.email,
            groups=list(user.groups),
            active=user.active,
            host_version=user.host_version,
            client_version=None if version == (0,) else ".".join(map(str, version)),
            client_platform=user.client.platform.value if user.client.platform else None,
        )


class PreviewItem(BaseModel):
    user: str
    service: str
    effect: str
    reason: str | None

    @classmethod
    def of(cls, item: Planned) -> PreviewItem:
        reason = item.reason.value if item.reason else None
        connection = item.connection
        return cls(user=connection.user, service=connection.service.value, effect=item.effect.value, reason=reason)


class PreviewView(BaseModel):
    """`counts` is null where a job (`job`: its address) counts."""

    counts: dict[str, int] | None
    items: list[PreviewItem]
    next: str | None
    job: str | None
    warnings: list[NoticeView]

    @classmethod
    def of(cls, preview: Preview, following: str | None) -> PreviewView:
        return cls(
            counts=dict(preview.counts) if preview.counts is not None else None,
            items=[PreviewItem.of(item) for item in preview.items],
            next=following,
            job=f"/v1/jobs/{preview.job_id}" if preview.job_id else None,
            warnings=NoticeView.all(preview.warnings),
        )


class JobView(BaseModel):
    """`of` is null until it is known how many there are."""

    id: str
    kind: str
    state: str
    done: int
    of: int | None
    result: dict[str, Any]

    @classmethod
    def shown(cls, record: AccountJobRecord) -> JobView:
        counts = record.result.get("counts")
        result = {"counts": counts} if counts is not None else {}
        return cls(id=record.id, kind=record.kind, state=record.state, done=record.done, of=record.total, result=result)


class ConnectionRow(BaseModel):
    user: str
    service: str
    state: str
    reason: str | None
    freshness: datetime | None

    @classmethod
    def of(cls, row: Row) -> ConnectionRow:
        reason = row.reason.value if row.reason else None
        return cls(user=row.user, service=row.service, state=row.state.value, reason=reason, freshness=row.freshness)


class ConnectionPage(BaseModel):
    items: list[ConnectionRow]
    next: str | None


class AuditPage(BaseModel):
    """Newest first: `at`, `version`, `by`, and `changes` as `{"setting", "from", "to"}`."""

    items: Sequence[Mapping[str, Any]]
    next: str | None
