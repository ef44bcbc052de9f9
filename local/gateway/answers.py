"""A function's result as an HTTP answer, inferred as payload format 2.0 says."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from local.workers.pool import Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def message(status: int, text: str) -> Answer:
    """API Gateway's own words."""
    return Answer(status, (("content-type", "application/json"),), json.dumps({"message": text}).encode())


FAILED = message(500, "Internal Server Error")


def answer(outcome: Outcome) -> Answer:
    """A result without `statusCode` is a JSON body with status 200; what can't be an answer is 500."""
    if outcome.result is None:
        return FAILED
    result = json.loads(outcome.result)
    if not isinstance(result, dict) or "statusCode" not in result:
        body = result if isinstance(result, str) else json.dumps(result)
        return Answer(200, (("content-type", "application/json"),), body.encode())
    try:
        status, body = int(result["statusCode"]), result.get("body") or ""
        content = base64.b64decode(body, validate=True) if result.get("isBase64Encoded") else body.encode()
        headers = {name.lower(): _text(value) for name, value in (result.get("headers") or {}).items()}
    except (ValueError, TypeError, AttributeError, binascii.Error):
        return FAILED
    headers.setdefault("content-type", "text/plain;charset=UTF-8")
    cookies = [("set-cookie", str(cookie)) for cookie in result.get("cookies") or []]
    return Answer(status, (*headers.items(), *cookies), content)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
