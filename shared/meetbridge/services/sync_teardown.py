"""What an ended connection leaves is taken away: channels, grant, stored events. The calendar keeps its events.

Each step can be done twice; the Gone itself goes last, and until then it is due.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from meetbridge.errors import AuthorizationLost, ProviderError, Unavailable
from meetbridge.ports.jobs import JobQueue, TeardownJob
from meetbridge.ports.provider import ProviderRegistry
from meetbridge.ports.repositories import ConnectionRepository, Gone
from meetbridge.services.sync_watch import Watcher

log = logging.getLogger(__name__)
AT_ONCE = 500
MARGIN_SECONDS = 10.0


class Teardowns:
    def __init__(
        self, connections: ConnectionRepository, registry: ProviderRegistry, queue: JobQueue, watcher: Watcher
    ) -> None:
        self._connections = connections
        self._registry = registry
        self._queue = queue
        self._watcher = watcher

    def run(self, job: TeardownJob, time_left: Callable[[], float]) -> None:
        """As far as the time goes; the rest is another job's. A service that is down is asked again by the sweep."""
        gone = self._connections.gone(job.key, job.generation)
        if gone is None:
            return
        secret = self._connections.gone_secret(gone)
        if secret is not None:
            try:
                self._end_at_service(gone, secret)
            except Unavailable as e:
                log.warning("a teardown waits for the service: %s", type(e).__name__)
                return
        while not self._connections.forget(gone, limit=AT_ONCE):
            if time_left() < MARGIN_SECONDS:
                self._queue.bulk([job])
                return

    def _end_at_service(self, gone: Gone, secret: str) -> None:
        """Channels first: when the grant is revoked nobody can close them any more."""
        authorizer = self._registry.authorizer(gone.service)
        channels = [c.subscription for c in gone.calendars if c.subscription is not None]
        if channels:
            try:
                token, _ = authorizer.access_token(secret)
                push = self._registry.push(gone.service, token.value)
                for channel in channels:
                    self._watcher.close(push, channel)
            except AuthorizationLost:
                log.info("the grant was gone before its channels were closed")
        if gone.revoke:
            try:
                authorizer.revoke(secret)
            except Unavailable:
                raise
            except ProviderError as e:
                log.warning("the service refused to revoke a grant: %s", type(e).__name__)
