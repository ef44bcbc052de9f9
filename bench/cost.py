"""What a user costs in a month, by AWS's published on-demand prices (us-east-1, arm64, no free tier).

Everything is counted: API, functions, queues, table, index, stream, ledger, bus, delivery, logs, keys. The counts of a
sync are those that tests hold; how long a function runs is CPU measured here plus the time that a service takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DAYS = 30
LIMIT = 0.025

PRICES: Mapping[str, float] = {
    "API request": 1.00e-6,
    "function request": 0.20e-6,
    "function GB-second": 1.33334e-5,
    "queue request": 0.50e-6,
    "table write unit": 0.625e-6,
    "table read unit": 0.125e-6,
    "table GB-month": 0.25,
    "bus event": 1.00e-6,
    "log GB": 0.50,
    "key request": 3.0e-6,
}


@dataclass(frozen=True, slots=True)
class Use:
    """A user's day, as the budget says: notifications, sweeps, reads, and how many events change."""

    notifications: int = 60
    sweeps: int = 4
    reads: int = 20
    changes: int = 15
    events: int = 3000


@dataclass(frozen=True, slots=True)
class Costs:
    """What one of each takes. `*_seconds` are billed seconds, units as the tests count them."""

    webhook_seconds: float
    sync_seconds: float
    read_seconds: float
    change_write_units: float
    read_units: float = 12.0
    unchanged_writes: int = 2
    unchanged_read_units: float = 4.0
    bytes_an_event: int = 434
    log_bytes: int = 600
    webhook_gb: float = 0.5
    sync_gb: float = 1.0
    read_gb: float = 0.5


def month(use: Use, costs: Costs) -> dict[str, float]:
    """Dollars for each kind of thing that a user's month takes."""
    syncs = use.notifications + use.sweeps
    invocations = use.notifications + syncs + use.reads + 3 * use.changes
    counts = {
        "API request": use.notifications + use.reads,
        "function request": invocations,
        "function GB-second": use.notifications * costs.webhook_seconds * costs.webhook_gb
        + syncs * costs.sync_seconds * costs.sync_gb
        + use.reads * costs.read_seconds * costs.read_gb
        + 2 * use.changes * costs.webhook_seconds * costs.read_gb,
        "queue request": 3 * syncs + 3 * use.changes,
        "table write unit": syncs * costs.unchanged_writes + use.changes * (costs.change_write_units + 1) + use.sweeps,
        "table read unit": syncs * costs.unchanged_read_units + use.reads * costs.read_units,
        "bus event": use.changes,
        "log GB": invocations * costs.log_bytes / 1e9,
        "key request": use.reads / 4,
    }
    bill = {name: count * DAYS * PRICES[name] for name, count in counts.items()}
    bill["table GB-month"] = 2 * use.events * costs.bytes_an_event / 1e9 * PRICES["table GB-month"]
    return bill


def report(use: Use, costs: Costs) -> str:
    """The bill as lines, dearest first, and the sum against the limit."""
    bill = month(use, costs)
    lines = [f"  {name:<20} ${dollars:.6f}" for name, dollars in sorted(bill.items(), key=lambda i: -i[1])]
    total = sum(bill.values())
    return "\n".join([*lines, f"  a user and month     ${total:.4f}  ({total / LIMIT:.2f} of the budget of ${LIMIT})"])
