"""The traffic kept as JSON, one exchange a line, so that it can be held against the published schemas.

No Authorization header is ever written.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path

from .errors import Json

SECRET = ("authorization", "cookie", "set-cookie")


class Recorder:
    """Appends to a file; without one it does nothing."""

    def __init__(self, path: str | None) -> None:
        self._file = Path(path).open("a", encoding="utf-8") if path else None  # noqa: SIM115
        self._lock = threading.Lock()

    def close(self) -> None:
        if self._file:
            self._file.close()

    def write(self, direction: str, request: Json, response: Json | None) -> None:
        if self._file is None:
            return
        line = json.dumps({"service": "google", "direction": direction, "request": request, "response": response})
        with self._lock:
            if not self._file.closed:
                self._file.write(line + "\n")
                self._file.flush()


def message(method: str, url: str, headers: Mapping[str, str], body: str) -> Json:
    return {"method": method, "url": url, "headers": _public(headers), "body": body}


def answer(status: int, headers: Mapping[str, str], body: str) -> Json:
    return {"status": status, "headers": _public(headers), "body": body}


def _public(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in SECRET}
