"""The account's settings as they are sent and answered; unknown members are refused by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from meetbridge.model.account import AccountSettings, Bidirectional, Rollout, Settings
from meetbridge.model.connection import Access, Permissions, Service
from meetbridge.policy.domains import split
from meetbridge.policy.settings import Notice
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
