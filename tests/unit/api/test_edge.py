"""The HTTP edge: who calls, what errors say, tags and cursors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from meetbridge import errors
from meetbridge.api.etags import etag, matches, require_match, unchanged
from meetbridge.api.identity import client, identity
from meetbridge.api.paging import Cursors
from meetbridge.api.problem import BadRequest, of_error
from meetbridge.model.account import Client, ClientPlatform, Role

from tests.support.http import event

KEY, OTHER = "k1:AAAAAAAAAAAAAAAAAAAAAA==", "k2:BBBBBBBBBBBBBBBBBBBBBB=="


def test_who_calls_by_claims_that_are_strings() -> None:
    who = identity(event("GET", "/v1/me/integration"))
    assert (who.tenant, who.user, who.role, who.email) == ("acme", "ann", Role.MEMBER, "ann@example.com")
    assert who.groups == ("staff", "sales")
    assert who.client == Client((5, 17, 0), ClientPlatform.WINDOWS)


@pytest.mark.parametrize(
    ("claim", "groups"), [("[]", ()), ("", ()), ("[a]", ("a",)), ("[a b]", ("a", "b")), ("a", ("a",))]
)
def test_groups_arrive_as_one_string(claim: str, groups: tuple[str, ...]) -> None:
    assert identity(event("GET", "/", claims={"groups": claim})).groups == groups


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (None, Client()),
        ({}, Client((0,), None)),
        ({"X-Client-Version": "5.2.2"}, Client((5, 2, 2))),
        ({"x-client-version": "6"}, Client((6,))),
        ({"x-client-version": "5.2.2-beta"}, Client()),
        ({"x-client-version": "٥.٢"}, Client()),
        ({"x-client-version": "1.2.3.4.5"}, Client()),
        ({"x-client-version": "9" * 5000}, Client()),
        ({"x-client-platform": "Windows"}, Client((0,), ClientPlatform.WINDOWS)),
        ({"x-client-platform": "beos"}, Client()),
    ],
)
def test_what_the_client_says_of_itself(headers: dict[str, str] | None, expected: Client) -> None:
    assert client(headers) == expected


def _all(base: type[Exception]) -> Iterator[type[Exception]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _all(kind)


@pytest.mark.parametrize("kind", list(_all(errors.MeetbridgeError)), ids=lambda kind: kind.__name__)
def test_every_error_has_a_problem_of_its_own_words(kind: type[errors.MeetbridgeError]) -> None:
    error = kind("account_off", "Why.") if issubclass(kind, errors.Refused) else kind("Why.")
    answer = of_error(error)
    body: dict[str, Any] = json.loads(str(answer.body))
    assert answer.content_type == "application/problem+json"
    assert (body["status"], body["detail"]) == (answer.status_code, "Why.")
    assert 400 <= answer.status_code < 600
    assert answer.status_code != 500
    assert body["type"].startswith("urn:meetbridge:problem:")


def test_a_service_that_asks_for_a_pause_is_passed_on() -> None:
    assert of_error(errors.RateLimited("Slow.", 17.4)).headers["Retry-After"] == "17"


@pytest.mark.parametrize(
    ("if_match", "hit"),
    [('"3"', True), ("*", True), ('"2", "3"', True), ('W/"3"', False), ('"33"', False), ("3", False), ("", False)],
)
def test_if_match(if_match: str, hit: bool) -> None:
    assert matches(if_match, etag(3)) is hit


def test_if_match_is_required() -> None:
    with pytest.raises(errors.PreconditionRequired):
        require_match(None, etag(3))
    with pytest.raises(errors.PreconditionFailed):
        require_match('"2"', etag(3))


def test_a_cursor_comes_back_as_it_was() -> None:
    cursors = Cursors(KEY)
    sealed = cursors.seal("events", "acme", "shard 1")
    assert sealed is not None
    assert "shard" not in sealed
    assert cursors.open("events", "acme", sealed) == "shard 1"
    assert Cursors(f"{OTHER},{KEY}").open("events", "acme", sealed) == "shard 1"
    assert cursors.seal("events", "acme", None) is cursors.open("events", "acme", None) is None


@pytest.mark.parametrize(
    ("listing", "tenant", "keys"), [("meetings", "acme", KEY), ("events", "other", KEY), ("events", "acme", OTHER)]
)
def test_a_cursor_is_bound_to_listing_account_and_key(listing: str, tenant: str, keys: str) -> None:
    sealed = Cursors(KEY).seal("events", "acme", "shard 1")
    with pytest.raises(BadRequest):
        Cursors(keys).open(listing, tenant, sealed)


@pytest.mark.parametrize(
    ("sent", "hit"), [('"3"', True), ('W/"3"', True), ('"1", W/"3"', True), ("*", True), ('"33"', False), ("3", False)]
)
def test_what_the_caller_holds_is_compared_weakly(sent: str, hit: bool) -> None:
    assert unchanged(sent, etag(3)) is hit


@pytest.mark.parametrize("keys", ["", " ", "short", f"{KEY},short"])
def test_without_good_keys_no_cursor_is_signed(keys: str) -> None:
    with pytest.raises(ValueError, match="CURSOR_KEYS"):
        Cursors(keys)
