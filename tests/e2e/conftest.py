"""One run for the whole session: starting it costs seconds, and its people are many."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The real template and functions, with short waits; its traffic is recorded in `state/traffic.jsonl`."""
    state = tmp_path_factory.mktemp("stack")
    short = {"DELETION_GRACE_SECONDS": "2"}
    with Stack(state, tick=1, visibility=5, record=state / "traffic.jsonl", environment=short) as running:
        yield running
