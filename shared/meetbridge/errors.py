"""Every error that Meetbridge raises on purpose, so that callers tell them apart by type.

MeetbridgeError
├── InvalidInput            the caller's input is wrong; names the fields
├── Unauthenticated         nobody is signed in, or a state or token is forged, used or stale
├── Forbidden               the caller may not do this
├── NotFound                there is no such thing, or not for this caller
├── Conflict                the thing is not in a state that allows this
│   └── StaleRevision       a newer revision is stored
├── PreconditionFailed      If-Match does not match
├── PreconditionRequired    If-Match is missing
├── Refused                 policy says no; carries the reason's code
├── WindowTooLarge          a read would expand more days than allowed
├── ProviderError           the calendar service did not do what was asked
│   ├── AuthorizationLost   the grant is gone: the user must authorise again
│   ├── PermissionDenied    the grant does not cover this call
│   ├── Unavailable         down, timed out or unreadable; come back later
│   │   └── RateLimited     too many requests; come back after `retry_after`
│   ├── SyncTokenInvalid    forget the token, list everything, match again
│   ├── ItemNotFound        no such calendar or event
│   ├── EtagMismatch        it changed since it was read
│   ├── AlreadyExists       the client-given id is in use
│   └── Rejected            the service finds the request wrong
└── StorageError
    ├── LeaseLost           another run has taken over; stop without writing
    └── VersionConflict     the record changed since it was read; read and decide again
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass


class MeetbridgeError(Exception):
    """The root of the tree; its text is fit for an API answer and holds no content of an event."""


def traced(error: BaseException) -> str:
    """What happened and where, for a log: an error's text may hold content, its type and places don't."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault: a JSON pointer (RFC 6901) and what is wrong with it."""

    pointer: str
    detail: str


class InvalidInput(MeetbridgeError):
    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.errors = tuple(errors)


class Unauthenticated(MeetbridgeError): ...


class Forbidden(MeetbridgeError): ...


class NotFound(MeetbridgeError): ...


class Conflict(MeetbridgeError): ...


class StaleRevision(Conflict): ...


class PreconditionFailed(MeetbridgeError): ...


class PreconditionRequired(MeetbridgeError): ...


class Refused(MeetbridgeError):
    """Policy says no; `code` is a `policy.reasons.Reason` value."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class WindowTooLarge(MeetbridgeError): ...


class ProviderError(MeetbridgeError): ...


class AuthorizationLost(ProviderError): ...


class PermissionDenied(ProviderError): ...


class Unavailable(ProviderError):
    """`retry_after` is in seconds; None where the service named none."""

    def __init__(self, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class RateLimited(Unavailable): ...


class SyncTokenInvalid(ProviderError): ...


class ItemNotFound(ProviderError): ...


class EtagMismatch(ProviderError): ...


class AlreadyExists(ProviderError): ...


class Rejected(ProviderError): ...


class StorageError(MeetbridgeError): ...


class LeaseLost(StorageError): ...


class VersionConflict(StorageError): ...
