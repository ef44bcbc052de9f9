"""Which addresses are join links of the platform."""

from __future__ import annotations

from datetime import datetime

import pytest
from meetbridge.model.event import Content
from meetbridge.model.times import EventTime
from meetbridge.sync import links

NOW = EventTime(datetime(2026, 3, 2, 9), "UTC")
ALLOWED = links.patterns("https://meet.example.com/j/, https://*.rooms.example.org/r/* https://one.example.net")


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://meet.example.com/j/1", True),
        ("HTTPS://MEET.Example.com:443/j/1", True),
        ("https://meet.example.com./j/1", True),
        ("https://meet.example.com/k/1", False),
        ("http://meet.example.com/j/1", False),
        ("https://meet.example.com:8443/j/1", False),
        ("https://meet.example.com.evil.org/j/1", False),
        ("https://evil.org/https://meet.example.com/j/1", False),
        ("https://meet.example.com@evil.org/j/1", False),
        ("https://evil.org#@meet.example.com/j/1", False),
        ("https://a.rooms.example.org/r/x", True),
        ("https://a.b.rooms.example.org/r/x?pwd=1", True),
        ("https://rooms.example.org/r/x", False),
        ("https://evilrooms.example.org/r/x", False),
        ("https://one.example.net/anything", True),
        ("javascript:alert(1)", False),
        ("https://[bad", False),
    ],
)
def test_hosts_are_compared_whole(url: str, fits: bool) -> None:
    normalised = links.normalise(url)
    assert (normalised is not None and links.matches(normalised, ALLOWED)) is fits


@pytest.mark.parametrize(
    "content",
    [
        {"location": "Room 4; https://meet.example.com/j/1."},
        {"description": '<a href="https://meet.example.com/j/1">join</a>'},
        {"description": "(https://meet.example.com/j/1)"},
        {"conference_urls": ("https://meet.example.com/j/1/",)},
    ],
)
def test_a_link_is_found_wherever_it_stands(content: dict[str, object]) -> None:
    event = Content("x", NOW, NOW, **content)  # type: ignore[arg-type]
    assert links.join_links(event, ALLOWED) == ("https://meet.example.com/j/1",)
    assert links.carries(event, "https://MEET.example.com/j/1")


@pytest.mark.parametrize(
    "text", ["ftp://x.example/", "meet.example.com", "https://a*b.example/", "https://u@h.example/"]
)
def test_a_pattern_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="JOIN_URL_PATTERNS"):
        links.patterns(text)
