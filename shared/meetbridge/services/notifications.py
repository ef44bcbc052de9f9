"""What a webhook does: prove where it comes from, put one message on the queue, and nothing else.

A notification is a hint. It is verified by its token's MAC without a read, and notifications of one calendar within
five seconds collapse into one message, whose delay is longer than that: the sync starts after the last of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from meetbridge.errors import InvalidInput
from meetbridge.ports.clock import Clock
from meetbridge.ports.jobs import JobQueue, SyncJob
from meetbridge.services.webhook_tokens import verify

BUCKET_SECONDS = 5
GOOGLE_STATES = frozenset({"sync", "exists", "not_exists"})


class Notifications:
    """`keys` are the MAC keys of the channels' tokens, newest first."""

    def __init__(self, keys: str, queue: JobQueue, clock: Clock) -> None:
        self._keys = keys
        self._queue = queue
        self._clock = clock

    def google(self, headers: Mapping[str, str]) -> None:
        """A Calendar push notification; `headers` in lower case.

        Raises Unauthenticated for a token that is not ours, InvalidInput for a state that Google has not.
        https://developers.google.com/workspace/calendar/api/guides/push
        """
        channel = verify(self._keys, headers.get("x-goog-channel-token", ""))
        state = headers.get("x-goog-resource-state", "")
        if state not in GOOGLE_STATES:
            raise InvalidInput("X-Goog-Resource-State is sync, exists or not_exists")
        if state == "sync":
            return
        bucket = int(self._clock.now().timestamp()) // BUCKET_SECONDS
        job = SyncJob(channel.key, channel.generation, (channel.calendar,))
        self._queue.notified([job], bucket=bucket)
