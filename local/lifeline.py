"""No process outlives the run, whichever way it ends.

A Python child reads a pipe whose other end the parent holds: its end is the parent's. A binary is given
Linux's parent-death signal. `python -m local.lifeline MODULE ...` runs a module with the pipe on stdin.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def watch(descriptor: int = 0) -> None:
    """End this process when the other end of the pipe closes; Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def wait() -> None:
        while os.read(descriptor, 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def start_module(
    module: str, arguments: Sequence[str], log: Path, *, cwd: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a Python module that ends with us; its output goes to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "local.lifeline", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=None if environment is None else dict(environment),
        )


def start_binary(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a binary; must be called by the main thread, whose end is what kills it."""
    # Loaded here, since nothing may be loaded between fork and exec.
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if sys.platform == "linux":
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=prepare,
        )


def wait_until_listening(address: str, process: subprocess.Popen[bytes], seconds: float = 30.0) -> None:
    """Return when something answers HTTP there; raises RuntimeError where the process ended or time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{Path(str(process.args[-1])).name} ended at once: {process.args!r}")  # type: ignore[index]
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own http address
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens at {address}")


def stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> None:
    watch()
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
