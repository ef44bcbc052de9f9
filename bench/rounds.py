"""Times that can be compared: each candidate in turn, round after round, so that a busy machine slows all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def medians(
    candidates: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Seconds of each candidate, the median of its runs; one run of each comes before and does not count."""
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(rounds + 1):
        for name, run in candidates.items():
            started = clock()
            run()
            if number:
                taken[name].append(clock() - started)
    return {name: statistics.median(times) for name, times in taken.items()}


def cpu(run: Callable[[], object], rounds: int = 9) -> float:
    """Seconds of CPU that one run takes in this thread."""
    return medians({"": run}, rounds, time.thread_time)[""]
