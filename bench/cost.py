"""What a user costs in a month, by AWS's published on-demand prices (us-east-1, arm64, no free tier).

https://aws.amazon.com/lambda/pricing/ and the same pages of API Gateway, SQS, DynamoDB, EventBridge, CloudWatch, KMS
and EC2 (data transfer), read in November 2026. Counts come from `bench.counts`; how long a function runs is the CPU
that it takes here, spread over its share of a processor, and the time that it waits for services (assumed, below).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bench.counts import Counts

DAYS = 30
LIMIT = 0.025
MB_OF_A_PROCESSOR = 1769
QUEUE_SECONDS, TABLE_SECONDS, SERVICE_SECONDS = 0.008, 0.005, 0.150
LOG_BYTES_A_RUN, LOG_BYTES_A_REQUEST = 380, 400
METERED_BYTES = 512 * 1024

PRICES: Mapping[str, float] = {
    "API request": 1.00e-6,
    "function request": 0.20e-6,
    "function GB-second": 1.33334e-5,
    "queue request": 0.50e-6,
    "table write unit": 0.625e-6,
    "table read unit": 0.125e-6,
    "table GB-month, with PITR": 0.25 + 0.20,
    "bus event": 1.00e-6,
    "log GB": 0.50,
    "key request": 3.0e-6,
    "GB out to the internet": 0.09,
}


@dataclass(frozen=True, slots=True)
class Use:
    """A user's day, as the budget says. `changes` are found by the syncs, `fresh` of them are new events.

    `cold` is the share of runs that begin with a cold start, `key_misses` of the syncs that find no data key of the
    tenant in memory, `refreshes` how often an access token ends. Every read is of a whole month; clients say what
    they have seen (If-None-Match; not where `told` is False), so a read is unchanged where no change came since the
    one before.
    """

    notifications: int = 60
    sweeps: int = 4
    reads: int = 20
    changes: int = 15
    fresh: int = 5
    events: int = 3000
    refreshes: int = 24
    cold: float = 0.02
    key_misses: float = 0.1
    told: bool = True

    @property
    def syncs(self) -> int:
        return self.notifications + self.sweeps

    @property
    def runs(self) -> int:
        """Of functions: each change is published and delivered by a run of its own."""
        return self.notifications + self.syncs + self.reads + 2 * self.changes

    @property
    def full_reads(self) -> float:
        """Reads and changes come in any order."""
        return self.reads * self.changes / (self.reads + self.changes) if self.told else self.reads


@dataclass(frozen=True, slots=True)
class Seconds:
    """CPU of one run: a webhook, a sync without change, a read of a month, publishing, delivering; and a cold start."""

    webhook: float
    sync: float
    read: float
    publish: float
    cold: float


def month(use: Use, counts: Counts, seconds: Seconds) -> dict[str, float]:
    """Dollars for each kind of thing that a user's month takes."""
    answers = math.ceil(counts.month_bytes_pressed / METERED_BYTES)
    logs = (use.runs - use.notifications) * LOG_BYTES_A_RUN + (use.notifications + use.reads) * LOG_BYTES_A_REQUEST
    counted = {
        "API request": use.notifications + use.reads * answers,
        "function request": use.runs,
        "function GB-second": _gb_seconds(use, seconds),
        "queue request": 3 * use.syncs + 3 * use.changes,
        "table write unit": _writes(use, counts),
        "table read unit": _reads(use, counts),
        "bus event": use.changes,
        "log GB": logs / 1e9,
        "key request": use.syncs * use.key_misses,
        "GB out to the internet": (use.full_reads * counts.month_bytes_pressed + use.changes * 2000) / 1e9,
    }
    bill = {name: count * DAYS * PRICES[name] for name, count in counted.items()}
    kept = use.events * (counts.event_bytes + 100) + 90 * use.changes * 400  # 100 more an item; the ledger's 90 days
    bill["table GB-month, with PITR"] = kept / 1e9 * PRICES["table GB-month, with PITR"]
    return bill


def _gb_seconds(use: Use, seconds: Seconds) -> float:
    """A cold start has a whole processor."""
    webhook = _billed(seconds.webhook, 512, QUEUE_SECONDS)
    sync = _billed(seconds.sync, 1024, 3 * TABLE_SECONDS + SERVICE_SECONDS)
    full, unchanged = _billed(seconds.read, 512, 3 * TABLE_SECONDS), _billed(seconds.webhook, 512, TABLE_SECONDS)
    told = _billed(seconds.publish, 512, TABLE_SECONDS + QUEUE_SECONDS + SERVICE_SECONDS)
    reads = use.full_reads * full + (use.reads - use.full_reads) * unchanged
    jobs = use.notifications * webhook + use.syncs * sync + reads + 2 * use.changes * told
    return jobs + use.cold * use.runs * seconds.cold * 0.5


def _billed(cpu: float, megabytes: int, waiting: float) -> float:
    """GB-seconds of a run: less memory is less of a processor."""
    share = min(1.0, megabytes / MB_OF_A_PROCESSOR)
    return (cpu / share + waiting) * megabytes / 1024


def _writes(use: Use, counts: Counts) -> float:
    """Leases; what changed; the ledger; a token an hour; a sweep moves the due time in the item and in the index."""
    changed = (use.changes - use.fresh) * (counts.change_writes - counts.unchanged_writes)
    fresh = use.fresh * (counts.new_writes - counts.unchanged_writes)
    ledger = use.changes * counts.ledger_writes
    return use.syncs * counts.unchanged_writes + changed + fresh + ledger + use.refreshes + 3 * use.sweeps


def _reads(use: Use, counts: Counts) -> float:
    """An unchanged read is one unit; a data key that is not in memory, too."""
    changed = use.changes * (counts.change_reads - counts.unchanged_reads)
    reads = use.full_reads * counts.month_reads + use.reads - use.full_reads
    return use.syncs * (counts.unchanged_reads + use.key_misses) + changed + reads + use.refreshes


def first(counts: Counts, use: Use) -> float:
    """Dollars that a first sync takes of the table, once: events, directory, ledger."""
    return use.events * (counts.first_writes + counts.ledger_writes) * PRICES["table write unit"]
