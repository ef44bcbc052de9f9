"""The directory of users that the platform keeps here, by which jobs decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from meetbridge.errors import NotFound, VersionConflict
from meetbridge.model.account import User
from meetbridge.policy.reasons import Reason
from meetbridge.ports.repositories import By, UserRepository
from meetbridge.services.endings import Endings

ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """What the platform says of a user."""

    email: str
    groups: tuple[str, ...] = ()
    active: bool = True
    host_version: str = ""


class Directory:
    def __init__(self, users: UserRepository, endings: Endings) -> None:
        self._users = users
        self._endings = endings

    def read(self, tenant: str, user_id: str) -> User:
        """Raises NotFound."""
        user = self._users.user(tenant, user_id)
        if user is None:
            raise NotFound("There is no such user.")
        return user

    def put(self, tenant: str, user_id: str, entry: Entry, run: str) -> User:
        """New or changed. Another address (none is not one), or a user who is no longer active, ends the connection."""
        by = By("platform", run, "directory")
        old = self._users.user(tenant, user_id)
        if old is not None and old.email and old.email.lower() != entry.email.lower():
            self._endings.end_of(tenant, user_id, Reason.EMAIL_CHANGED, by)  # before it is stored: a retry finds it
        saved = changed(self._users, tenant, user_id, lambda user: _filled(user, user_id, entry), by)
        if not entry.active:
            self._endings.end_of(tenant, user_id, Reason.USER_INACTIVE, by)
        return saved

    def remove(self, tenant: str, user_id: str, run: str) -> None:
        """A leaver: the record stays as inactive, so that no token that is still valid brings them back."""
        by = By("platform", run, "directory")
        changed(self._users, tenant, user_id, lambda user: replace(user or User(user_id, ""), active=False), by)
        self._endings.end_of(tenant, user_id, Reason.USER_INACTIVE, by)


def changed(users: UserRepository, tenant: str, user_id: str, change: Callable[[User | None], User], by: By) -> User:
    """A user's record changed from whatever is stored; written only where that makes a difference."""
    for _ in range(ATTEMPTS):
        old = users.user(tenant, user_id)
        new = change(old)
        if new == old:
            return new
        try:
            users.save_user(tenant, new, expected=old, by=by)
        except VersionConflict:
            continue
        return new
    raise VersionConflict("The user keeps changing; try again.")


def _filled(user: User | None, user_id: str, entry: Entry) -> User:
    return replace(
        user or User(user_id, entry.email),
        email=entry.email,
        groups=entry.groups,
        active=entry.active,
        host_version=entry.host_version,
    )
