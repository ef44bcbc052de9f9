"""The signed identity of an account: id tokens and the keys that verify them."""

from __future__ import annotations

import hashlib
import time

from joserfc import jwt
from joserfc.jwk import RSAKey

from .errors import Json
from .store import Store
from .tokens import TOKEN_LIFE


def key(store: Store) -> RSAKey:
    """The signing key, made once and kept."""
    with store.lock:
        text = store.meta("key", "")
        if not text:
            made = RSAKey.generate_key(2048, parameters={"use": "sig", "alg": "RS256"})
            text = made.as_pem(private=True).decode()
            store.set_meta("key", text)
    return RSAKey.import_key(text, {"use": "sig", "alg": "RS256"})


def certificates(store: Store) -> Json:
    own = key(store)
    return {"keys": [{**own.as_dict(private=False), "kid": own.thumbprint(), "use": "sig", "alg": "RS256"}]}


def subject(email: str) -> str:
    """A stable number of 21 digits, as Google's are."""
    return str(int(hashlib.sha256(email.encode()).hexdigest(), 16))[:21]


def claims(email: str, name: str) -> Json:
    return {"sub": subject(email), "email": email, "email_verified": True, "name": name}


def id_token(store: Store, issuer: str, email: str, client: str, nonce: str) -> str:
    own = key(store)
    now = int(time.time())
    body = {**claims(email, email.partition("@")[0]), "iss": issuer, "aud": client, "azp": client}
    body |= {"iat": now, "exp": now + TOKEN_LIFE, "hd": email.rpartition("@")[2]}
    if nonce:
        body["nonce"] = nonce
    return jwt.encode({"alg": "RS256", "kid": own.thumbprint(), "typ": "JWT"}, body, own)
