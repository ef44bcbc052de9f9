"""How long to wait before the platform is asked again.

The queue keeps the order of each group: while one message of a meeting waits, the later ones do. After the queue's
last attempt the message goes to the dead-letter queue, from where it can be redriven.
"""

from __future__ import annotations

FIRST_SECONDS = 2
LONGEST_SECONDS = 900


def wait_before(attempt: int) -> int:
    """Seconds before the attempt after the `attempt`-th (from 1): doubling, up to fifteen minutes."""
    return min(FIRST_SECONDS << min(attempt - 1, 16), LONGEST_SECONDS)
