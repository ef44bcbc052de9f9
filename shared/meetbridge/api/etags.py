"""Strong entity tags from version numbers, and If-Match against them (RFC 9110, 8.8.3 and 13.1.1)."""

from __future__ import annotations

import re

from meetbridge.errors import PreconditionFailed, PreconditionRequired

TAG = re.compile(r'(?:W/)?"[^"]*"')


def etag(version: int | str) -> str:
    return f'"{version}"'


def matches(if_match: str, current: str) -> bool:
    """Whether the header names this tag; a weak one never matches."""
    return if_match.strip() == "*" or current in TAG.findall(if_match)


def require_match(if_match: str | None, current: str) -> None:
    """Raises PreconditionRequired without the header, PreconditionFailed where it names another version."""
    if not if_match:
        raise PreconditionRequired("Send If-Match with the ETag that you read.")
    if not matches(if_match, current):
        raise PreconditionFailed("It has changed since you read it; read it again.")


def version_of(if_match: str | None, current: int) -> int:
    """The version that a write expects, from If-Match; `*` is whichever is stored. Raises as require_match does."""
    require_match(if_match, etag(current))
    return current
