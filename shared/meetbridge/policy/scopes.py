"""Which of Google's scopes stand for which permissions: the narrowest that do the job (row S10).

https://developers.google.com/identity/protocols/oauth2/scopes
"""

from __future__ import annotations

from meetbridge.model.connection import Access, Permissions

ROOT = "https://www.googleapis.com/auth/"
IDENTITY = frozenset({"openid", "email"})
CALENDAR_LIST = f"{ROOT}calendar.calendarlist.readonly"
CALENDAR = {
    Access.NONE: frozenset[str](),
    Access.READ: frozenset({f"{ROOT}calendar.events.readonly", CALENDAR_LIST}),
    Access.READ_WRITE: frozenset({f"{ROOT}calendar.events", CALENDAR_LIST}),
}
CONTACTS = {
    Access.NONE: frozenset[str](),
    Access.READ: frozenset({f"{ROOT}contacts.readonly"}),
    Access.READ_WRITE: frozenset({f"{ROOT}contacts"}),
}


def google_scopes(permissions: Permissions) -> frozenset[str]:
    """What to ask for; always with what tells whose mailbox it is."""
    return IDENTITY | CALENDAR[permissions.calendar] | CONTACTS[permissions.contacts]


def google_permissions(granted: frozenset[str]) -> Permissions:
    """What the granted scopes allow; a user may have left some of the asked ones unticked."""
    return Permissions(calendar=_access(CALENDAR, granted), contacts=_access(CONTACTS, granted))


def _access(table: dict[Access, frozenset[str]], granted: frozenset[str]) -> Access:
    return next(access for access in (Access.READ_WRITE, Access.READ, Access.NONE) if table[access] <= granted)
