"""Where adapters meet services: the only module that knows both.

Everything is made when it is first asked for, so that a function imports no more than its job needs.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from meetbridge.config import Config, load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from meetbridge.api.paging import Cursors
    from meetbridge.ports.platform import PlatformEvent
    from meetbridge.ports.stream import StreamChange
    from meetbridge.providers.registry import Registry
    from meetbridge.queues.platform import Webhooks
    from meetbridge.queues.retry import RetryLater
    from meetbridge.queues.sqs import SqsJobs
    from meetbridge.services.account_jobs import AccountJobs
    from meetbridge.services.authorize import Authorize
    from meetbridge.services.calendars import Calendars
    from meetbridge.services.directory import Directory
    from meetbridge.services.endings import Endings
    from meetbridge.services.event_edit import EventEditing
    from meetbridge.services.events import Events
    from meetbridge.services.history import History
    from meetbridge.services.mailboxes import Mailboxes
    from meetbridge.services.meetings import Meetings
    from meetbridge.services.notifications import Notifications
    from meetbridge.services.overview import Overview
    from meetbridge.services.paused import Paused
    from meetbridge.services.profile import Profiles
    from meetbridge.services.publishing import Publisher
    from meetbridge.services.settings import SettingsService
    from meetbridge.services.sweep import Sweep
    from meetbridge.services.sync_run import SyncRuns
    from meetbridge.services.sync_teardown import Teardowns
    from meetbridge.services.sync_watch import Watcher
    from meetbridge.services.system import RandomIds, SystemClock
    from meetbridge.storage.dynamodb import DynamoStore
    from meetbridge.storage.vault import TableVault


class App:
    """The services of one process; a test hands in its own configuration."""

    def __init__(self, config: Config) -> None:
        self.config = config

    # -------------------------------------------------------------- adapters

    @cached_property
    def clock(self) -> SystemClock:
        from meetbridge.services.system import SystemClock

        return SystemClock()

    @cached_property
    def ids(self) -> RandomIds:
        from meetbridge.services.system import RandomIds

        return RandomIds()

    @cached_property
    def vault(self) -> TableVault:
        from pathlib import Path

        from meetbridge.storage.aws import client
        from meetbridge.storage.vault import FileKeys, KmsKeys, TableVault

        config = self.config
        local = FileKeys(Path(config.vault_key_file)) if config.vault_key_file else None
        wrapper = local or KmsKeys(lambda: client("kms"), config.vault_key_id)
        return TableVault(client("dynamodb"), config.table_name, wrapper, self.clock)

    @cached_property
    def store(self) -> DynamoStore:
        from meetbridge.storage.aws import client
        from meetbridge.storage.dynamodb import DynamoStore

        return DynamoStore(client("dynamodb"), self.config.table_name, self.vault, self.clock)

    @property
    def accounts(self) -> DynamoStore:
        return self.store

    users = connections = attempts = account_jobs = meetings = event_reader = ledger = sync_store = accounts

    @cached_property
    def jobs(self) -> SqsJobs:
        from meetbridge.queues.sqs import SqsJobs
        from meetbridge.storage.aws import client

        config = self.config
        return SqsJobs(
            client("sqs"),
            jobs_url=config.jobs_queue_url,
            bulk_url=config.bulk_queue_url,
            notify_url=config.notify_queue_url,
        )

    @cached_property
    def registry(self) -> Registry:
        from meetbridge.providers.registry import Registry

        return Registry(self.config)

    @cached_property
    def mailboxes(self) -> Mailboxes:
        from meetbridge.services.mailboxes import Mailboxes

        return Mailboxes(self.registry, self.connections, self.clock)

    # -------------------------------------------------------------- notifications, sweep, publishing, delivery

    @cached_property
    def notifications(self) -> Notifications:
        """Its queue does without boto3: the webhook function's cold start must be short."""
        from meetbridge.queues.signed import SignedSqs
        from meetbridge.queues.sqs import SqsJobs
        from meetbridge.services.notifications import Notifications

        config = self.config
        sqs = SignedSqs(config.aws_region, config.aws_endpoint_url_sqs)
        return Notifications(config.webhook_keys, SqsJobs(sqs, notify_url=config.notify_queue_url), self.clock)

    @cached_property
    def sweep(self) -> Sweep:
        from datetime import timedelta

        from meetbridge.services.sweep import Sweep

        interval = timedelta(seconds=self.config.sweep_interval_seconds)
        return Sweep(self.connections, self.jobs, self.clock, interval)

    def stream_changes(self, records: Sequence[Mapping[str, Any]]) -> list[StreamChange]:
        """The records of a DynamoDB stream event as values."""
        from meetbridge.storage.stream import changes

        return [change for record in records for change in changes(record)]

    @cached_property
    def publisher(self) -> Publisher:
        from meetbridge.api.outgoing import Encoder
        from meetbridge.queues.outbox import SqsOutbox
        from meetbridge.queues.platform import Bus
        from meetbridge.services.publishing import Outgoing, Publisher
        from meetbridge.storage.aws import client

        encoder = Encoder(self.config.join_url_patterns)
        outbox = SqsOutbox(client("sqs"), self.config.delivery_queue_url)
        bus = Bus(client("events"), self.config.event_bus_name)
        return Publisher(Outgoing(encoder.meeting, encoder.request), self.ledger, outbox, bus)

    def outgoing_event(self, body: str) -> PlatformEvent:
        """A message of the delivery queue as the event that it carries."""
        from meetbridge.queues.outbox import decode

        return decode(body)

    @cached_property
    def webhooks(self) -> Webhooks:
        from meetbridge.queues.platform import Webhooks

        return Webhooks(self.config.platform_webhook_url, self.config.platform_webhook_secret, self.clock)

    @cached_property
    def delivery_retry(self) -> RetryLater:
        from meetbridge.queues.retry import RetryLater
        from meetbridge.services.delivery import wait_before
        from meetbridge.storage.aws import client

        return RetryLater(client("sqs"), self.config.delivery_queue_url, wait_before)

    # -------------------------------------------------------------- sync

    @cached_property
    def watcher(self) -> Watcher:
        from meetbridge.services.sync_watch import Watcher

        return Watcher(self.config.public_url, self.config.webhook_keys, self.ids)

    @cached_property
    def sync_runs(self) -> SyncRuns:
        from datetime import timedelta
        from random import SystemRandom

        from meetbridge.services.sync_run import SyncRuns
        from meetbridge.services.sync_session import SyncSettings
        from meetbridge.sync.links import patterns

        config = self.config
        grace = timedelta(seconds=config.deletion_grace_seconds)
        return SyncRuns(
            connections=self.connections,
            meetings=self.meetings,
            sync=self.sync_store,
            mailboxes=self.mailboxes,
            queue=self.jobs,
            clock=self.clock,
            ids=self.ids,
            watcher=self.watcher,
            settings=SyncSettings(patterns(config.join_url_patterns), config.meeting_marker, grace),
            endings=self.endings,
            interval=timedelta(seconds=config.sweep_interval_seconds),
            chance=SystemRandom().random,
        )

    @cached_property
    def teardowns(self) -> Teardowns:
        from meetbridge.services.sync_teardown import Teardowns

        return Teardowns(self.connections, self.registry, self.jobs, self.watcher)

    # -------------------------------------------------------------- settings, profile, authorisation

    @cached_property
    def cursors(self) -> Cursors:
        from meetbridge.api.paging import Cursors

        return Cursors(self.config.cursor_keys)

    @cached_property
    def endings(self) -> Endings:
        from meetbridge.services.endings import Endings

        return Endings(self.connections, self.jobs, self.clock)

    @cached_property
    def settings(self) -> SettingsService:
        from meetbridge.services.settings import SettingsService

        return SettingsService(self.accounts, self.connections, self.account_jobs, self.jobs, self.clock, self.ids)

    @cached_property
    def account_work(self) -> AccountJobs:
        from meetbridge.services.account_jobs import AccountJobs

        return AccountJobs(self.accounts, self.connections, self.account_jobs, self.endings, self.jobs, self.clock)

    @cached_property
    def overview(self) -> Overview:
        from meetbridge.services.overview import Overview

        return Overview(self.accounts, self.connections)

    @cached_property
    def directory(self) -> Directory:
        from meetbridge.services.directory import Directory

        return Directory(self.users, self.endings)

    @cached_property
    def profiles(self) -> Profiles:
        from meetbridge.services.profile import Profiles

        return Profiles(self.connections, self.users, self.endings, self.jobs)

    @cached_property
    def authorize(self) -> Authorize:
        from meetbridge.services.authorize import Authorize

        return Authorize(
            self.connections,
            self.users,
            self.attempts,
            self.endings,
            self.registry,
            self.jobs,
            self.clock,
            self.ids,
            self.config.public_url,
        )

    # -------------------------------------------------------------- events, calendars, meetings

    @cached_property
    def events(self) -> Events:
        from meetbridge.services.events import Events
        from meetbridge.sync.links import patterns

        patterns_ = patterns(self.config.join_url_patterns)
        return Events(self.connections, self.event_reader, self.meetings, patterns_)

    @cached_property
    def event_editing(self) -> EventEditing:
        from meetbridge.services.event_edit import EventEditing

        return EventEditing(self.connections, self.events, self.mailboxes, self.jobs)

    @cached_property
    def history(self) -> History:
        from meetbridge.services.history import History

        return History(self.connections, self.events, self.ledger)

    @cached_property
    def calendars(self) -> Calendars:
        from meetbridge.services.calendars import Calendars

        return Calendars(self.connections, self.mailboxes, self.jobs)

    @cached_property
    def paused(self) -> Paused:
        from meetbridge.services.paused import Paused

        return Paused(self.connections, self.meetings, self.jobs, self.clock)

    @cached_property
    def meeting_service(self) -> Meetings:
        from meetbridge.services.meetings import Meetings

        return Meetings(self.connections, self.meetings, self.event_reader, self.jobs, self.clock)


@lru_cache(maxsize=1)
def app() -> App:
    return App(load())
