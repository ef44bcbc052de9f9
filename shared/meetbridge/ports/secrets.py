"""Where secrets rest: encrypted under the tenant's data key, bound to tenant and connection."""

from __future__ import annotations

from typing import Protocol


class Vault(Protocol):
    def seal(self, tenant: str, context: str, plain: str) -> bytes:
        """Encrypted for this tenant and context (authenticated, so a value moved elsewhere won't open)."""

    def open(self, tenant: str, context: str, sealed: bytes) -> str: ...
