"""Where the parts of a run listen, all on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local.template import ACCOUNT

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Addresses:
    api: str
    google: str
    platform: str
    issuer: str
    dynamodb: str
    aws: str

    @classmethod
    def of(cls, ports: Mapping[str, int]) -> Addresses:
        return cls(**{name: f"http://{HOST}:{port}" for name, port in ports.items()})

    @property
    def queues(self) -> str:
        """What queue URLs begin with."""
        return f"{self.aws}/{ACCOUNT}"
