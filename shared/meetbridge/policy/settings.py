"""What an account may set (S1 to S13): checked and brought into one form before it binds anybody."""

from __future__ import annotations

from dataclasses import dataclass, replace

from meetbridge.errors import FieldError, InvalidInput
from meetbridge.model.account import Settings, User
from meetbridge.model.connection import Access, MeetingsForEvents, Permissions, Service
from meetbridge.policy import domains
from meetbridge.policy.services import AVAILABLE

NOT_YET = "is not available in this release; leave it as it is by default"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that is allowed and has a consequence that is easily missed."""

    code: str
    detail: str


def checked(settings: Settings) -> Settings:
    """The settings in their normal form; raises InvalidInput that names every member at fault."""
    allowed, errors = domains.normalise(settings.allowed_domains)
    faults = [*_service_faults(settings), *_members_of_other_services(settings), *errors]
    if settings.permissions.calendar is Access.NONE:
        faults.append(FieldError("/permissions/calendar", "is read or read_write"))
    if faults:
        raise InvalidInput("The settings can't be saved.", faults)
    return replace(settings, allowed_domains=allowed)


def warnings(settings: Settings) -> tuple[Notice, ...]:
    """What the administrator should know before and after saving."""
    found = []
    if not settings.enabled:
        found.append(Notice("account_off", "Nobody's calendar syncs, and existing connections are removed."))
    if settings.bidirectional.enabled and settings.permissions.calendar is Access.READ:
        found.append(Notice("read_only", "With permission to read alone, meetings are not written to calendars."))
    if settings.permissions.contacts is not Access.NONE:
        found.append(Notice("contacts_not_yet", "Contacts do not sync in this release, and nobody is asked for them."))
    return tuple(found)


def asked(permissions: Permissions) -> Permissions:
    """What a service is asked for: nothing that this release has no use for."""
    return replace(permissions, contacts=Access.NONE)


def _service_faults(settings: Settings) -> list[FieldError]:
    if settings.service in AVAILABLE:
        return []
    names = ", ".join(sorted(AVAILABLE))
    return [FieldError("/service", f"{settings.service} is not available in this release; available: {names}")]


def _members_of_other_services(settings: Settings) -> list[FieldError]:
    """Members that would bind nobody yet are refused rather than stored and ignored."""
    default = Settings()
    names = ("ews_url", "caldav_url", "rollout", "account_consent", "application_permissions", "enforce_oauth")
    return [FieldError(f"/{name}", NOT_YET) for name in names if getattr(settings, name) != getattr(default, name)]


# ------------------------------------------------------------------ what holds for one user


@dataclass(frozen=True, slots=True)
class Effective:
    """The settings as they hold for one user; `sources` names who decided each: account or user."""

    service: Service
    permissions: Permissions
    bidirectional: bool
    meetings_for_events: MeetingsForEvents
    sources: tuple[tuple[str, str], ...]


def bidirectional(settings: Settings, user: User | None) -> bool:
    """Both ways (S18): the account's switch; under it the user's own, unless that is locked."""
    if not settings.bidirectional.enabled:
        return False
    return settings.bidirectional.locked or user is None or user.bidirectional


def effective(settings: Settings, user: User | None, service: Service, permissions: Permissions) -> Effective:
    """`service` and `permissions` are the user's own (of the connection); the lock overrules them (S8)."""
    own = "account" if settings.locked else "user"
    decided = settings.bidirectional.locked or not settings.bidirectional.enabled or user is None
    return Effective(
        service=settings.service if settings.locked else service,
        permissions=settings.permissions if settings.locked else permissions,
        bidirectional=bidirectional(settings, user),
        meetings_for_events=user.meetings_for_events if user else MeetingsForEvents.MARKED,
        sources=(
            ("service", own if service != settings.service else "account"),
            ("permissions", own if permissions != settings.permissions else "account"),
            ("bidirectional", "account" if decided else "user"),
            ("meetings_for_events", "user"),
        ),
    )
