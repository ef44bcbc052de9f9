"""Time zone names as calendars really hold them, made IANA names that this runtime knows."""

from __future__ import annotations

from functools import lru_cache

from meetbridge.model.times import zone_info


@lru_cache(maxsize=512)
def iana(name: object, fallback: str) -> str:
    """The IANA zone of this name, be it IANA's own or one of Windows; `fallback` for any other value."""
    if not isinstance(name, str) or len(name) > 100:
        return fallback
    if _known(name):
        return name
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # an import that only odd names pay for

    mapped = WINDOWS_TO_OLSON.get(name)
    return mapped if mapped is not None and _known(mapped) else fallback


def _known(name: str) -> bool:
    try:
        zone_info(name)
    except (LookupError, ValueError, OSError):  # OSError: the name of a folder of the database
        return False
    return True
