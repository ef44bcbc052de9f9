"""The second half of the story: everything fails for a while, people leave, and then it is quiet."""

from __future__ import annotations

import json
from typing import Any

import requests

from local.engines.dynamodb import client
from tests.e2e.people import InGoogle, eventually
from tests.e2e.whole_run import CONNECTED, GUEST, TRAINING, WORD, Story

QUEUES = ("JobsQueue", "NotifyQueue", "BulkQueue", "DeliveryQueue")
COUNTS = ("", "NotVisible", "Delayed")
READS = ("calendar.calendarList.list", "calendar.events.list", "calendar.events.get", "calendar.events.instances")


def google_has_trouble(story: Story) -> None:
    """Tokens expire, sync tokens are invalid, calls fail, an answer and a notification are lost."""
    for kind in ("lose", "double", "delay"):
        story.control("notifications", kind=kind)
    event = story.event_of("renamed")["id"]
    story.google.patch(event, {"location": f"{WORD} hall"})
    story.google.patch(event, {"summary": f"{WORD} in trouble"})
    story.control("tokens/expire", email=CONNECTED["mia"])
    story.control("sync-tokens/invalidate")
    for kind, method in (("429", "list"), ("500", "patch"), ("lost_answer", "insert")):
        story.control("faults", kind=kind, method=f"calendar.events.{method}")
    story.put("told", start="2027-03-04T15:00:00")
    story.put("unanswered")
    eventually(lambda: story.platform.get("mia", "plan")["topic"] == f"{WORD} in trouble", 60)
    story.google = InGoogle(story.stack, CONNECTED["mia"])
    eventually(lambda: story.event_of("told")["start"]["dateTime"].startswith("2027-03-04T15"), 60)
    eventually(lambda: story.state("unanswered") == "in_calendar", 60)
    assert len(story.google.titled(f"{WORD} unanswered")) == 1


def the_platform_is_down(story: Story) -> None:
    """Some events wait till it is up again; others have had all their attempts, and are redriven."""
    sqs = client("sqs", story.stack.aws)
    queue, dead = (sqs.get_queue_url(QueueName=f"Delivery{n}.fifo")["QueueUrl"] for n in ("Queue", "DeadLetters"))
    policy = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    down(story, "yes")
    failed = refused(story)
    for start in ("11", "12", "13"):
        story.put("told", start=f"2027-03-09T{start}:00:00")
    story.put("moved", start="2027-03-09T14:00:00")
    eventually(lambda: refused(story) > failed)
    down(story, "no")
    eventually(lambda: latest(story, "told", "2027-03-09T13") and latest(story, "moved", "2027-03-09T14"), 60)
    once = json.dumps({**json.loads(policy), "maxReceiveCount": 1})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": once})
    down(story, "yes")
    story.put("guests", start="2027-03-10T11:00:00", invitees=[GUEST])
    story.expected_mails.append((GUEST, "update"))
    message = eventually(lambda: received(sqs, dead), 60)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": policy})
    down(story, "no")
    while message is not None:
        redrive(sqs, queue, dead, message)
        message = received(sqs, dead)
    eventually(lambda: latest(story, "guests", "2027-03-10T11"), 60)


def down(story: Story, answer: str) -> None:
    requests.post(f"{story.stack.platform}/down", data={"down": answer}, allow_redirects=False, timeout=20)


def refused(story: Story) -> int:
    """How often deliver has put off what the platform did not take."""
    return sum(call["action"] == "sqs:ChangeMessageVisibility" for call in story.stack.calls)


def latest(story: Story, name: str, start: str) -> bool:
    """Whether the platform has been told of this start."""
    told = [e for e in story.platform.received(name=name) if e["type"].startswith("meeting.")]
    return bool(told) and str(told[-1]["data"]["start"]).startswith(start)


def received(sqs: Any, queue: str) -> dict[str, Any] | None:
    messages = sqs.receive_message(QueueUrl=queue, AttributeNames=["MessageGroupId"]).get("Messages", [])
    return messages[0] if messages else None


