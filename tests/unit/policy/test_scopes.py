"""S10: permissions become the narrowest scopes, and granted scopes become permissions."""

from __future__ import annotations

from itertools import product

import pytest
from meetbridge.model.connection import Access, Permissions
from meetbridge.policy.scopes import google_permissions, google_scopes

LIST = "https://www.googleapis.com/auth/calendar.calendarlist.readonly"
EVENTS = "https://www.googleapis.com/auth/calendar.events"
EVENTS_READ = "https://www.googleapis.com/auth/calendar.events.readonly"
CONTACTS = "https://www.googleapis.com/auth/contacts"
CONTACTS_READ = "https://www.googleapis.com/auth/contacts.readonly"


@pytest.mark.parametrize(
    ("calendar", "contacts", "scopes"),
    [
        (Access.READ, Access.NONE, {LIST, EVENTS_READ}),
        (Access.READ_WRITE, Access.NONE, {LIST, EVENTS}),
        (Access.NONE, Access.READ, {CONTACTS_READ}),
        (Access.NONE, Access.READ_WRITE, {CONTACTS}),
        (Access.READ, Access.READ_WRITE, {LIST, EVENTS_READ, CONTACTS}),
        (Access.NONE, Access.NONE, set()),
    ],
)
def test_asked_scopes_are_the_narrowest(calendar: Access, contacts: Access, scopes: set[str]) -> None:
    assert google_scopes(Permissions(calendar, contacts)) == scopes | {"openid", "email"}


@pytest.mark.parametrize(("calendar", "contacts"), list(product(Access, Access)))
def test_what_is_granted_in_full_is_what_was_asked(calendar: Access, contacts: Access) -> None:
    permissions = Permissions(calendar, contacts)
    assert google_permissions(google_scopes(permissions)) == permissions


@pytest.mark.parametrize(
    ("granted", "calendar", "contacts"),
    [
        ({EVENTS}, Access.NONE, Access.NONE),
        ({LIST}, Access.NONE, Access.NONE),
        ({LIST, EVENTS_READ, CONTACTS}, Access.READ, Access.READ_WRITE),
        ({LIST, EVENTS, EVENTS_READ, CONTACTS_READ}, Access.READ_WRITE, Access.READ),
        (set(), Access.NONE, Access.NONE),
        ({"openid", "https://www.googleapis.com/auth/userinfo.email"}, Access.NONE, Access.NONE),
        ({EVENTS.upper(), LIST}, Access.NONE, Access.NONE),
    ],
)
def test_unticked_scopes_are_missing_permissions(granted: set[str], calendar: Access, contacts: Access) -> None:
    assert google_permissions(frozenset(granted)) == Permissions(calendar, contacts)
