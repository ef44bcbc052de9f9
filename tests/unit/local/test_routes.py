"""The most specific route wins."""

from __future__ import annotations

import pytest

from local.gateway.routes import match
from local.plan import Route

KEYS = ["GET /", "GET /v1/users/{user}", "PUT /v1/users/{user}", "GET /v1/users/me", "ANY /v1/{rest+}"]
KEYS += ["GET /files/{name}"]
ROUTES = [Route(key.split(" ")[0], key.split(" ")[1], "function", None) for key in KEYS]


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/", "GET /", {}),
        ("GET", "/v1/users/me", "GET /v1/users/me", {}),
        ("GET", "/v1/users/max", "GET /v1/users/{user}", {"user": "max"}),
        ("PUT", "/v1/users/me", "PUT /v1/users/{user}", {"user": "me"}),
        ("DELETE", "/v1/users/me", "ANY /v1/{rest+}", {"rest": "users/me"}),
        ("GET", "/v1/users/max/more", "ANY /v1/{rest+}", {"rest": "users/max/more"}),
        ("GET", "/files/a.b", "GET /files/{name}", {"name": "a.b"}),
    ],
)
def test_it_matches(method: str, path: str, key: str, parameters: dict[str, str]) -> None:
    found = match(ROUTES, method, path)
    assert found is not None
    assert (found.route.key, found.parameters) == (key, parameters)


@pytest.mark.parametrize(("method", "path"), [("POST", "/"), ("GET", "/files"), ("GET", "/files/a/b"), ("GET", "/v2")])
def test_it_matches_nothing(method: str, path: str) -> None:
    assert match(ROUTES, method, path) is None


def test_the_default_route_is_the_last() -> None:
    default = Route("ANY", "$default", "other", None)
    found = match([default, *ROUTES], "GET", "/v2")
    assert found is not None
    assert found.route.key == "$default"
    assert match([default, *ROUTES], "GET", "/").route.key == "GET /"  # type: ignore[union-attr]
