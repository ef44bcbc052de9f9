"""Time and ids as arguments of the shell, so that tests decide them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The moment, in UTC and aware."""


class Ids(Protocol):
    def new(self) -> str:
        """An id that nobody can guess: 26 characters of [a-v0-9] (128 bits)."""
