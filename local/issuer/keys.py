"""The issuer's signing key, kept so that tokens outlive a restart."""

from __future__ import annotations

import json
from pathlib import Path

from joserfc.jwk import RSAKey


def signing_key(path: Path) -> RSAKey:
    if not path.exists():
        fresh = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(fresh.as_dict(private=True)))
    return RSAKey.import_key(json.loads(path.read_text()))
