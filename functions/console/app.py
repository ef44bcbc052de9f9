"""The console's pages: static files and where to sign in; all else the browser asks the API for.

Content is shown by the browser as text alone (no innerHTML), and the policy below forbids scripts from elsewhere, so a
hostile event title stays a title.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from meetbridge.bootstrap import app

STATIC = Path(__file__).parent / "static"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """GET /, GET /console/config.json, GET /console/{file} (API Gateway payload 2.0)."""
    if event["routeKey"] == "GET /":
        return _file("index.html")
    if event["routeKey"] == "GET /console/config.json":
        config = app().config
        body = {"issuer": config.oidc_issuer, "client_id": config.console_client_id}
        return _answer(200, json.dumps(body), "application/json")
    return _file(event["pathParameters"]["file"])


def _file(name: str) -> dict[str, Any]:
    known = {path.name: path for path in STATIC.iterdir()}
    if name not in known:
        body = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is no such page"}
        return _answer(404, json.dumps(body), "application/problem+json")
    path = known[name]
    return _answer(200, path.read_text(encoding="utf-8"), TYPES[path.suffix])


def _answer(status: int, body: str, kind: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": f"{kind}; charset=utf-8", **_headers()}, "body": body}


def _headers() -> dict[str, str]:
    issuer = urlsplit(app().config.oidc_issuer)
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {issuer.scheme}://{issuer.netloc}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
    }
