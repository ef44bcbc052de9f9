"""moto's server for the services beside the table, with three things of its queues mended.

moto forgets a FIFO message's deduplication id when the message is deleted; SQS remembers it for five minutes,
and a job that would be swallowed there must be swallowed here. When several messages of a group come back after their
visibility timeout, moto hands out the last of them first. And a message sent while another is deleted may vanish.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

from moto.core.utils import unix_time_millis
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sqs.models import DEDUPLICATION_TIME_IN_SECONDS, Message, Queue
from werkzeug.serving import run_simple

_add_message, _delete_message = Queue.add_message, Queue.delete_message


def _add_once(queue: Any, message: Message) -> None:
    seen: dict[tuple[str, str], float] = queue.__dict__.setdefault("_meetbridge_seen", {})
    if queue.fifo_queue and message.deduplication_id:
        by_group = queue.attributes.get("DeduplicationScope") == "messageGroup"
        key = (message.group_id or "" if by_group else "", message.deduplication_id)
        now = time.monotonic()
        for old in [one for one, at in seen.items() if now - at >= DEDUPLICATION_TIME_IN_SECONDS]:
            del seen[old]
        if key in seen:
            return
        seen[key] = now
        # moto's own check looks at the queue as a whole, whatever the scope.
        _add_message_unchecked(queue, message)
        return
    _add_message(queue, message)


def _add_message_unchecked(queue: Any, message: Message) -> None:
    with queue._messages_lock:
        queue._messages.append(message)
        queue._messages_lock.notify_all()


def _delete_alone(queue: Any, receipt_handle: str) -> None:
    """moto's own makes a new list of the messages, without those that are sent meanwhile."""
    with queue._messages_lock:
        _delete_message(queue, receipt_handle)


def _messages(queue: Any) -> list[Message]:
    """Those that can be received now; none of them is under way any more, all at the same moment."""
    now = unix_time_millis()
    shown = [one for one in queue._messages if one.visible_at < now >= one.delayed_until]
    queue._pending_messages.difference_update(shown)
    return shown


def mend() -> None:
    mended = {"add_message": _add_once, "delete_message": _delete_alone, "messages": property(_messages)}
    for name, value in mended.items():
        setattr(Queue, name, value)


def main(port: int) -> None:
    mend()
    application = DomainDispatcherApplication(create_backend_app)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it would name each of many polls
    run_simple("127.0.0.1", port, application, threaded=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