def redrive(sqs: Any, queue: str, dead: str, message: dict[str, Any]) -> None:
    """What StartMessageMoveTask does, which moto does not have."""
    group = message["Attributes"]["MessageGroupId"]
    again = {"MessageGroupId": group, "MessageDeduplicationId": f"redriven-{message['MessageId']}"}
    sqs.send_message(QueueUrl=queue, MessageBody=message["Body"], **again)
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])


# -------------------------------------------------------------------- ends


def people_leave(story: Story) -> None:
    """Each in a way of their own; and mia puts a calendar away, takes it back and connects anew."""
    people, api = story.people, story.platform.api
    people["ada"].ok("DELETE", "/v1/me/connection")
    api.ok("DELETE", "/v1/users/max")
    assert people["max"].state() != "connected"
    story.settings(allowed_domains=["example.com"])
    assert people["nora"].state() == "not_connected"
    story.control("grants/revoke", email=CONNECTED["olivia"])
    people["olivia"].call("GET", "/v1/me/calendars")
    assert people["olivia"].state() == "needs_reauthorization"
    eventually(lambda: not channels(story, "ada", "max", "nora"))
    story.mia.ok("PUT", "/v1/me/calendars", json={"selected": [CONNECTED["mia"]], "default": None})
    eventually(lambda: story.state("moved") not in ("in_calendar", "pending"))
    story.mia.ok("PUT", "/v1/me/calendars", json={"selected": [CONNECTED["mia"], TRAINING], "default": None})
    eventually(lambda: story.state("moved") == "in_calendar")
    # While the old generation's channel closes slowly, the sweep sees that it is due.
    story.control("faults", kind="timeout", method="calendar.channels.stop", seconds=3)
    story.mia.connect(CONNECTED["mia"])
    story.put("plan", start="2027-03-11T10:00:00")
    eventually(lambda: story.event_of("plan")["start"]["dateTime"].startswith("2027-03-11T10"))
    assert all(int(c["expiration"]) > 6 * 86_400_000 for c in channels(story, "mia", "gina"))


def channels(story: Story, *who: str) -> list[dict[str, Any]]:
    found = requests.get(f"{story.stack.google}/control/channels", timeout=20).json()["channels"]
    return [c for c in found if c["email"] in {CONNECTED[one] for one in who}]


# -------------------------------------------------------------------- quiet


def seen(story: Story) -> dict[str, Any]:
    """What a sync that has nothing to do leaves as it is."""
    meetings = story.platform.api.ok("GET", "/v1/users/mia/meetings", params={"limit": 1000})["items"]
    calls = requests.get(f"{story.stack.google}/control/calls", timeout=20).json()["counts"]
    return {
        "meetings": {m["id"]: (m["revision"], m["calendar_state"]) for m in meetings},
        "writes": {method: count for method, count in calls.items() if method not in READS},
        "told": [event["id"] for event in story.platform.received()],
        "events": {e["id"]: e["etag"] for e in story.google.listed()},
    }


def waiting(story: Story) -> int:
    sqs = client("sqs", story.stack.aws)
    names = [f"ApproximateNumberOfMessages{count}" for count in COUNTS]
    urls = [sqs.get_queue_url(QueueName=f"{name}.fifo")["QueueUrl"] for name in QUEUES]
    found = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] for url in urls]
    return sum(int(value) for one in found for value in one.values())


def rounds(story: Story) -> int:
    """How often anybody's calendars were listed by us: each sweep does it."""
    calls = requests.get(f"{story.stack.google}/control/calls", timeout=20).json()["calls"]
    return sum(c["method"] == "calendar.events.list" and "syncToken" in c["query"] for c in calls)


def it_is_quiet(story: Story) -> tuple[dict[str, Any], dict[str, Any]]:
    """Before and after a sweep of everybody, taken when nothing waited any more."""
    swept = rounds(story)
    eventually(lambda: waiting(story) == 0 and rounds(story) > swept, 60)
    before, swept = seen(story), rounds(story)
    eventually(lambda: waiting(story) == 0 and rounds(story) >= swept + 3, 60)
    return before, seen(story)
