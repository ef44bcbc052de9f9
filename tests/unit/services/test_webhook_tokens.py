"""A channel's token can't be made, changed or outlive its key."""

from __future__ import annotations

import base64

import pytest
from meetbridge.errors import Unauthenticated
from meetbridge.model.connection import ConnectionKey
from meetbridge.services.webhook_tokens import LONGEST, Channel, mint, verify

OLD = "a:" + base64.b64encode(b"o" * 32).decode()
NEW = "b:" + base64.b64encode(b"n" * 32).decode()
KEY = ConnectionKey("t" * 16, "u" * 16)


def test_a_token_comes_back_as_what_it_names() -> None:
    assert verify(OLD, mint(OLD, KEY, 12, 3)) == Channel(KEY, 12, 3)


def test_a_token_is_short_enough_for_every_service() -> None:
    assert len(mint(OLD, KEY, 10**6, 10**4)) <= LONGEST


def test_the_previous_key_stays_valid_while_it_is_listed() -> None:
    token = mint(OLD, KEY, 1, 0)
    assert verify(f"{NEW},{OLD}", token).key == KEY
    with pytest.raises(Unauthenticated):
        verify(NEW, token)


@pytest.mark.parametrize("position", range(4))
def test_no_field_can_be_changed(position: int) -> None:
    fields = mint(OLD, KEY, 1, 0).split(".")
    fields[2 + position] = "2" if fields[2 + position].isdigit() else "x" * 16
    with pytest.raises(Unauthenticated):
        verify(OLD, ".".join(fields))


@pytest.mark.parametrize("token", ["", "v1", "v1.a.b", "." * 6, "v1.a.t.u.x.y.z", "é" * 20, "x" * 1000])
def test_rubbish_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        verify(OLD, token)


@pytest.mark.parametrize("keys", ["", "a", "a:!!", "a:" + base64.b64encode(b"short").decode()])
def test_keys_that_are_none_are_told_at_once(keys: str) -> None:
    with pytest.raises(ValueError, match="WEBHOOK_KEYS"):
        mint(keys, KEY, 1, 0)
