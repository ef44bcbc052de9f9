"""Runs the simulator: python -m local.simulators.google --port P --state FILE.sqlite."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from .app import make
from .calendars import ensure_account, find
from .errors import ApiError
from .ics import import_file
from .ics_read import IcsError
from .people import DEFAULT_PERSON
from .state import Settings, Simulator


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="google", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", required=True, help="SQLite file that holds everything")
    parser.add_argument("--ics", action="append", default=[], help="FILE or EMAIL=FILE to import")
    parser.add_argument("--record", help="file that takes the traffic, one exchange a line")
    parser.add_argument("--client-id", default="")
    parser.add_argument("--client-secret", default="")
    parser.add_argument("--redirect-uri-prefix", default="")
    parser.add_argument("--issuer", default="https://accounts.google.com")
    return parser.parse_args()


def take(sim: Simulator, given: str) -> None:
    """Imports FILE or EMAIL=FILE. Raises IcsError, OSError or ApiError."""
    email, name = given.split("=", 1) if "@" in given.partition("=")[0] and "=" in given else (DEFAULT_PERSON, given)
    ensure_account(sim.store, email)
    report = import_file(sim.store, find(sim.store, email, "primary"), Path(name).read_bytes())
    print(f"{name} into {email}: {report.text()}", flush=True)


def main() -> int:
    given = arguments()
    settings = Settings(given.client_id, given.client_secret, given.redirect_uri_prefix, given.issuer)
    sim = Simulator(given.state, settings, given.record)
    for name in given.ics:
        try:
            take(sim, name)
        except (IcsError, OSError, ApiError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            sim.close()
            return 1
    try:
        server = make(sim, given.host, given.port)
    except OSError as error:
        print(f"Port {given.port} can't be used: {error.strerror}", file=sys.stderr)
        sim.close()
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"Google (simulated) at http://{given.host}:{server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.1)
    sim.closing.set()
    server.server_close()
    sim.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
