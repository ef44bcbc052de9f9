"""The run answers at all."""

from __future__ import annotations

import pytest
import requests

from local.stack import Stack

pytestmark = pytest.mark.e2e


def test_health_is_open(stack: Stack) -> None:
    assert requests.get(f"{stack.api}/health", timeout=30).json() == {"status": "ok"}


def test_an_unknown_route_is_not_found_even_for_an_owner(stack: Stack) -> None:
    answer = stack.session("olivia").get(f"{stack.api}/v1/nothing/here", timeout=30)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_nobody_gets_in_without_a_token(stack: Stack) -> None:
    answer = requests.get(f"{stack.api}/v1/me/integration", timeout=30)
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
