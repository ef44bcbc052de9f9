"""The console's pages are served as they are, with a policy that lets no other script in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from meetbridge.config import Config

from functions.console import app as function
from tests.support.events import aws_event, context

HTML_SINKS = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(")


class Configured:
    config = Config(oidc_issuer="https://id.example.com/platform", console_client_id="console")


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function, "app", Configured)


def get(route: str, file: str = "") -> dict[str, object]:
    event = {**aws_event("http_api_open"), "routeKey": route, "pathParameters": {"file": file}}
    return function.handler(event, context())


def test_the_page_names_its_only_sources() -> None:
    answer = get("GET /")
    headers = answer["headers"]
    assert isinstance(headers, dict)
    policy = headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "connect-src 'self' https://id.example.com;" in policy
    assert "unsafe" not in policy


def test_the_browser_is_told_where_to_sign_in() -> None:
    body = json.loads(str(get("GET /console/config.json")["body"]))
    assert body == {"issuer": "https://id.example.com/platform", "client_id": "console"}


@pytest.mark.parametrize("path", sorted(function.STATIC.iterdir()), ids=lambda path: path.name)
def test_every_file_is_served(path: Path) -> None:
    answer = get("GET /console/{file}", path.name)
    assert (answer["statusCode"], answer["body"]) == (200, path.read_text())


@pytest.mark.parametrize("name", ["app.py", "../app.py", "..%2fapp.py", "/etc/passwd", ""])
def test_nothing_else_is_served(name: str) -> None:
    answer = get("GET /console/{file}", name)
    assert answer["statusCode"] == 404
    assert json.loads(str(answer["body"]))["status"] == 404


@pytest.mark.parametrize("path", sorted(function.STATIC.glob("*.js")), ids=lambda path: path.name)
def test_no_script_turns_text_into_html(path: Path) -> None:
    text = path.read_text()
    assert not [
        word for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(") if word in text
    ]
