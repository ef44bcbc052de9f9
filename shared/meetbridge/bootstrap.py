"""Where adapters meet services: the only module that knows both.

Everything is made when it is first asked for, so that a function imports no more than its job needs.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from meetbridge.config import Config, load

if TYPE_CHECKING:
    from meetbridge.api.paging import Cursors
    from meetbridge.services.account_jobs import AccountJobs
    from meetbridge.services.authorize import Authorize
    from meetbridge.services.calendars import Calendars
    from meetbridge.services.directory import Directory
    from meetbridge.services.endings import Endings
    from meetbridge.services.event_edit import EventEditing
    from meetbridge.services.events import Events
    from meetbridge.services.history import History
    from meetbridge.services.meetings import Meetings
    from meetbridge.services.overview import Overview
    from meetbridge.services.paused import Paused
    from meetbridge.services.profile import Profiles
    from meetbridge.services.settings import SettingsService


class App:
    """The services of one process; a test hands in its own configuration."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @cached_property
    def clock(self) -> object:
        raise NotImplementedError

    # -------------------------------------------------------------- settings, profile, authorisation

    @cached_property
    def cursors(self) -> Cursors:
        from meetbridge.api.paging import Cursors

        return Cursors(self.config.webhook_keys)

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
