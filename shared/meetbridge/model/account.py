"""What an account has decided, and the people in its directory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from meetbridge.model.connection import MeetingsForEvents, Permissions, Service


@dataclass(frozen=True, slots=True)
class Bidirectional:
    enabled: bool = True
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Rollout:
    groups: tuple[str, ...] = ()
    users_per_hour: int | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """An account's settings (rows S1 to S15); `allowed_domains` is normalised, empty is any."""

    enabled: bool = True
    service: Service = Service.GOOGLE
    ews_url: str | None = None
    caldav_url: str | None = None
    permissions: Permissions = field(default_factory=Permissions)
    locked: bool = False
    bidirectional: Bidirectional = field(default_factory=Bidirectional)
    rollout: Rollout | None = None
    allowed_domains: tuple[str, ...] = ()
    account_consent: bool = False
    application_permissions: bool = False
    enforce_oauth: bool = False


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """The stored settings; `version` counts writes (0: never written, the defaults)."""

    settings: Settings = field(default_factory=Settings)
    version: int = 0


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    PLATFORM = "platform"


class ClientPlatform(StrEnum):
    WINDOWS = "windows"
    MACOS = "macos"
    LINUX = "linux"
    IOS = "ios"
    ANDROID = "android"
    WEB = "web"


@dataclass(frozen=True, slots=True)
class Client:
    """The app that asks; `version` (0,) and `platform` None are an app that did not say."""

    version: tuple[int, ...] = (0,)
    platform: ClientPlatform | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A person in the account's directory, by which jobs decide; `client` is the one last seen."""

    id: str
    email: str
    groups: tuple[str, ...] = ()
    active: bool = True
    host_version: str = ""
    client: Client = field(default_factory=Client)
    bidirectional: bool = True
    meetings_for_events: MeetingsForEvents = MeetingsForEvents.MARKED


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls, from the verified token's claims, and with which app."""

    tenant: str
    user: str
    role: Role
    email: str
    groups: tuple[str, ...] = ()
    client: Client = field(default_factory=Client)
