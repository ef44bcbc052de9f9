"""Where a service's adapter is found; it is imported when a job needs it, and not before.

An adapter is a package with the modules `auth`, `calendar` and `push`, each with a function `connect`.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import cast

from meetbridge.config import Config
from meetbridge.errors import Conflict
from meetbridge.model.connection import Service
from meetbridge.ports.provider import Authorizer, CalendarProvider, PushProvider

ADAPTERS: dict[str, str] = {Service.GOOGLE: "meetbridge.providers.google"}


class Registry:
    """The ProviderRegistry of all services in ADAPTERS; any other raises Conflict."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def authorizer(self, service: str) -> Authorizer:
        return cast(Authorizer, _module(service, "auth").connect(self._config))

    def calendar(self, service: str, access_token: str) -> CalendarProvider:
        return cast(CalendarProvider, _module(service, "calendar").connect(self._config, access_token))

    def push(self, service: str, access_token: str) -> PushProvider:
        return cast(PushProvider, _module(service, "push").connect(self._config, access_token))


def _module(service: str, name: str) -> ModuleType:
    if service not in ADAPTERS:
        raise Conflict("this service can't be connected")
    return import_module(f"{ADAPTERS[service]}.{name}")
