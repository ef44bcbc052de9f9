"""What the run can be told; one parser, so that the command and the tests' Stack mean the same."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = Path(".meetbridge")
TEMPLATE = ROOT / "template.yaml"


@dataclass(frozen=True, slots=True)
class Options:
    """`port` None prefers 8080, 0 takes any free one. `tick` is in seconds; None keeps the template's schedules.

    `visibility` caps the queues' visibility timeout (seconds), so that a test need not wait minutes for a retry.
    `environment` is added to every function's.
    """

    state: Path = STATE
    template: Path = TEMPLATE
    port: int | None = None
    ics: tuple[str, ...] = ()
    record: Path | None = None
    tick: float | None = None
    visibility: int | None = None
    environment: dict[str, str] = field(default_factory=dict)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return path.resolve()


def _calendar(text: str) -> str:
    """FILE, or EMAIL=FILE for that person's calendar."""
    person, equals, name = text.rpartition("=")
    return f"{person}{equals}{_file(name)}"


def parse(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    run = parser.add_subparsers(dest="command", required=True).add_parser(
        "run", help="start everything; Ctrl-C stops it"
    )
    run.add_argument("--ics", type=_calendar, action="append", default=[], help="FILE or EMAIL=FILE to import at start")
    run.add_argument("--service", choices=["google"], default="google", help="the simulated calendar service")
    run.add_argument("--record", type=Path, help="write the calendar service's traffic here, one exchange a line")
    run.add_argument("--port", type=int, help="of the API (default: 8080 or the next free one; 0: any)")
    run.add_argument("--state", type=Path, default=STATE, help="the folder that keeps everything")
    run.add_argument("--template", type=_file, default=TEMPLATE, help="another template (for tests)")
    run.add_argument("--tick", type=float, metavar="SECONDS", help="fire schedules this often")
    run.add_argument(
        "--visibility", type=int, metavar="SECONDS", help="at most this long till a failed message returns"
    )
    run.add_argument("--env", type=_pair, action="append", default=[], metavar="NAME=VALUE", help="for every function")
    given = parser.parse_args(arguments)
    return Options(
        state=given.state.resolve(),
        template=given.template,
        port=given.port,
        ics=tuple(given.ics),
        record=given.record.resolve() if given.record else None,
        tick=given.tick,
        visibility=given.visibility,
        environment=dict(given.env),
    )
