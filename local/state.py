"""The state folder: what must be the same after a kill -9 and a restart, and who may use it."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

PREFERRED = {"api": 8080, "google": 8081, "platform": 8082, "issuer": 8083, "dynamodb": 8084, "aws": 8085}


class Problem(Exception):
    """Why the run cannot start, in words for whoever typed the command."""


def write_json(path: Path, value: Any) -> None:
    """Replaces the file in one step, readable by its owner alone."""
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(value, indent=1))
    fresh.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    value: dict[str, Any] = json.loads(path.read_text())
    return value


class State:
    """One folder, used by one run at a time. Raises Problem where another run holds it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        self._lock = (folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(f"another run uses {folder}; stop it, or name another folder with --state") from None
        self.calls = folder / "aws-calls.jsonl"
        self.ready = folder / "run.json"
        self.ready.unlink(missing_ok=True)

    def secret(self, name: str, make: Callable[[], str] = secrets.token_urlsafe) -> str:
        """A generated value that stays the same."""
        path = self.folder / "secrets.json"
        kept = read_json(path)
        if name not in kept:
            kept[name] = make()
            write_json(path, kept)
        return str(kept[name])

    def vault_key_file(self) -> Path:
        """32 bytes, made before any worker can ask for them."""
        path = self.folder / "vault.key"
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_bytes(secrets.token_bytes(32))
            fresh.replace(path)
        return path

    def ports(self, asked: int | None) -> dict[str, int]:
        """A port for each part: last run's if free, else the preferred ones, else any. Raises Problem."""
        path = self.folder / "ports.json"
        kept, taken = read_json(path), set[int]()
        ports: dict[str, int] = {}
        if asked:
            if not is_free(asked):
                raise Problem(f"port {asked} is taken by another program; name another with --port, or none at all")
            ports["api"] = asked
            taken.add(asked)
        for name, preferred in PREFERRED.items():
            if name not in ports:
                wishes = [kept[name]] if name in kept else []
                wishes += [] if asked == 0 else [preferred, *range(preferred + 10, preferred + 100, 10)]
                ports[name] = next((p for p in wishes if p not in taken and is_free(p)), 0) or any_free()
                taken.add(ports[name])
        write_json(path, ports)
        return ports


def is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


def any_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def webhook_keys() -> str:
    """One key of WEBHOOK_KEYS: `id:base64`."""
    return f"{secrets.token_hex(2)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def standard_webhooks_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
