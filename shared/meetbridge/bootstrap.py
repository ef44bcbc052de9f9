"""Where adapters meet services: the only module that knows both.

Everything is made when it is first asked for, so that a function imports no more than its job needs.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

from meetbridge.config import Config, load


class App:
    """The services of one process; a test hands in its own configuration."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @cached_property
    def clock(self) -> object:
        raise NotImplementedError


@lru_cache(maxsize=1)
def app() -> App:
    return App(load())
