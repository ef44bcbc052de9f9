"""`make bench`: the budgets counted and measured, each time as a ratio to something else of the same run."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable

from bench import cold, cost, events, expansion, journey, warm
from bench.counts import Counts, report
from tests.support import dynoxide
from tools.layer import BUDGET, ROOT, size


def main() -> None:
    started = time.monotonic()
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors")
    _section("Cold start of the webhook function", cold.report())
    _section("Imports of the handlers, against the webhook function's", cold.imports())
    _section("Expanding a month", expansion.report())
    _section("Events", events.parsing())
    if dynoxide.binary() is None:
        print("\nNo dynoxide for this machine: what runs over the table is not measured.")
    else:
        _table()
        _section("From side to side on the local run", journey.report())
    _section("Layer", _layer())
    print(f"\n{time.monotonic() - started:.0f} s")


def _table() -> None:
    counts = Counts()
    _section("Counted calls, as the tests count them", report(counts))
    _section("First sync on this machine", events.first_sync())
    _section("A user's month", _costs(counts))


def _costs(counts: Counts) -> Iterable[str]:
    use, seconds = cost.Use(), warm.seconds()
    bill = cost.month(use, counts, seconds)
    for name, dollars in sorted(bill.items(), key=lambda item: -item[1]):
        yield f"  {name:<28} ${dollars:.5f}"
    total = sum(bill.values())
    yield f"  {'all':<28} ${total:.4f}  ({total / cost.LIMIT:.2f} of the budget of ${cost.LIMIT})"
    worse = {
        "clients that never send If-None-Match": cost.Use(told=False),
        "alone in the tenant, each sync asks KMS for the key": cost.Use(key_misses=1),
        "every fifth run a cold start": cost.Use(cold=0.2),
    }
    for name, other in worse.items():
        yield f"  ... {name}: ${sum(cost.month(other, counts, seconds).values()):.4f}"
    yield f"  once, for the first sync of {use.events} events: ${cost.first(counts, use):.4f}"
    runs = {"a webhook": seconds.webhook, "a sync without change": seconds.sync, "a month read": seconds.read}
    yield f"  CPU here: {', '.join(f'{name} {taken * 1e3:.1f} ms' for name, taken in runs.items())}"


def _layer() -> Iterable[str]:
    folder = ROOT / ".aws-sam" / "build" / "Layer"
    if not folder.is_dir():
        yield "  not built (make build)"
        return
    found = size(folder)
    yield f"  {found / 1e6:.1f} MB, {found / BUDGET:.2f} of the budget of {BUDGET / 1e6:.0f} MB"


def _section(title: str, lines: Iterable[str]) -> None:
    print(f"\n{title}")
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
