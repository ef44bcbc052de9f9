"""What can be set, what is warned of, and what holds for one user."""

from __future__ import annotations

from dataclasses import replace

import pytest
from meetbridge.errors import InvalidInput
from meetbridge.model.account import Bidirectional, Rollout, Settings, User
from meetbridge.model.connection import Access, Permissions, Service
from meetbridge.policy.settings import checked, effective, warnings

READ = Permissions(calendar=Access.READ)


def test_the_defaults_can_be_saved_and_warn_of_nothing() -> None:
    assert checked(Settings()) == Settings()
    assert warnings(Settings()) == ()


@pytest.mark.parametrize(
    ("settings", "pointer"),
    [(Settings(service=service), "/service") for service in Service if service is not Service.GOOGLE]
    + [
        (Settings(permissions=Permissions(calendar=Access.NONE)), "/permissions/calendar"),
        (Settings(allowed_domains=("example.com", "no domain")), "/allowed_domains/1"),
        (Settings(ews_url="https://mail.example.com/EWS"), "/ews_url"),
        (Settings(caldav_url="https://dav.example.com"), "/caldav_url"),
        (Settings(rollout=Rollout()), "/rollout"),
        (Settings(account_consent=True), "/account_consent"),
        (Settings(application_permissions=True), "/application_permissions"),
        (Settings(enforce_oauth=True), "/enforce_oauth"),
    ],
)
def test_what_can_not_be_set_is_named(settings: Settings, pointer: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        checked(settings)
    assert [fault.pointer for fault in raised.value.errors] == [pointer]


def test_domains_are_stored_in_their_normal_form() -> None:
    assert checked(Settings(allowed_domains=("Example.COM",))).allowed_domains == ("example.com",)


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        (Settings(enabled=False), {"account_off"}),
        (Settings(permissions=READ), {"read_only"}),
        (Settings(permissions=READ, bidirectional=Bidirectional(enabled=False)), set()),
        (Settings(permissions=Permissions(contacts=Access.READ)), {"contacts_not_yet"}),
    ],
)
def test_warnings(settings: Settings, codes: set[str]) -> None:
    assert {notice.code for notice in warnings(settings)} == codes


@pytest.mark.parametrize(
    ("settings", "own", "permissions", "source"),
    [
        (Settings(), Permissions(), Permissions(), "account"),
        (Settings(), READ, READ, "user"),
        (Settings(locked=True), READ, Permissions(), "account"),
    ],
)
def test_whose_permissions_hold(settings: Settings, own: Permissions, permissions: Permissions, source: str) -> None:
    found = effective(settings, None, Service.GOOGLE, own)
    assert (found.permissions, dict(found.sources)["permissions"]) == (permissions, source)


@pytest.mark.parametrize(
    ("account", "own", "holds", "source"),
    [
        (Bidirectional(True, False), True, True, "user"),
        (Bidirectional(True, False), False, False, "user"),
        (Bidirectional(True, True), False, True, "account"),
        (Bidirectional(False, False), True, False, "account"),
        (Bidirectional(False, True), True, False, "account"),
    ],
)
def test_whose_switch_holds(account: Bidirectional, own: bool, holds: bool, source: str) -> None:
    user = replace(User("ann", "ann@example.com"), bidirectional=own)
    found = effective(Settings(bidirectional=account), user, Service.GOOGLE, Permissions())
    assert (found.bidirectional, dict(found.sources)["bidirectional"]) == (holds, source)
