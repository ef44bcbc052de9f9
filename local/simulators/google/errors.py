"""The errors of the Calendar API in the one shape in which Google sends them.

Source: developers.google.com/workspace/calendar/api/guides/errors
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class ApiError(Exception):
    """An answer of 400 or more; `location` names the parameter, header or field at fault."""

    def __init__(
        self, code: int, reason: str, message: str, domain: str = "global", location: str = "", kind: str = "parameter"
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.domain = code, reason, message, domain
        self.location, self.kind = location, kind

    def body(self) -> Json:
        detail = {"domain": self.domain, "reason": self.reason, "message": self.message}
        if self.location:
            detail |= {"locationType": self.kind, "location": self.location}
        error: Json = {"code": self.code, "message": self.message, "errors": [detail]}
        if self.code in STATUS:
            error["status"] = STATUS[self.code]
        return {"error": error}


def invalid(message: str, location: str = "", reason: str = "invalid") -> ApiError:
    return ApiError(400, reason, message, location=location)


def not_found() -> ApiError:
    return ApiError(404, "notFound", "Not Found")


def required(location: str, message: str = "") -> ApiError:
    return ApiError(400, "required", message or f"Required parameter: {location}", location=location)


def unauthorized() -> ApiError:
    return ApiError(401, "authError", "Invalid Credentials", location="Authorization", kind="header")


def full_sync_required() -> ApiError:
    message = "Sync token is no longer valid, a full sync is required."
    return ApiError(410, "fullSyncRequired", message, "calendar", "syncToken")


def deleted() -> ApiError:
    return ApiError(410, "deleted", "Resource has been deleted")


def duplicate() -> ApiError:
    return ApiError(409, "duplicate", "The requested identifier already exists.")


def condition_not_met() -> ApiError:
    return ApiError(412, "conditionNotMet", "Precondition Failed", location="If-Match", kind="header")


def not_organizer() -> ApiError:
    message = "Shared properties can only be changed by the organizer of the event."
    return ApiError(403, "forbiddenForNonOrganizer", message, "calendar")


def access_level(role: str) -> ApiError:
    return ApiError(403, "requiredAccessLevel", f"You need to have {role} access to this calendar.", "calendar")


def event_type(message: str) -> ApiError:
    return ApiError(400, "eventTypeRestriction", message, "calendar")
