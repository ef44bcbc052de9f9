"""Event filters of a mapping, by moto's own matcher of event patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def passes(record: Mapping[str, Any], patterns: Sequence[Mapping[str, Any]]) -> bool:
    """True where one of the patterns fits, or there are none."""
    if not patterns:
        return True
    from moto.events.models import EventPattern  # slow to import, and most mappings have no filter

    return any(EventPattern(None, dict(one)).matches_event(dict(record)) for one in patterns)  # type: ignore[arg-type]
