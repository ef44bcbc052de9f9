"""Who calls: the claims as an HTTP API hands them over (strings), and what the client says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meetbridge.errors import Forbidden, Unauthenticated
from meetbridge.model.account import Client, ClientPlatform, Identity, Role

MOST_PARTS = 4
LONGEST_PART = 6


def identity(event: Mapping[str, Any]) -> Identity:
    """The caller of an API Gateway event (payload 2.0); the authorizer has verified the token.

    Raises Unauthenticated without claims, Forbidden for a role that there is not.
    """
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    tenant, user = str(claims.get("account_id", "")), str(claims.get("sub", ""))
    if not tenant or not user:
        raise Unauthenticated("The token names no account or no user.")
    roles = {role.value: role for role in Role}
    role = roles.get(str(claims.get("role", "")))
    if role is None:
        raise Forbidden("The token names no role that there is.")
    return Identity(
        tenant, user, role, str(claims.get("email", "")), _groups(claims.get("groups")), client(event.get("headers"))
    )


def client(headers: Mapping[str, str] | None) -> Client:
    """The app by X-Client-Version and X-Client-Platform; what is missing or unreadable counts as the oldest."""
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    platforms = {platform.value: platform for platform in ClientPlatform}
    return Client(
        _version(sent.get("x-client-version", "")), platforms.get(sent.get("x-client-platform", "").strip().lower())
    )


def require_admin(caller: Identity) -> Identity:
    """An owner or administrator of the account (S21)."""
    if caller.role not in (Role.OWNER, Role.ADMIN):
        raise Forbidden("Only the account's owner and administrators may do this.")
    return caller


def require_platform(caller: Identity) -> Identity:
    """The platform's backend."""
    if caller.role is not Role.PLATFORM:
        raise Forbidden("Only the platform may do this.")
    return caller


def require_person(caller: Identity) -> Identity:
    """Somebody with a profile of their own, which the platform's backend has not."""
    if caller.role is Role.PLATFORM:
        raise Forbidden("The platform has no calendar of its own.")
    return caller


def _groups(claim: object) -> tuple[str, ...]:
    """A list claim arrives as `[a b]`."""
    if isinstance(claim, str):
        text = claim.strip()
        inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
        return tuple(inner.replace(",", " ").split())
    return tuple(str(group) for group in claim) if isinstance(claim, list) else ()


def _version(text: str) -> tuple[int, ...]:
    parts = text.strip().split(".")
    good = all(part.isascii() and part.isdigit() and len(part) <= LONGEST_PART for part in parts)
    return tuple(int(part) for part in parts) if good and len(parts) <= MOST_PARTS else (0,)
