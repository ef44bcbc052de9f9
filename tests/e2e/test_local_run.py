"""The run itself, with a small project in the place of the real one: queue, stream, kill -9, no child left."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from local.engines.dynamodb import binary, client
from local.stack import Stack

pytestmark = pytest.mark.e2e

TEMPLATE = Path(__file__).parent.parent / "unit" / "local" / "project" / "template.yaml"
TABLE = "meetbridge-local-Table"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("small"), template=TEMPLATE, visibility=1, environment={"WORD": "x"}) as running:
        yield running


def written(stack: Stack, kind: str) -> list[Mapping[str, Any]]:
    """What the small project's worker wrote down, in its order."""
    answer = client("dynamodb", stack.dynamodb).query(
        TableName=TABLE,
        KeyConditionExpression="pk = :kind",
        ExpressionAttributeValues={":kind": {"S": kind}},
        ConsistentRead=True,
    )
    return [json.loads(item["what"]["S"]) for item in answer["Items"]]


def until(done: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for what comes by itself; a failure is the absence, not the time."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def send(stack: Stack, entries: list[dict[str, Any]]) -> list[str]:
    answer = requests.post(f"{stack.api}/open/send", json=entries, timeout=30)
    answer.raise_for_status()
    refused: list[str] = answer.json()["refused"]
    return refused


def message(body: str, group: str, **more: Any) -> dict[str, Any]:
    return {"MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": f"{group}/{body}", **more}


def bodies(stack: Stack, group: str) -> list[str]:
    seen = written(stack, "seen")
    return [one["body"] for one in seen if one["attributes"]["MessageGroupId"] == group]


def test_groups_keep_their_order_and_duplicates_are_dropped_even_after_the_first_is_done(small: Stack) -> None:
    expected = [f"m{n:02}" for n in range(15)]
    assert send(small, [message(body, "ordered") for body in expected]) == []
    until(lambda: len(bodies(small, "ordered")) == 15)
    assert bodies(small, "ordered") == expected
    assert send(small, [message("m00", "ordered"), message("last", "ordered")]) == []
    until(lambda: "last" in bodies(small, "ordered"))
    assert bodies(small, "ordered") == [*expected, "last"]


def test_what_keeps_failing_goes_to_the_dead_letters_and_its_group_goes_on(small: Stack) -> None:
    assert send(small, [message("bad", "failing")]) == []
    dead = client("sqs", small.aws)
    url = dead.get_queue_url(QueueName="Dead.fifo")["QueueUrl"]

    def count() -> int:
        found = dead.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(found["Attributes"]["ApproximateNumberOfMessages"])

    until(lambda: count() == 1)
    assert send(small, [message("good", "failing")]) == []
    until(lambda: bodies(small, "failing") == ["good"])


@pytest.mark.parametrize(
    "entry",
    [message("late", "refused", DelaySeconds=1), message("x" * (1024 * 1024 + 1), "refused")],
    ids=["a delay of its own", "more than 1 MiB"],
)
def test_a_fifo_queue_refuses(small: Stack, entry: dict[str, Any]) -> None:
    assert send(small, [entry]) == ["InvalidParameterValue"]


def test_the_stream_comes_filtered_and_in_order(small: Stack) -> None:
    assert send(small, [message("streamed", "stream")]) == []

    def streamed() -> list[str]:
        records = written(small, "stream")
        return [json.loads(one["dynamodb"]["NewImage"]["what"]["S"])["body"] for one in records]

    until(lambda: "streamed" in streamed())
    assert {one["dynamodb"]["Keys"]["pk"]["S"] for one in written(small, "stream")} == {"seen"}


def test_the_schedule_fires(small: Stack) -> None:
    until(lambda: bool(written(small, "schedule")))
    assert written(small, "schedule")[0]["detail-type"] == "Scheduled Event"


def test_claims_reach_the_function_as_strings(small: Stack) -> None:
    answer = small.session("max").get(f"{small.api}/closed/1", timeout=30).json()
    claims = answer["event"]["requestContext"]["authorizer"]["jwt"]["claims"]
    assert (claims["sub"], claims["account_id"], claims["groups"]) == ("max", "acme", "[sales field]")
    assert all(isinstance(value, str) for value in claims.values())


def test_a_platforms_token_is_for_its_account(small: Stack) -> None:
    answer = small.session("platform-globex").get(f"{small.api}/closed/1", timeout=30).json()
    claims = answer["event"]["requestContext"]["authorizer"]["jwt"]["claims"]
    assert (claims["role"], claims["account_id"]) == ("platform", "globex")


def test_calls_are_recorded_for_the_comparison_with_the_roles(small: Stack) -> None:
    until(lambda: bool(written(small, "schedule")))
    found = {(one["function"], one["action"], one["resource"]) for one in small.calls}
    assert ("WorkFunction", "dynamodb:PutItem", TABLE) in found
    assert ("WorkFunction", "sqs:ReceiveMessage", "Work.fifo") in found


def test_the_platform_hears_nothing_unsigned(small: Stack) -> None:
    answer = requests.post(f"{small.platform}/webhook", json={"type": "meeting.created"}, timeout=10)
    assert answer.status_code == 401
    assert requests.get(f"{small.platform}/received", timeout=10).json() == []


def living() -> dict[str, str]:
    """Each process of the machine (zombies apart) with its parent."""
    command = ["ps", "-eo", "pid=,ppid=,stat="]
    found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    lines = [line.split() for line in found.stdout.splitlines()]
    return {pid: parent for pid, parent, state in lines if not state.startswith("Z")}


def family(stack: Stack) -> set[str]:
    """The run's process and its children."""
    return {str(stack.pid), *(pid for pid, parent in living().items() if parent == str(stack.pid))}


@pytest.mark.skipif(binary() is None, reason="moto keeps nothing")
@pytest.mark.parametrize("everything", [True, False], ids=["all processes", "the parent alone"])
def test_kill_minus_nine_loses_nothing_and_leaves_nobody(tmp_path: Path, everything: bool) -> None:
    stack = Stack(tmp_path, template=TEMPLATE)
    stack.start()
    try:
        token, addresses = stack.token("mia"), (stack.api, stack.issuer, stack.platform)
        send(stack, [message("kept", "kept")])
        until(lambda: bodies(stack, "kept") == ["kept"])
        started = family(stack)
        assert len(started) >= 5
        stack.kill9(everything=everything)
        until(lambda: not started & set(living()))
        stack.start()
        assert (stack.api, stack.issuer, stack.platform) == addresses
        assert bodies(stack, "kept") == ["kept"]
        answer = requests.get(f"{stack.api}/closed/1", headers={"Authorization": f"Bearer {token}"}, timeout=30)
        assert answer.status_code == 200
        until(lambda: bool(written(stack, "stream")))
        assert len(written(stack, "stream")) == 1
        started = family(stack)
    finally:
        stack.stop()
    assert not started & set(living())


def test_a_second_run_of_the_same_folder_is_told_so(small: Stack) -> None:
    with pytest.raises(RuntimeError, match="another run uses"):
        Stack(small.state, template=TEMPLATE).start()


def test_a_taken_port_is_named(small: Stack, tmp_path: Path) -> None:
    port = small.api.rsplit(":", 1)[1]
    command = [*Stack(tmp_path).command[:-1], port]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)  # noqa: S603
    assert ended.returncode == 2
    assert f"port {port} is taken" in ended.stderr
