"""Settings as a plain document (the members of the API), for jobs that carry them and for the audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meetbridge.model.account import Bidirectional, Settings
from meetbridge.model.connection import Access, Permissions, Service


def document(settings: Settings) -> dict[str, Any]:
    """The settings with the API's member names; `rollout` is always None in this release."""
    return {
        "enabled": settings.enabled,
        "service": settings.service.value,
        "ews_url": settings.ews_url,
        "caldav_url": settings.caldav_url,
        "permissions": {
            "calendar": settings.permissions.calendar.value,
            "contacts": settings.permissions.contacts.value,
        },
        "locked": settings.locked,
        "bidirectional": {"enabled": settings.bidirectional.enabled, "locked": settings.bidirectional.locked},
        "rollout": None,
        "allowed_domains": list(settings.allowed_domains),
        "account_consent": settings.account_consent,
        "application_permissions": settings.application_permissions,
        "enforce_oauth": settings.enforce_oauth,
    }


def settings_of(form: Mapping[str, Any]) -> Settings:
    """The settings of a document that `document` made."""
    permissions, bidirectional = form["permissions"], form["bidirectional"]
    return Settings(
        enabled=form["enabled"],
        service=Service(form["service"]),
        ews_url=form["ews_url"],
        caldav_url=form["caldav_url"],
        permissions=Permissions(Access(permissions["calendar"]), Access(permissions["contacts"])),
        locked=form["locked"],
        bidirectional=Bidirectional(bidirectional["enabled"], bidirectional["locked"]),
        allowed_domains=tuple(form["allowed_domains"]),
        account_consent=form["account_consent"],
        application_permissions=form["application_permissions"],
        enforce_oauth=form["enforce_oauth"],
    )


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Which settings changed, from what to what."""
    names = [name for name in new if old.get(name) != new[name]]
    return [{"setting": name, "from": old.get(name), "to": new[name]} for name in names]
