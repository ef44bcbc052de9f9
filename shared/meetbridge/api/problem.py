"""Errors as problem+json (RFC 9457): one place decides what each of them says and with which status.

What was not raised on purpose becomes a 500 that tells nothing; its log line names type and place, no content.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from meetbridge import errors
from meetbridge.errors import FieldError, InvalidInput, MeetbridgeError, Refused, Unavailable, traced
from meetbridge.policy.reasons import reason_of

log = logging.getLogger("meetbridge.api")

CONTENT_TYPE = "application/problem+json"
MOST_ERRORS = 50
LONGEST_PART = 200


class BadRequest(InvalidInput):
    """The request can't be read at all: no JSON, a cursor that was never ours."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What an error's type says: the last part of the problem's type, its title and its status."""

    name: str
    title: str
    status: HTTPStatus


KINDS: Mapping[type[Exception], Kind] = {
    BadRequest: Kind("bad-request", "The request can't be read", HTTPStatus.BAD_REQUEST),
    errors.InvalidInput: Kind("invalid-input", "The input is wrong", HTTPStatus.UNPROCESSABLE_ENTITY),
    errors.WindowTooLarge: Kind("window-too-large", "The window is too large", HTTPStatus.UNPROCESSABLE_ENTITY),
    errors.Unauthenticated: Kind("unauthenticated", "Not signed in", HTTPStatus.UNAUTHORIZED),
    errors.Forbidden: Kind("forbidden", "Not allowed", HTTPStatus.FORBIDDEN),
    errors.Refused: Kind("refused", "Refused by the account's settings", HTTPStatus.FORBIDDEN),
    errors.NotFound: Kind("not-found", "Not found", HTTPStatus.NOT_FOUND),
    errors.Conflict: Kind("conflict", "Not possible in this state", HTTPStatus.CONFLICT),
    errors.StaleRevision: Kind("stale-revision", "A newer revision is stored", HTTPStatus.CONFLICT),
    errors.PreconditionFailed: Kind("precondition-failed", "It has changed", HTTPStatus.PRECONDITION_FAILED),
    errors.PreconditionRequired: Kind(
        "precondition-required", "If-Match is required", HTTPStatus.PRECONDITION_REQUIRED
    ),
    errors.AuthorizationLost: Kind("authorization-lost", "The authorisation is gone", HTTPStatus.CONFLICT),
    errors.PermissionDenied: Kind("permission-denied", "The service does not permit this", HTTPStatus.FORBIDDEN),
    errors.ItemNotFound: Kind("not-found", "Not found", HTTPStatus.NOT_FOUND),
    errors.EtagMismatch: Kind("precondition-failed", "It has changed", HTTPStatus.PRECONDITION_FAILED),
    errors.Rejected: Kind("rejected", "The service finds the request wrong", HTTPStatus.UNPROCESSABLE_ENTITY),
    errors.Unavailable: Kind("unavailable", "Not available at the moment", HTTPStatus.SERVICE_UNAVAILABLE),
    errors.ProviderError: Kind("provider-error", "The service did not do this", HTTPStatus.BAD_GATEWAY),
    errors.StorageError: Kind("busy", "Something else changed this; try again", HTTPStatus.CONFLICT),
    errors.MeetbridgeError: Kind("error", "Not possible", HTTPStatus.INTERNAL_SERVER_ERROR),
}
UNEXPECTED = Kind("unexpected", "Something went wrong here", HTTPStatus.INTERNAL_SERVER_ERROR)
NO_ROUTE = Kind("not-found", "Not found", HTTPStatus.NOT_FOUND)
NO_METHOD = Kind("method-not-allowed", "Method not allowed", HTTPStatus.METHOD_NOT_ALLOWED)
UNSUPPORTED = Kind("unsupported-media-type", "Only application/json is read", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def of_error(error: MeetbridgeError) -> Response[str]:
    """The answer for an error that was raised on purpose."""
    kind = next(KINDS[base] for base in type(error).__mro__ if base in KINDS)
    more: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if isinstance(error, InvalidInput) and error.errors:
        more["errors"] = _listed(error.errors)
    if isinstance(error, Refused):
        reason = reason_of(error.code)
        more["reason"] = {"code": error.code, "mender": reason.mender if reason else None}
    if isinstance(error, Unavailable) and error.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return answer(kind, str(error), more, headers)


def of_validation(error: RequestValidationError) -> Response[str]:
    """The answer for input that is not of the described form; it names the members, not their values."""
    found = list(error.errors())
    if any(item["type"] == "json_invalid" for item in found):
        return answer(KINDS[BadRequest], "The body is not JSON.")
    listed = [_field(item) for item in found[:MOST_ERRORS]]
    return answer(KINDS[InvalidInput], "Members of the request are wrong.", {"errors": _listed(listed)})


def of_unexpected(error: Exception) -> Response[str]:
    """A 500 without content; what happened stands in the log, by type and place."""
    log.error("unexpected %s", traced(error))
    return answer(UNEXPECTED, "The error is logged; try again later.")


def answer(
    kind: Kind, detail: str, more: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
) -> Response[str]:
    """A problem document as a response."""
    body = {"type": f"urn:meetbridge:problem:{kind.name}", "title": kind.title, "status": int(kind.status)}
    text = json.dumps({**body, "detail": detail, **(more or {})})
    return Response(int(kind.status), CONTENT_TYPE, text, headers={"Cache-Control": "no-store", **(headers or {})})


def _listed(found: Sequence[FieldError]) -> list[dict[str, str]]:
    return [{"pointer": item.pointer, "detail": item.detail} for item in found]


def _field(item: Mapping[str, Any]) -> FieldError:
    """One of pydantic's errors: a member of the body by its pointer, a parameter below where it stands."""
    where = [str(part) for part in item["loc"]]
    parts = where[1:] if where[:1] == ["body"] else where
    pointer = "".join("/" + part[:LONGEST_PART].replace("~", "~0").replace("/", "~1") for part in parts)
    if item["type"] == "extra_forbidden":
        return FieldError(pointer, "is not a known member")
    if item["type"] == "missing":
        return FieldError(pointer, "is missing")
    return FieldError(pointer, str(item["msg"]))
