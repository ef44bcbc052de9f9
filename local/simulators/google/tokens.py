"""Codes, access tokens and refresh tokens: issued, found, exchanged and revoked."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass

from .errors import Json, unauthorized
from .store import Store

CODE_LIFE = 600
TOKEN_LIFE = 3600
SCOPE_NAMES = {
    "email": "https://www.googleapis.com/auth/userinfo.email",
    "profile": "https://www.googleapis.com/auth/userinfo.profile",
}


@dataclass(frozen=True)
class Token:
    email: str
    client: str
    scopes: tuple[str, ...]


class OAuthError(Exception):
    """An answer of the token endpoint (RFC 6749, 5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


def scope_names(text: str) -> list[str]:
    """The scopes of a request, in Google's long names, each once."""
    return list(dict.fromkeys(SCOPE_NAMES.get(name, name) for name in text.split()))


def issue_code(store: Store, data: Json) -> str:
    code = "4/0" + secrets.token_urlsafe(48)
    store.run("insert into codes values (?, ?, ?, 0)", code, json.dumps(data), time.time() + CODE_LIFE)
    return code


def redeem_code(store: Store, code: str) -> Json:
    """What the code stands for, once. A second use ends what the first one gave. Raises OAuthError."""
    bad = OAuthError("invalid_grant", "Malformed auth code.")
    with store.transaction():
        found = store.one("select * from codes where code=?", code)
        used = store.run("update codes set used=1 where code=? and used=0", code)
    if found is None or found["expires"] < time.time():
        raise bad
    data: Json = json.loads(found["data"])
    if not used:
        revoke_grant(store, data["email"], data["client_id"])
        raise bad
    return data


def issue_access(store: Store, token: Token) -> str:
    value = "ya29." + secrets.token_urlsafe(48)
    row = (value, token.email, token.client, " ".join(token.scopes), time.time() + TOKEN_LIFE)
    store.run("insert into tokens values (?,?,?,?,?)", *row)
    return value


def issue_refresh(store: Store, token: Token) -> str:
    value = "1//0" + secrets.token_urlsafe(48)
    store.run("insert into refresh values (?,?,?,?)", value, token.email, token.client, " ".join(token.scopes))
    return value


def of_refresh(store: Store, value: str) -> Token:
    found = store.one("select * from refresh where token=?", value)
    if found is None:
        raise OAuthError("invalid_grant", "Token has been expired or revoked.")
    return Token(found["email"], found["client"], tuple(found["scopes"].split()))


def of_header(store: Store, header: str | None) -> Token:
    """The bearer's token; raises ApiError 401 for none, an unknown or an expired one."""
    scheme, _, value = (header or "").partition(" ")
    found = store.one("select * from tokens where token=?", value.strip()) if scheme.lower() == "bearer" else None
    if found is None or found["expires"] < time.time():
        raise unauthorized()
    return Token(found["email"], found["client"], tuple(found["scopes"].split()))


def expire_access(store: Store, email: str) -> int:
    """As if an hour had passed for the account's access tokens; returns how many there were."""
    return store.run("update tokens set expires=0 where email=?", email)


def granted_before(store: Store, email: str, client: str) -> list[str]:
    rows = store.all("select scopes from refresh where email=? and client=?", email, client)
    return list(dict.fromkeys(name for row in rows for name in row["scopes"].split()))


def revoke(store: Store, value: str) -> bool:
    """Ends the whole grant behind an access or refresh token; False for an unknown one."""
    for table in ("tokens", "refresh"):
        found = store.one(f"select * from {table} where token=?", value)  # noqa: S608
        if found:
            revoke_grant(store, found["email"], found["client"])
            return True
    return False


def revoke_grant(store: Store, email: str, client: str = "") -> int:
    """Every token of the account (with the client, where one is named); returns how many refresh tokens ended."""
    with store.transaction():
        store.run("delete from tokens where email=? and ? in ('', client)", email, client)
        store.run("delete from channels where email=? and ? in ('', client)", email, client)
        return store.run("delete from refresh where email=? and ? in ('', client)", email, client)
