"""What the account's routes read and answer; unknown members are refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from meetbridge.model.account import AccountSettings, Bidirectional, Rollout, Settings, User
from meetbridge.model.connection import Access, Permissions, Service
from meetbridge.policy.domains import split
from meetbridge.policy.effects import Planned
from meetbridge.policy.settings import Notice
from meetbridge.ports.repositories import AccountJobRecord
from meetbridge.services.directory import Entry
from meetbridge.services.overview import Row
from meetbridge.services.settings import Preview
from meetbridge.services.settings_form import document

Url = Annotated[str, Field(max_length=2048)]
Domains = Annotated[list[Annotated[str, Field(max_length=253)]], Field(max_length=1000)]


class Body(BaseModel):
    """Any body that callers send."""

    model_config = ConfigDict(extra="forbid")


class PermissionsForm(Body):
    calendar: Access = Access.READ_WRITE
    contacts: Access = Access.NONE

    def value(self) -> Permissions:
        return Permissions(self.calendar, self.contacts)


class BidirectionalForm(Body):
    enabled: StrictBool
    locked: StrictBool = False


class RolloutForm(Body):
    groups: list[str] = Field(default_factory=list, max_length=1000)
    users_per_hour: StrictInt | None = None
    not_before: datetime | None = None


class SettingsForm(Body):
    """The whole settings; members of services that this release does not have may be left out."""

    enabled: StrictBool
    service: Service
    permissions: PermissionsForm
    locked: StrictBool
    bidirectional: BidirectionalForm
    allowed_domains: Domains | Annotated[str, Field(max_length=64_000)]
    ews_url: Url | None = None
    caldav_url: Url | None = None
    rollout: RolloutForm | None = None
    account_consent: StrictBool = False
    application_permissions: StrictBool = False
    enforce_oauth: StrictBool = False

    def value(self) -> Settings:
        """The settings as sent; whether they can be is policy's to say."""
        domains = split(self.allowed_domains) if isinstance(self.allowed_domains, str) else self.allowed_domains
        rollout = self.rollout
        return Settings(
            enabled=self.enabled,
            service=self.service,
            ews_url=self.ews_url,
            caldav_url=self.caldav_url,
            permissions=self.permissions.value(),
            locked=self.locked,
            bidirectional=Bidirectional(self.bidirectional.enabled, self.bidirectional.locked),
            rollout=Rollout(tuple(rollout.groups), rollout.users_per_hour, rollout.not_before) if rollout else None,
            allowed_domains=tuple(domains),
            account_consent=self.account_consent,
            application_permissions=self.application_permissions,
            enforce_oauth=self.enforce_oauth,
        )


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


class NoticeView(BaseModel):
    code: str
    detail: str

    @classmethod
    def all(cls, notices: Sequence[Notice]) -> list[NoticeView]:
        return [cls(code=notice.code, detail=notice.detail) for notice in notices]


class SettingsView(BaseModel):
    """What GET answers, which is also what PUT takes."""

    enabled: bool
    service: str
    ews_url: str | None
    caldav_url: str | None
    permissions: dict[str, str]
    locked: bool
    bidirectional: dict[str, bool]
    rollout: dict[str, Any] | None
    allowed_domains: list[str]
    account_consent: bool
    application_permissions: bool
    enforce_oauth: bool

    @classmethod
    def of(cls, account: AccountSettings) -> SettingsView:
        return cls(**document(account.settings))


class SavedView(SettingsView):
    """What PUT answers: the settings in force, what to know of them, and the clean-up's address."""

    warnings: list[NoticeView]
    job: str


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
