"""Names of zones from a calendar become names that this runtime knows."""

from __future__ import annotations

import pytest
from meetbridge.providers.zones import iana


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("UTC", "UTC"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("Nowhere/City", "Asia/Tokyo"),
        ("Europe", "Asia/Tokyo"),
        ("", "Asia/Tokyo"),
        ("../../etc/passwd", "Asia/Tokyo"),
        ("/etc/localtime", "Asia/Tokyo"),
        ("zone.tab", "Asia/Tokyo"),
        ("\x00", "Asia/Tokyo"),
        ("\ud800", "Asia/Tokyo"),
        ("A" * 10_000, "Asia/Tokyo"),
        (None, "Asia/Tokyo"),
        (7, "Asia/Tokyo"),
    ],
)
def test_a_zone_is_one_that_we_know(name: object, zone: str) -> None:
    assert iana(name, "Asia/Tokyo") == zone
