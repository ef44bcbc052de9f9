"""Allowed domains (S13): exact ones and `*.example.com`, in any case and in any script (IDNA 2008)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from meetbridge.errors import FieldError

LONGEST = 253
MOST = 1000


def normalise(entries: Sequence[str]) -> tuple[tuple[str, ...], tuple[FieldError, ...]]:
    """The domains in ASCII and lower case, each once in the order given, and what is wrong with the others."""
    good: dict[str, None] = {}
    bad: list[FieldError] = []
    for position, entry in enumerate(entries[:MOST]):
        domain = _pattern(entry)
        if domain is None:
            bad.append(FieldError(f"/allowed_domains/{position}", "not a domain such as example.com or *.example.com"))
        else:
            good[domain] = None
    if len(entries) > MOST:
        bad.append(FieldError("/allowed_domains", f"more than {MOST} domains"))
    return tuple(good), tuple(bad)


def split(text: str) -> list[str]:
    """The parts of a comma-separated list; empty ones do not count."""
    return [part.strip() for part in text.split(",") if part.strip()]


def allows(allowed: Iterable[str], address: str) -> bool:
    """Whether an address is in a (normalised) domain; `*.example.com` is every one below, not itself."""
    patterns = tuple(allowed)
    if not patterns:
        return True
    local, at, host = address.rpartition("@")
    domain = _ascii(host) if at and local else None
    return domain is not None and any(_matches(pattern, domain) for pattern in patterns)


def _matches(pattern: str, domain: str) -> bool:
    return domain.endswith(pattern[1:]) if pattern.startswith("*.") else domain == pattern


def _pattern(entry: str) -> str | None:
    entry = entry.strip()
    if entry.startswith("*."):
        below = _ascii(entry[2:])
        return None if below is None else f"*.{below}"
    return _ascii(entry)


def _ascii(domain: str) -> str | None:
    """The A-label form (RFC 5891), mapped as UTS 46 does for case and width; None for what is no domain."""
    import idna  # its tables cost 10 ms, and most accounts name no domain

    if not domain or len(domain) > LONGEST:
        return None
    try:
        ascii_form = idna.encode(domain, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        return None
    return ascii_form if "." in ascii_form.strip(".") and not ascii_form.endswith(".") else None
