"""Which calendars of the mailbox sync (S17), and where meetings are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from meetbridge.errors import FieldError, InvalidInput, VersionConflict
from meetbridge.model.account import Identity
from meetbridge.model.connection import Calendar, Connection
from meetbridge.model.ids import connection_key
from meetbridge.ports.jobs import JobQueue, SyncJob
from meetbridge.ports.provider import CalendarInfo
from meetbridge.ports.repositories import By, ConnectionRepository
from meetbridge.services.access import Access, access
from meetbridge.services.mailboxes import Mailboxes

ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """`calendars`: what the service lists now, merged with what is stored of it."""

    calendars: tuple[Calendar, ...]
    default: str | None
    version: str


class Calendars:
    def __init__(self, connections: ConnectionRepository, mailboxes: Mailboxes, jobs: JobQueue) -> None:
        self._connections = connections
        self._mailboxes = mailboxes
        self._jobs = jobs

    def listing(self, caller: Identity) -> Choice:
        """One call of the service."""
        reached = access(self._connections, caller)
        return _choice(reached.connection, self._infos(reached))

    def choose(
        self, caller: Identity, selected: Sequence[str], default: str | None, check: Callable[[str], None], run: str
    ) -> Choice:
        """The selection from now on. Raises InvalidInput for an id that isn't listed or can't be the default,
        and what `check` raises for the version that is stored."""
        infos: Sequence[CalendarInfo] = ()
        by = By(f"user:{caller.user}", run, "api")
        for _ in range(ATTEMPTS):
            reached = access(self._connections, caller)
            check(version_of(reached.connection))
            infos = infos or self._infos(reached)
            chosen = selection(reached.connection, infos, selected, default)
            if chosen == reached.connection:
                return _choice(chosen, infos)
            try:
                saved = self._connections.update(chosen, expected=reached.connection, by=by)
            except VersionConflict:
                continue
            self._jobs.bulk([SyncJob(connection_key(caller.tenant, caller.user), saved.generation)])
            return _choice(saved, infos)
        raise VersionConflict("The connection keeps changing; try again.")

    def _infos(self, reached: Access) -> Sequence[CalendarInfo]:
        return self._mailboxes.open(reached.context).calendars()


def with_calendars(connection: Connection, found: Sequence[CalendarInfo]) -> Connection:
    """The mailbox's calendars; the primary one is selected, and the default where it can be written."""
    chosen = next((info.id for info in found if info.primary), next((i.id for i in found if i.owned), None))
    calendars = tuple(
        Calendar(
            id=info.id,
            index=index,
            name=info.name,
            time_zone=info.time_zone,
            primary=info.primary,
            owned=info.owned,
            writable=info.writable,
            selected=info.id == chosen,
        )
        for index, info in enumerate(found)
    )
    default = next((calendar.id for calendar in calendars if calendar.selected and calendar.writable), None)
    return replace(connection, calendars=calendars, default_calendar=default)


def version_of(connection: Connection) -> str:
    return f"{connection.generation}.{connection.version}"


def selection(
    connection: Connection, infos: Sequence[CalendarInfo], selected: Sequence[str], default: str | None
) -> Connection:
    """The connection with this selection. A calendar keeps its index for ever, so the deselected ones stay."""
    listed = {info.id: info for info in infos}
    _check(listed, selected, default)
    known = {calendar.id: calendar for calendar in connection.calendars}
    following = max((calendar.index for calendar in connection.calendars), default=-1) + 1
    for info in infos:
        if info.id in selected and info.id not in known:
            known[info.id] = Calendar(info.id, following)
            following += 1
    calendars = tuple(
        replace(_named(calendar, listed.get(calendar.id)), selected=calendar.id in selected)
        for calendar in known.values()
    )
    return replace(connection, calendars=calendars, default_calendar=default or _default(connection, listed, selected))


def _check(listed: dict[str, CalendarInfo], selected: Sequence[str], default: str | None) -> None:
    faults = [
        FieldError(f"/selected/{n}", "is no calendar of the mailbox") for n, c in enumerate(selected) if c not in listed
    ]
    if default is not None:
        info = listed.get(default)
        if info is None or default not in selected:
            faults.append(FieldError("/default", "has to be one of the selected calendars"))
        elif not (info.owned and info.writable):
            faults.append(FieldError("/default", "has to be the user's own and writable"))
    if faults:
        raise InvalidInput("Members of the request are wrong.", faults)


def _default(connection: Connection, listed: dict[str, CalendarInfo], selected: Sequence[str]) -> str | None:
    """The present one while it is selected, else the primary, else the first that can be it."""
    fit = [listed[c] for c in selected if listed[c].owned and listed[c].writable]
    ordered = sorted(fit, key=lambda info: (info.id != connection.default_calendar, not info.primary))
    return ordered[0].id if ordered else None


def _named(calendar: Calendar, info: CalendarInfo | None) -> Calendar:
    if info is None:
        return calendar
    return replace(
        calendar,
        name=info.name,
        time_zone=info.time_zone,
        primary=info.primary,
        owned=info.owned,
        writable=info.writable,
    )


def _choice(connection: Connection, infos: Sequence[CalendarInfo]) -> Choice:
    calendars = tuple(_named(connection.calendar(info.id) or Calendar(info.id, -1), info) for info in infos)
    return Choice(calendars, connection.default_calendar, version_of(connection))
