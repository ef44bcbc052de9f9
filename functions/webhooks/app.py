"""The services' notifications come in here; a cold start must be short, so nothing heavy is imported."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from meetbridge.bootstrap import app
from meetbridge.errors import InvalidInput, StorageError, Unauthenticated

log = logging.getLogger(__name__)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """GET /health, POST /webhooks/google (API Gateway payload 2.0)."""
    if event["routeKey"] == "GET /health":
        return _answer(HTTPStatus.OK, {"status": "ok"})
    try:
        app().notifications.google(event.get("headers", {}))
    except Unauthenticated as e:
        return _problem(HTTPStatus.UNAUTHORIZED, str(e))
    except InvalidInput as e:
        return _problem(HTTPStatus.BAD_REQUEST, str(e))
    except StorageError as e:
        log.error("a notification was not enqueued: %s", e)
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "Send it again later.")
    return {"statusCode": HTTPStatus.NO_CONTENT.value}


def _answer(status: HTTPStatus, body: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    return {"statusCode": status.value, "headers": {"content-type": kind}, "body": json.dumps(body)}


def _problem(status: HTTPStatus, detail: str) -> dict[str, Any]:
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return _answer(status, body, "application/problem+json")
