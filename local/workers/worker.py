"""One warm process of one function: what Lambda's runtime does around the handler.

Its output is the function's log. It ends with the run, since its stdin is the run's lifeline.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local import lifeline
from local.workers import recorder, wire
from local.workers.context import Context

Handler = Callable[[Any, Context], Any]


def load(handler: str, code: str, layers: list[str]) -> Handler:
    """Import it as Lambda would: the function's folder first, then the layers, and nothing of the repository."""
    root = str(Path(__file__).resolve().parent.parent.parent)
    rest = [entry for entry in sys.path if entry not in ("", root)]
    sys.path[:] = [code, *layers, *rest]
    module, _, name = handler.rpartition(".")
    found: Handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    return found


def answer(handler: Handler, function: str, memory: int, request: dict[str, Any]) -> dict[str, Any]:
    """`{"result"}` or `{"error": {"errorType", "errorMessage"}}`; never raises for what the handler does."""
    context = Context(function, memory, request["id"], request["deadline"])
    os.environ["_X_AMZN_TRACE_ID"] = request["trace"]
    started = time.monotonic()
    try:
        return {"result": json.dumps(handler(request["event"], context))}
    except Exception as e:  # noqa: BLE001 - whatever a handler raises is the function's error
        traceback.print_exc()
        return {"error": {"errorType": type(e).__name__, "errorMessage": str(e)}}
    finally:
        print(f"REPORT RequestId: {request['id']} Duration: {(time.monotonic() - started) * 1000:.1f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--channel", type=int, required=True)
    parser.add_argument("--function", required=True)
    parser.add_argument("--handler", required=True)
    parser.add_argument("--memory", type=int, required=True)
    parser.add_argument("--code", required=True)
    parser.add_argument("--layer", action="append", default=[])
    parser.add_argument("--calls", type=Path, required=True)
    given = parser.parse_args()
    lifeline.watch()
    channel = socket.socket(fileno=given.channel)
    recorder.install(given.calls, given.function)
    try:
        handler = load(given.handler, given.code, given.layer)
    except Exception as e:  # noqa: BLE001 - whatever the import raises is the function's error
        traceback.print_exc()
        wire.send(channel, {"error": {"errorType": type(e).__name__, "errorMessage": str(e)}})
        return
    wire.send(channel, {"ready": True})
    with contextlib.suppress(EOFError):
        while True:
            wire.send(channel, answer(handler, given.function, given.memory, wire.receive(channel)))


if __name__ == "__main__":
    main()
