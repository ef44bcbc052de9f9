"""moto's server for the services beside the table, with one thing mended.

moto forgets a FIFO message's deduplication id when the message is deleted; SQS remembers it for five minutes,
and a job that would be swallowed there must be swallowed here.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sqs.models import DEDUPLICATION_TIME_IN_SECONDS, Message, Queue
from werkzeug.serving import run_simple

_add_message = Queue.add_message


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


def main(port: int) -> None:
    setattr(Queue, "add_message", _add_once)  # noqa: B010 - mypy forbids the plain way
    application = DomainDispatcherApplication(create_backend_app)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it would name each of many polls
    run_simple("127.0.0.1", port, application, threaded=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
