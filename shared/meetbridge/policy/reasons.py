"""Why somebody is not connected or may not do something: a closed catalogue, so that all are told the same thing."""

from __future__ import annotations

from enum import StrEnum


class Mender(StrEnum):
    """Who can mend it."""

    USER = "user"
    ADMINISTRATOR = "administrator"
    NOBODY = "nobody"


class Reason(StrEnum):
    """A code of the catalogue; `words` are for people, `mender` is who can mend it."""

    words: str
    mender: Mender

    def __new__(cls, code: str, words: str, mender: Mender) -> Reason:
        reason = str.__new__(cls, code)
        reason._value_ = code
        reason.words = words
        reason.mender = mender
        return reason

    ACCOUNT_OFF = "account_off", "The calendar integration is switched off for the account.", Mender.ADMINISTRATOR
    USER_INACTIVE = "user_inactive", "The user is not active in the account.", Mender.ADMINISTRATOR
    USER_UNKNOWN = "user_unknown", "The user is not in the account's directory.", Mender.ADMINISTRATOR
    USER_REMOVED = "user_removed", "The user removed the connection.", Mender.USER
    EMAIL_CHANGED = "email_changed", "The user's address changed, so the calendar has to be set up anew.", Mender.USER
    SERVICE_NOT_AVAILABLE = (
        "service_not_available",
        "This release does not connect to this service yet.",
        Mender.ADMINISTRATOR,
    )
    SERVICE_LOCKED = "service_locked", "The account's administrator requires another calendar service.", Mender.USER
    PERMISSIONS_LOCKED = "permissions_locked", "The account's administrator requires other permissions.", Mender.USER
    BIDIRECTIONAL_LOCKED = (
        "bidirectional_locked",
        "The account's administrator decides whether calendar and meetings sync both ways.",
        Mender.ADMINISTRATOR,
    )
    DOMAIN_NOT_ALLOWED = (
        "domain_not_allowed",
        "The mailbox's address is not in a domain that the account allows.",
        Mender.USER,
    )
    PERMISSIONS_MISSING = "permissions_missing", "The calendar may not be read with what was granted.", Mender.USER
    CONSENT_DECLINED = "consent_declined", "The authorisation was declined at the service.", Mender.USER
    AUTHORIZATION_LOST = (
        "authorization_lost",
        "The service no longer accepts the authorisation: it was withdrawn or has run out.",
        Mender.USER,
    )
    CALENDAR_READ_ONLY = "calendar_read_only", "Events of this calendar can be read, not changed.", Mender.USER
    NOT_ORGANIZER = "not_organizer", "Only the organiser of an event can change it.", Mender.NOBODY
    MAILBOX_NOT_SUPPORTED = "mailbox_not_supported", "The service does not open this mailbox to apps.", Mender.NOBODY


def reason_of(code: str | None) -> Reason | None:
    """The catalogue's entry of a stored code; None for none, and for one that no longer exists."""
    return next((reason for reason in Reason if reason == code), None)
