"""What goes to SQS: groups, deduplication, sizes, refusals."""

from __future__ import annotations

from typing import Any

import pytest
from meetbridge.errors import InvalidInput, StorageError
from meetbridge.model.connection import ConnectionKey
from meetbridge.ports.jobs import Job, JobQueue, SyncJob, TeardownJob
from meetbridge.ports.platform import Outbox, PlatformEvent
from meetbridge.queues import outbox
from meetbridge.queues.memory import MemoryOutbox, MemoryQueue
from meetbridge.queues.messages import decode
from meetbridge.queues.outbox import SqsOutbox
from meetbridge.queues.sqs import SqsJobs

KEYS = [ConnectionKey("t" * 16, f"{n:0>16}") for n in range(23)]


class Sqs:
    """Keeps what it is sent; refuses the first `refuse` messages of each call while `calls_to_refuse` last."""

    def __init__(self, calls_to_refuse: int = 0) -> None:
        self.calls: list[dict[str, Any]] = []
        self.taken: list[dict[str, Any]] = []
        self._refuse = calls_to_refuse

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        self.calls.append(request)
        entries = request["Entries"]
        assert len(entries) <= 10
        assert len({entry["Id"] for entry in entries}) == len(entries)
        assert all("DelaySeconds" not in entry for entry in entries)
        assert sum(len(entry["MessageBody"].encode()) for entry in entries) <= 262_144
        refused = entries[:2] if len(self.calls) <= self._refuse else []
        self.taken += [entry for entry in entries if entry not in refused]
        return {"Successful": [], "Failed": [{"Id": entry["Id"], "SenderFault": False} for entry in refused]}


def queue(sqs: Any) -> SqsJobs:
    return SqsJobs(sqs, jobs_url="jobs", bulk_url="bulk", notify_url="notify")


def test_ten_messages_a_call_each_to_its_queue_and_group() -> None:
    sqs = Sqs()
    jobs: JobQueue = queue(sqs)
    jobs.now([SyncJob(key) for key in KEYS])
    assert [len(call["Entries"]) for call in sqs.calls] == [10, 10, 3]
    assert {call["QueueUrl"] for call in sqs.calls} == {"jobs"}
    assert [decode(entry["MessageBody"]) for entry in sqs.taken] == [SyncJob(key) for key in KEYS]
    assert [entry["MessageGroupId"] for entry in sqs.taken] == [f"{key.tenant}.{key.user}" for key in KEYS]
    jobs.bulk([TeardownJob(KEYS[0], 1)])
    assert sqs.calls[-1]["QueueUrl"] == "bulk"


def test_a_second_job_while_the_first_runs_is_never_dropped() -> None:
    sqs = Sqs()
    for _ in range(2):
        queue(sqs).now([SyncJob(KEYS[0], meetings=True)])
    first, second = (entry["MessageDeduplicationId"] for entry in sqs.taken)
    assert first != second


def test_notifications_collapse_in_their_bucket_alone() -> None:
    sqs = Sqs()
    one, other = SyncJob(KEYS[0], 1, (0,)), SyncJob(KEYS[0], 1, (1,))
    for bucket in (7, 7, 8):
        queue(sqs).notified([one, one, other], bucket=bucket)
    assert [len(call["Entries"]) for call in sqs.calls] == [2, 2, 2]
    assert len({entry["MessageDeduplicationId"] for entry in sqs.taken}) == 4


def test_what_is_refused_is_sent_once_more() -> None:
    sqs = Sqs(calls_to_refuse=1)
    queue(sqs).now([SyncJob(key) for key in KEYS[:5]])
    assert len(sqs.taken) == 5
    assert [len(call["Entries"]) for call in sqs.calls] == [5, 2]
    ids = {entry["MessageDeduplicationId"] for call in sqs.calls for entry in call["Entries"]}
    assert len(ids) == 5


def test_what_is_refused_twice_is_an_error() -> None:
    with pytest.raises(StorageError):
        queue(Sqs(calls_to_refuse=2)).now([SyncJob(KEYS[0])])


def outgoing(n: int, size: int = 10, tenant: str = "acme", group: str = "anna/m1") -> PlatformEvent:
    return PlatformEvent(f"e{n}", "meeting.updated", tenant, group, "2026-03-02T09:00:00Z", {"x": "y" * size})


def test_outgoing_events_are_in_order_for_each_group_and_once_for_each_id() -> None:
    sqs = Sqs()
    box: Outbox = SqsOutbox(sqs, "delivery")  # type: ignore[arg-type]
    some = [outgoing(1), outgoing(2), outgoing(3, group="anna/ö #"), outgoing(4, tenant="other")]
    box.put(some)
    assert [outbox.decode(entry["MessageBody"]) for entry in sqs.taken] == some
    groups = [entry["MessageGroupId"] for entry in sqs.taken]
    assert groups[0] == groups[1]
    assert len(set(groups)) == 3
    box.put(some[:1])
    assert sqs.taken[-1]["MessageDeduplicationId"] == sqs.taken[0]["MessageDeduplicationId"]


def test_calls_stay_within_256_kb() -> None:
    sqs = Sqs()
    SqsOutbox(sqs, "delivery").put([outgoing(n, 100_000) for n in range(5)])  # type: ignore[arg-type]
    assert [len(call["Entries"]) for call in sqs.calls] == [2, 2, 1]


def test_one_that_is_too_large_is_told_before_anything_is_sent() -> None:
    sqs = Sqs()
    with pytest.raises(InvalidInput):
        SqsOutbox(sqs, "delivery").put([outgoing(1), outgoing(2, 300_000)])  # type: ignore[arg-type]
    assert sqs.calls == []


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"id":"x"}', outbox.encode(outgoing(1)).replace('"acme"', "1")])
def test_rubbish_is_no_outgoing_event(body: str) -> None:
    with pytest.raises(InvalidInput):
        outbox.decode(body)


def test_the_memory_queue_does_as_the_queues_do() -> None:
    held = MemoryQueue()
    jobs: JobQueue = held
    job = SyncJob(KEYS[0])
    jobs.bulk([TeardownJob(KEYS[0], 1)])
    jobs.notified([job, job], bucket=1)
    jobs.notified([job], bucket=1)
    jobs.notified([job], bucket=2)
    jobs.now([job])
    taken: list[Job | None] = [held.take() for _ in range(5)]
    assert taken == [job, job, job, TeardownJob(KEYS[0], 1), None]
    box = MemoryOutbox()
    box.put([outgoing(1), outgoing(1), outgoing(2)])
    assert [event.id for event in box.events] == ["e1", "e2"]
