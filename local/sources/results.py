"""What a function says of a batch: which items failed."""

from __future__ import annotations

import json
from collections.abc import Sequence

from local.workers.pool import Outcome


def failed(outcome: Outcome, ids: Sequence[str], *, reports_failures: bool) -> set[str]:
    """The ids of the batch that failed; all of them where the function did, or named one that isn't there.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if outcome.result is None:
        return set(ids)
    if not reports_failures:
        return set()
    answer = json.loads(outcome.result)
    if answer is None or answer == {}:
        return set()
    try:
        named = {item["itemIdentifier"] for item in answer.get("batchItemFailures") or []}
    except (AttributeError, KeyError, TypeError):
        return set(ids)
    return named if named <= set(ids) else set(ids)
