"""Which join links of the platform an event carries.

A pattern is an address to begin with (`https://meet.example.com/j/`); `*` stands for any characters of the path, and
for one or more labels where it leads the host (`https://*.example.com/`). Host names are compared whole, so that
`meet.example.com.evil.org` and `https://meet.example.com@evil.org/` are none. A gateway's wrapping of links would be
undone in `normalise`, through which every address goes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from meetbridge.model.event import Content

_URL = re.compile(r"https?://[^\s<>\"'\\^`{|}]+", re.IGNORECASE)
_TRAILING = ".,;:!?)]*_"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Pattern:
    scheme: str
    host: str
    port: int | None
    path: re.Pattern[str]


Patterns = tuple[Pattern, ...]


def patterns(text: str) -> Patterns:
    """From `JOIN_URL_PATTERNS`: prefixes, separated by commas or spaces. Raises ValueError for what is no address."""
    return tuple(_pattern(item) for item in re.split(r"[,\s]+", text) if item)


def normalise(url: str) -> str | None:
    """The form in which join links are compared; None for what is no plain http(s) address."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    if scheme not in _PORTS or not host or parts.username is not None or parts.password is not None:
        return None
    shown = "" if port is None or port == _PORTS[scheme] else f":{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{_ascii(host)}{shown}{parts.path.rstrip('/') or '/'}{query}"


def addresses(content: Content) -> tuple[str, ...]:
    """Every address in location, description and conference data, normalised, each once."""
    texts = [content.location, html.unescape(content.description)]
    found = [match.rstrip(_TRAILING) for text in texts for match in _URL.findall(text)]
    return tuple(dict.fromkeys(u for u in map(normalise, [*found, *content.conference_urls]) if u))


def join_links(content: Content, allowed: Patterns) -> tuple[str, ...]:
    """Those addresses that look like join links of the platform."""
    return tuple(url for url in addresses(content) if matches(url, allowed))


def matches(url: str, allowed: Patterns) -> bool:
    """Whether a normalised address fits one of the patterns."""
    parts = urlsplit(url)
    rest = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return any(
        p.scheme == parts.scheme
        and p.port == (parts.port or _PORTS[parts.scheme])
        and _host_fits(parts.hostname or "", p.host)
        and p.path.match(rest)
        for p in allowed
    )


def carries(content: Content, join_url: str) -> bool:
    """Whether this very link stands anywhere in the event."""
    wanted = normalise(join_url)
    return wanted is not None and wanted in addresses(content)


def same(one: str, other: str) -> bool:
    return bool(one) and normalise(one) is not None and normalise(one) == normalise(other)


def first_match(content: Content, known: Iterable[str]) -> str | None:
    """The first address of the event that is among `known` (normalised ones)."""
    pool = frozenset(known)
    return next((url for url in addresses(content) if url in pool), None)


def _pattern(item: str) -> Pattern:
    parts = urlsplit(item)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    if scheme not in _PORTS or not host or "*" in host.removeprefix("*.") or parts.username is not None:
        raise ValueError("JOIN_URL_PATTERNS holds something that is no http(s) address")
    rest = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    body = ".*".join(re.escape(piece) for piece in rest.rstrip("*").split("*"))
    boundary = "" if rest.endswith(("/", "*", "=", "?")) else r"(?=$|[/?#])"
    return Pattern(scheme, _ascii(host), parts.port or _PORTS[scheme], re.compile(body + boundary))


def _host_fits(host: str, wanted: str) -> bool:
    if wanted.startswith("*."):
        return host.endswith(wanted[1:]) and len(host) > len(wanted) - 1
    return host == wanted


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode().lower()
    except UnicodeError:
        return host.lower()
