"""python -m local run"""

from __future__ import annotations

import logging
import sys

from local.issuer.people import PEOPLE
from local.options import parse
from local.run import Run, wait_for_end
from local.state import Problem


def summary(run: Run) -> str:
    people = ", ".join(f"{one.name.split()[0]} ({one.role} at {one.account})" for one in PEOPLE.values())
    lines = [
        "",
        f"  Meetbridge          {run.at.api}",
        f"  Google, simulated   {run.at.google}",
        f"  The platform        {run.at.platform}",
        "",
        f"  Sign in as {people}.",
        f"  Everything is kept in {run.options.state}. Ctrl-C stops it.",
        "",
    ]
    if not run.keeps_tables:
        lines.insert(
            0, "WARNING: no dynoxide for this machine, so moto holds the table: nothing is kept after the end."
        )
    return "\n".join(lines)


def main() -> int:
    options = parse(sys.argv[1:])
    try:
        run = Run(options)
        logging.basicConfig(
            filename=run.state.logs / "run.log",
            level=logging.INFO,
            format="%(asctime)s %(name)s %(levelname)s %(message)s",
        )
        with run:
            print(summary(run), flush=True)
            wait_for_end()
    except Problem as e:
        print(e, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
