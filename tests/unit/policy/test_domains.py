"""S13: which addresses an account's domains allow."""

from __future__ import annotations

import pytest
from meetbridge.policy.domains import allows, normalise, split


@pytest.mark.parametrize(
    ("domains", "address", "allowed"),
    [
        ([], "ann@anywhere.net", True),
        (["example.com"], "ann@example.com", True),
        (["Example.COM"], "ann@EXAMPLE.com", True),
        (["example.com"], "ann@sub.example.com", False),
        (["example.com"], "ann@notexample.com", False),
        (["example.com"], "ann@example.com.evil.net", False),
        (["*.example.com"], "ann@sub.example.com", True),
        (["*.example.com"], "ann@a.b.example.com", True),
        (["*.example.com"], "ann@example.com", False),
        (["*.example.com"], "ann@evilexample.com", False),
        (["example.com", "example.org"], "ann@example.org", True),
        (["bücher.example"], "ann@xn--bcher-kva.example", True),
        (["xn--bcher-kva.example"], "ann@BÜCHER.example", True),
        (["*.bücher.example"], "ann@shop.bücher.example", True),
        (["example.com"], "ann@example.com@evil.net", False),
        (["example.com"], "ann@evil.net@example.com", True),
        (["example.com"], "@example.com", False),
        (["example.com"], "example.com", False),
        (["example.com"], "", False),
        (["example.com"], "ann@" + "a" * 300 + ".com", False),
        (["example.com"], "ann@\ud800.com", False),
    ],
)
def test_allows(domains: list[str], address: str, allowed: bool) -> None:
    normal, faults = normalise(domains)
    assert not faults
    assert allows(normal, address) is allowed


def test_normal_form_is_lower_case_ascii_and_each_once() -> None:
    assert normalise([" Example.com", "example.com", "*.BÜCHER.example"]) == (
        ("example.com", "*.xn--bcher-kva.example"),
        (),
    )


@pytest.mark.parametrize(
    "entry", ["", "com", "*", "*.", "*.*.com", "a b.com", "-a.com", "exa_mple.com", "ann@x.com", "x.com."]
)
def test_what_is_no_domain_is_named(entry: str) -> None:
    good, faults = normalise(["example.com", entry])
    assert good == ("example.com",)
    assert [fault.pointer for fault in faults] == ["/allowed_domains/1"]


def test_too_many_domains_are_refused() -> None:
    good, faults = normalise([f"a{n}.example" for n in range(1001)])
    assert len(good) == 1000
    assert [fault.pointer for fault in faults] == ["/allowed_domains"]


def test_a_comma_separated_list_is_split() -> None:
    assert split("example.com, *.example.org ,,") == ["example.com", "*.example.org"]
