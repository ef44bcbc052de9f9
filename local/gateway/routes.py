"""Which route a request takes: the most specific one, as API Gateway ranks them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from local.plan import Route

_VARIABLE = re.compile(r"\{([^}+]+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Match:
    route: Route
    parameters: Mapping[str, str]


def match(routes: Iterable[Route], method: str, path: str) -> Match | None:
    """Full matches come before greedy ones, fixed segments before variables, a named method before ANY."""
    found: list[tuple[list[int], Match]] = []
    for route in routes:
        if route.method in (method, "ANY"):
            parameters = _parameters(route.path, path)
            if parameters is not None:
                found.append((_rank(route), Match(route, parameters)))
    return min(found, key=lambda one: one[0])[1] if found else None


def _rank(route: Route) -> list[int]:
    """Smaller is more specific: compared segment by segment from the left."""
    if route.path == "$default":
        return [4]
    kinds = []
    for segment in route.path.split("/"):
        variable = _VARIABLE.fullmatch(segment)
        kinds.append(0 if variable is None else 2 if variable[2] else 1)
    return [*kinds, 1 if route.method == "ANY" else 0]


def _parameters(pattern: str, path: str) -> dict[str, str] | None:
    if pattern == "$default":
        return {}
    parts = []
    for segment in pattern.split("/"):
        variable = _VARIABLE.fullmatch(segment)
        if variable is None:
            parts.append(re.escape(segment))
        else:
            parts.append(f"(?P<{variable[1]}>{'.+' if variable[2] else '[^/]+'})")
    found = re.fullmatch("/".join(parts), path)
    return found.groupdict() if found else None
