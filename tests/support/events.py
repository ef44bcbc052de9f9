"""Events as AWS sends them (tests/events), and the context that Lambda hands over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parent.parent / "events"


def aws_event(name: str) -> dict[str, Any]:
    """A fresh copy of the recorded event."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


class _Context:
    """What a handler is told of its invocation."""

    function_name = "function"
    memory_limit_in_mb = 512
    aws_request_id = "52fdfc07-2182-154f-163f-5f0f9a621d72"
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:function"

    def __init__(self, milliseconds: int = 20_000) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


def context(milliseconds: int = 20_000) -> Any:
    """A context with this much time left."""
    return _Context(milliseconds)
