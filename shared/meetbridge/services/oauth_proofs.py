"""What ties an authorisation to who began it and to the browser in which somebody consented; no I/O.

The state names where its attempt stands (`{tenant}.{user}.{random}`, short ids); only its hash is stored.
"""

from __future__ import annotations

import base64
import hashlib
import re

from meetbridge.errors import Unauthenticated
from meetbridge.model.connection import ConnectionKey
from meetbridge.ports.repositories import Attempt

STATE = re.compile(r"([a-z2-7]{16})\.([a-z2-7]{16})\.([a-v0-9]{26,64})")


def place_of(state: str) -> ConnectionKey:
    """Where the attempt of a state stands; raises Unauthenticated for one that can't be ours."""
    found = STATE.fullmatch(state)
    if found is None:
        raise Unauthenticated("The state is not one of ours.")
    return ConnectionKey(found[1], found[2])


def state_hash(service: str, state: str) -> str:
    """Under which an attempt is found; the service is part of it, so that none answers for another."""
    return hashlib.sha256(f"{service} {state}".encode()).hexdigest()


def handle(attempt: Attempt) -> str:
    """An answered attempt's name for `finish`: its id, and a proof that only who saw the code's arrival can have."""
    proof = hashlib.sha256(f"{attempt.id} {attempt.code} {attempt.error}".encode()).digest()
    return f"{attempt.id}.{base64.b32encode(proof[:20]).decode().lower()}"


def challenge(verifier: str) -> str:
    """S256 of RFC 7636, 4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
