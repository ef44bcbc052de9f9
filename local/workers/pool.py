"""Warm workers of each function: spawned when first needed, killed at the function's timeout, replaced."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.options import ROOT
from local.plan import Function
from local.workers import wire
from local.workers.launch import command, variables

PAYLOAD_LIMIT = 6 * 1024 * 1024
_DEFAULT_CONCURRENCY = {"SyncFunction": 4}
_INIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an invocation came to: `result` is JSON text; `error` is set where the function failed."""

    result: str | None = None
    error: Mapping[str, str] | None = None


class TooLarge(Exception):
    """The event is larger than Lambda takes."""


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    channel: socket.socket

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.channel.close()
        if self.process.stdin:
            self.process.stdin.close()


@dataclass(slots=True)
class _Lane:
    """The workers of one function."""

    function: Function
    slots: threading.Semaphore
    idle: list[_Worker] = field(default_factory=list)


class Pool:
    """`additions` go to every function; `overrides` replace what the template gives, where it gives it."""

    def __init__(
        self,
        functions: Mapping[str, Function],
        *,
        additions: Mapping[str, str],
        overrides: Mapping[str, str],
        logs: Path,
        calls: Path,
    ) -> None:
        self._lanes = {
            name: _Lane(one, threading.Semaphore(one.concurrency or _DEFAULT_CONCURRENCY.get(name, 2)))
            for name, one in functions.items()
        }
        self._additions = additions
        self._overrides = overrides
        self._logs = logs
        self._calls = calls
        self._lock = threading.Lock()
        self._workers: dict[int, _Worker] = {}
        self._closed = False

    def concurrency(self, function: str) -> int:
        one = self._lanes[function].function
        return one.concurrency or _DEFAULT_CONCURRENCY.get(function, 2)

    def invoke(self, function: str, event: Any, size: int) -> Outcome:
        """Run it, waiting for a free worker. `size` is the event's in bytes. Raises TooLarge."""
        if size > PAYLOAD_LIMIT:
            raise TooLarge(f"the event has {size} bytes, Lambda takes {PAYLOAD_LIMIT}")
        lane = self._lanes[function]
        with lane.slots:
            worker = self._take(lane)
            if isinstance(worker, Outcome):
                return worker
            outcome = self._run(lane.function, worker, event)
            if worker.process.poll() is None and not self._closed:
                with self._lock:
                    lane.idle.append(worker)
            else:
                self._discard(worker)
            return outcome

    def close(self) -> None:
        self._closed = True
        with self._lock:
            workers = list(self._workers.values())
        for worker in workers:
            self._discard(worker)

    def _take(self, lane: _Lane) -> _Worker | Outcome:
        with self._lock:
            while lane.idle:
                worker = lane.idle.pop()
                if worker.process.poll() is None:
                    return worker
        return self._spawn(lane.function)

    def _spawn(self, function: Function) -> _Worker | Outcome:
        ours, theirs = socket.socketpair()
        with theirs, (self._logs / f"{function.name}.log").open("ab") as log:
            process = subprocess.Popen(
                command(function, theirs.fileno(), self._calls),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=variables(function, self._additions, self._overrides),
                pass_fds=[theirs.fileno()],
            )
        worker = _Worker(process, ours)
        with self._lock:
            self._workers[process.pid] = worker
        ours.settimeout(_INIT_SECONDS)
        hello = _hear(worker)
        if "ready" in hello:
            return worker
        self._discard(worker)
        return Outcome(error=hello["error"])

    def _run(self, function: Function, worker: _Worker, event: Any) -> Outcome:
        request = {
            "id": str(uuid.uuid4()),
            "event": event,
            "deadline": time.time() + function.timeout,
            "trace": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
        }
        worker.channel.settimeout(function.timeout)
        try:
            wire.send(worker.channel, request)
        except OSError:
            worker.kill()
            return Outcome(error={"errorType": "Runtime.ExitError", "errorMessage": "the worker is gone"})
        heard = _hear(worker)
        if "error" in heard:
            return Outcome(error=heard["error"])
        result: str = heard["result"]
        if len(result.encode()) > PAYLOAD_LIMIT:
            words = f"Response payload size exceeded maximum allowed payload size ({PAYLOAD_LIMIT} bytes)."
            return Outcome(error={"errorType": "Function.ResponseSizeTooLarge", "errorMessage": words})
        return Outcome(result=result)

    def _discard(self, worker: _Worker) -> None:
        worker.kill()
        with self._lock:
            self._workers.pop(worker.process.pid, None)


def _hear(worker: _Worker) -> dict[str, Any]:
    """The worker's message, or the error that Lambda would tell; a worker that timed out or died is killed."""
    try:
        heard: dict[str, Any] = wire.receive(worker.channel)
    except TimeoutError:
        worker.kill()
        return {"error": {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out"}}
    except (EOFError, OSError):
        worker.kill()
        return {"error": {"errorType": "Runtime.ExitError", "errorMessage": "the worker ended without an answer"}}
    return heard
