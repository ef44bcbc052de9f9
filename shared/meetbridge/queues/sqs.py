"""The queues of jobs on SQS. The webhook function imports this: nothing heavy here."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from hashlib import sha256

from meetbridge.ports.jobs import Job, SyncJob
from meetbridge.queues.messages import encode, group
from meetbridge.queues.sending import Message, Sqs, send


class SqsJobs:
    """JobQueue; a URL may be empty where a function never uses that queue."""

    def __init__(self, client: Sqs, *, jobs_url: str = "", bulk_url: str = "", notify_url: str = "") -> None:
        self._client = client
        self._jobs_url, self._bulk_url, self._notify_url = jobs_url, bulk_url, notify_url

    def now(self, jobs: Sequence[Job]) -> None:
        self._send(self._jobs_url, jobs)

    def bulk(self, jobs: Sequence[Job]) -> None:
        self._send(self._bulk_url, jobs)

    def _send(self, url: str, jobs: Sequence[Job]) -> None:
        """Every call is a message of its own: SQS drops an equal deduplication id for 5 minutes even after the first
        message was received, and so would drop a change that came in while its job was running."""
        send(self._client, url, [Message(encode(job), group(job), secrets.token_hex(16)) for job in jobs])

    def notified(self, jobs: Sequence[SyncJob], *, bucket: int) -> None:
        """A burst collapses by bucket; the next bucket's job follows, so the last notification is never lost."""
        messages = {}
        for job in jobs:
            body = encode(job)
            id_ = sha256(f"{bucket}.{body}".encode()).hexdigest()
            messages[id_] = Message(body, group(job), id_)
        send(self._client, self._notify_url, list(messages.values()))
