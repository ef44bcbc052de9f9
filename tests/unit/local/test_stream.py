"""How a batch of the stream is tried, cut, reported and given up."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local.plan import SourceMapping
from local.sources.stream import StreamPoller
from local.state import read_json
from local.workers.pool import Outcome


class Functions:
    """Fails for the record that is `poison`, as a whole or by name."""

    def __init__(self, poison: str, *, reports: bool) -> None:
        self.poison = poison
        self.reports = reports
        self.batches: list[str] = []

    def invoke(self, _function: str, event: Mapping[str, Any], _size: int) -> Outcome:
        numbers = [one["dynamodb"]["SequenceNumber"] for one in event["Records"]]
        self.batches.append("".join(numbers))
        if self.poison not in numbers:
            return Outcome('{"batchItemFailures": []}')
        if not self.reports:
            return Outcome(error={"errorType": "ValueError"})
        return Outcome(json.dumps({"batchItemFailures": [{"itemIdentifier": self.poison}]}))


def record(number: str) -> dict[str, Any]:
    return {"eventID": number, "eventName": "INSERT", "dynamodb": {"Keys": {}, "SequenceNumber": number}}


@pytest.mark.parametrize(
    ("reports", "bisect", "batches", "given_up"),
    [
        (True, False, ["1234", "34", "4"], ["3"]),
        (False, True, ["1234", "12", "34", "3", "4"], ["3"]),
        (False, False, ["1234", "234", "34", "4"], ["1", "2", "3"]),
    ],
    ids=["reported", "cut in half", "blind"],
)
def test_the_record_at_fault_is_given_up_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    reports: bool,
    bisect: bool,
    batches: list[str],
    given_up: list[str],
) -> None:
    functions, lost = Functions("3", reports=reports), list[str]()
    mapping = SourceMapping("m", "f", "table", 100, reports, None, 0, bisect, "failures", ())
    poller = StreamPoller(
        mapping,
        functions,  # type: ignore[arg-type]
        dynamodb="http://127.0.0.1:1",
        aws="http://127.0.0.1:1",
        queue_root="http://127.0.0.1:1",
        position=tmp_path / "position.json",
        calls=tmp_path / "calls.jsonl",
    )
    monkeypatch.setattr(poller, "_give_up", lambda one: lost.append(one["dynamodb"]["SequenceNumber"]))
    poller._handle("arn", [record(number) for number in "1234"], threading.Event())
    assert functions.batches == batches
    assert lost == given_up
    assert read_json(tmp_path / "position.json") == {"arn": "4"}
