"""Strong entity tags from version numbers, and what callers send of them (RFC 9110, 8.8.3 and 13.1)."""

from __future__ import annotations

import re

from meetbridge.errors import PreconditionFailed, PreconditionRequired

TAG = re.compile(r'(?:W/)?"[^"]*"')


def etag(version: int | str) -> str:
    return f'"{version}"'


def matches(if_match: str, current: str) -> bool:
    """Whether the header names this tag; a weak one never matches."""
    return if_match.strip() == "*" or current in TAG.findall(if_match)


def unchanged(if_none_match: str, current: str) -> bool:
    """Whether the caller holds this already; here weak tags count too (RFC 9110, 13.1.2)."""
    return if_none_match.strip() == "*" or current in (tag.removeprefix("W/") for tag in TAG.findall(if_none_match))


def require_match(if_match: str | None, current: str) -> None:
    """Raises PreconditionRequired without the header, PreconditionFailed where it names another version."""
    if not if_match:
        raise PreconditionRequired("Send If-Match with the ETag that you read.")
    if not matches(if_match, current):
        raise PreconditionFailed("It has changed since you read it; read it again.")
