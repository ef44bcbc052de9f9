"""The run as a child of a test (or a bench): started, asked, killed, read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import requests

from local.options import ROOT

_READY_SECONDS = 60.0


class Stack:
    """A context around `python -m local run` on free ports; the state folder outlives it.

    `api`, `google`, `platform`, `issuer`, `dynamodb` and `aws` are base addresses while it runs, `pid` its process.
    `environment` is for every function.
    """

    def __init__(
        self,
        state: Path,
        *,
        template: Path | None = None,
        ics: Sequence[str] = (),
        record: Path | None = None,
        tick: float | None = None,
        visibility: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.state = state
        self.command = [sys.executable, "-m", "local", "run", "--state", str(state), "--port", "0"]
        given = {"template": template, "record": record, "tick": tick, "visibility": visibility}
        for name, value in given.items():
            if value is not None:
                self.command += [f"--{name}", str(value)]
        for path in ics:
            self.command += ["--ics", path]
        for name, text in (environment or {}).items():
            self.command += ["--env", f"{name}={text}"]
        self._process: subprocess.Popen[bytes] | None = None
        self.pid = 0
        self.api = self.google = self.platform = self.issuer = self.dynamodb = self.aws = ""

    def __enter__(self) -> Stack:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def calls(self) -> list[dict[str, str]]:
        """Each AWS call so far: function, IAM action, resource."""
        path = self.state / "aws-calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def start(self) -> None:
        """Start it and wait until it listens; raises RuntimeError with what it said where it doesn't."""
        self.state.mkdir(parents=True, exist_ok=True)
        ready, said = self.state / "run.json", self.state / "stack.log"
        with said.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                start_new_session=True,
            )
        deadline = time.monotonic() + _READY_SECONDS
        # A killed run leaves its file behind.
        while not ready.exists() or json.loads(ready.read_text())["pid"] != self._process.pid:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill9()
                raise RuntimeError(f"the local run does not start:\n{said.read_text()[-3000:]}")
            time.sleep(0.05)
        for name, address in json.loads(ready.read_text()).items():
            setattr(self, name, address)

    def stop(self) -> None:
        """As Ctrl-C does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill9()
            self._process = None

    def kill9(self, *, everything: bool = True) -> None:
        """SIGKILL, to the parent alone or to all of its children as well."""
        if self._process is not None:
            if everything and self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()
            self._process = None

    def token(self, who: str) -> str:
        """An access token of a sample person ('mia'), or of a platform's backend ('platform-acme')."""
        answer = requests.post(f"{self.issuer}/sample-token", data={"who": who}, timeout=10)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def session(self, who: str) -> requests.Session:
        """A session that carries the token of `who`."""
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.token(who)}"
        return session

    def logs(self) -> str:
        """All that every part has said."""
        files = sorted((self.state / "logs").glob("*.log"))
        return "\n".join(path.read_text(errors="replace") for path in files)
