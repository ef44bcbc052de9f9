"""A user connects a mailbox by the service's sign-in (OAuth 2.0 with PKCE, RFC 7636).

The callback only parks the code. To finish takes two things: the initiator's own token, and the handle that the
callback gave to the browser in which somebody consented. So a victim who follows somebody's link can't finish (it is
not their attempt), and that somebody can't either (the handle went to the victim's browser).
Settings that are saved and people who leave while the service is asked bind too: the connection is looked at once more
after it is written, and whoever writes later finds it.
"""

from __future__ import annotations

import hmac
import logging
from dataclasses import dataclass
from datetime import timedelta

from meetbridge.errors import Conflict, Forbidden, MeetbridgeError, ProviderError, Refused, Unauthenticated
from meetbridge.model.account import Identity, Settings, User
from meetbridge.model.connection import (
    Access,
    Connection,
    ConnectionState,
    Permissions,
    Service,
)
from meetbridge.model.ids import connection_key
from meetbridge.policy.decision import choice_violation, decide, violation
from meetbridge.policy.reasons import Reason
from meetbridge.policy.settings import Notice, asked
from meetbridge.ports.clock import Clock, Ids
from meetbridge.ports.jobs import JobQueue, SyncJob, TeardownJob
from meetbridge.ports.provider import Grant, ProviderRegistry
from meetbridge.ports.repositories import Attempt, AttemptRepository, By, ConnectionRepository, UserRepository
from meetbridge.services.calendars import with_calendars
from meetbridge.services.directory import changed
from meetbridge.services.endings import Endings
from meetbridge.services.oauth_proofs import challenge, handle, place_of, state_hash
from meetbridge.services.profile import Profile, newcomer, profile

log = logging.getLogger("meetbridge.authorize")

LIFE = timedelta(minutes=10)
LONGEST_CODE = 2048


@dataclass(frozen=True, slots=True)
class Begun:
    attempt_id: str
    authorization_url: str


@dataclass(frozen=True, slots=True)
class Finished:
    """`notices` tell what was granted less than asked, or that another mailbox was connected before."""

    profile: Profile
    notices: tuple[Notice, ...]


class Authorize:
    """`public_url` is where the API is reached, without a slash at its end."""

    def __init__(
        self,
        connections: ConnectionRepository,
        users: UserRepository,
        attempts: AttemptRepository,
        endings: Endings,
        registry: ProviderRegistry,
        queue: JobQueue,
        clock: Clock,
        ids: Ids,
        public_url: str,
    ) -> None:
        self._connections = connections
        self._users = users
        self._attempts = attempts
        self._endings = endings
        self._registry = registry
        self._queue = queue
        self._clock = clock
        self._ids = ids
        self._public_url = public_url.rstrip("/")

    # -------------------------------------------------------------- begin

    def begin(self, caller: Identity, service: Service | None, permissions: Permissions | None) -> Begun:
        """An attempt for the caller alone; what is not named is the account's. Raises Refused."""
        context = self._connections.context(connection_key(caller.tenant, caller.user))
        settings = context.account.settings
        service = service or settings.service
        permissions = asked(permissions or settings.permissions)
        _require(settings, context.user or newcomer(caller), service, permissions)
        by = By(f"user:{caller.user}", "", "connect")
        user = changed(self._users, caller.tenant, caller.user, lambda old: old or newcomer(caller), by)
        return self._begin(caller, user, service, permissions)

    def _begin(self, caller: Identity, user: User, service: Service, permissions: Permissions) -> Begun:
        key = connection_key(caller.tenant, caller.user)
        state = f"{key.tenant}.{key.user}.{self._ids.new()}"
        verifier = self._ids.new() + self._ids.new()
        attempt = Attempt(
            id=self._ids.new(),
            state_hash=state_hash(service.value, state),
            tenant=caller.tenant,
            user=caller.user,
            service=service.value,
            permissions=permissions,
            code_verifier=verifier,
            redirect_uri=f"{self._public_url}/oauth/callback/{service.value}",
            expires_at=self._clock.now() + LIFE,
        )
        url = self._registry.authorizer(service.value).authorization_url(
            state=state,
            code_challenge=challenge(verifier),
            redirect_uri=attempt.redirect_uri,
            permissions=permissions,
            login_hint=user.email,
        )
        self._attempts.begin(attempt)
        return Begun(attempt.id, url)

    # -------------------------------------------------------------- callback

    def park(self, service: str, state: str, code: str | None, error: str | None) -> str:
        """The service's answer, kept for the initiator; returns where to send the browser, without code or state.

        Raises Unauthenticated for a state that is forged, used, stale or another service's.
        """
        key = place_of(state)
        if len(code or "") > LONGEST_CODE:
            raise Unauthenticated("The code is longer than any that a service gives.")
        answer = None if code else (error or "no_code")[:100]
        attempt = self._attempts.park(key, state_hash(service, state), code or None, answer, self._clock.now())
        return f"{self._public_url}/?attempt={handle(attempt)}"

    # -------------------------------------------------------------- finish

    def finish(self, caller: Identity, presented: str) -> Finished:
        """Redeem the caller's own attempt, named by the callback's handle, decide again, and connect.

        Raises NotFound for an attempt that is not theirs, used or stale; Forbidden for another handle than the
        callback's; Conflict where the service has not answered yet or does not redeem the code; Refused by the
        settings of this moment.
        """
        attempt_id, _, proof = presented.partition(".")
        if not proof:
            raise Forbidden("Finish in the browser that the service sent back, with the attempt that it was given.")
        attempt = self._attempts.take(caller.tenant, caller.user, attempt_id, self._clock.now())
        if not hmac.compare_digest(handle(attempt).encode(), presented.encode()):
            raise Forbidden("This is not the attempt that the service answered.")
        if attempt.code is None:
            raise Refused(Reason.CONSENT_DECLINED.value, Reason.CONSENT_DECLINED.words)
        context = self._connections.context(connection_key(caller.tenant, caller.user))
        settings, user, old = context.account.settings, context.user, context.connection
        service = Service(attempt.service)
        _require(settings, user or newcomer(caller), service, attempt.permissions)
        grant = self._redeem(attempt, attempt.code)
        try:
            new = self._connection(attempt, grant, old)
            _require_connection(settings, new)
            calendars = self._registry.calendar(service.value, grant.access_token.value).calendars()
            new = with_calendars(new, calendars)
            self._connect(new, grant, old)
        except MeetbridgeError:
            self._discard(caller, service, grant)
            raise
        self._require_still(caller, new)
        return Finished(profile(settings, user, new, caller), _notices(attempt, new))

    def _redeem(self, attempt: Attempt, code: str) -> Grant:
        try:
            return self._registry.authorizer(attempt.service).redeem(
                code=code,
                code_verifier=attempt.code_verifier,
                redirect_uri=attempt.redirect_uri,
                asked=attempt.permissions,
            )
        except Unauthenticated as e:
            raise Conflict("The service did not redeem the code; begin again.") from e

    def _connection(self, attempt: Attempt, grant: Grant, old: Connection | None) -> Connection:
        now = self._clock.now()
        same = old is not None and (old.service.value, old.mailbox.id) == (attempt.service, grant.mailbox.id)
        return Connection(
            tenant=attempt.tenant,
            user=attempt.user,
            generation=old.generation + 1 if old else 1,
            service=Service(attempt.service),
            mailbox=grant.mailbox,
            permissions=grant.permissions,
            state=ConnectionState.CONNECTED,
            connected_at=now,
            due_at=now,
            relink=same,
            previous_mailbox=None if old is None or same else old.mailbox.email,
        )

    def _connect(self, new: Connection, grant: Grant, old: Connection | None) -> None:
        """A second service replaces the first here, when it has shown that it works."""
        by = By(f"user:{new.user}", "", "connect")
        self._connections.connect(new, grant.refresh_secret, grant.access_token, replaced=old, by=by)
        key = connection_key(new.tenant, new.user)
        if old is not None and old.state is not ConnectionState.DISCONNECTED:
            self._queue.bulk([TeardownJob(key, old.generation)])
        self._queue.bulk([SyncJob(key, new.generation, meetings=True)])

    def _require_still(self, caller: Identity, new: Connection) -> None:
        """Ends what the settings or the directory forbid by now. Raises Refused."""
        context = self._connections.context(connection_key(caller.tenant, caller.user))
        decision = decide(context.account.settings, context.user, new, None)
        reason = violation(context.account.settings, new) or (None if decision.may_sync else decision.reason)
        if reason is not None:
            self._endings.end_of(caller.tenant, caller.user, reason, By(f"user:{caller.user}", "", "connect"))
            raise Refused(reason.value, reason.words)

    def _discard(self, caller: Identity, service: Service, grant: Grant) -> None:
        """A grant that is not kept is revoked, unless that would end the live connection to the same mailbox."""
        live = self._connections.context(connection_key(caller.tenant, caller.user)).connection
        connected = live is not None and live.state is not ConnectionState.DISCONNECTED
        if connected and live is not None and (live.service, live.mailbox.id) == (service, grant.mailbox.id):
            return
        try:
            self._registry.authorizer(service.value).revoke(grant.refresh_secret)
        except ProviderError as e:
            log.warning("a grant that is not kept could not be revoked: %s", type(e).__name__)


def _require(settings: Settings, user: User, service: Service, permissions: Permissions) -> None:
    decision = decide(settings, user, None, None)
    reason = decision.reason if not decision.may_connect else choice_violation(settings, service, permissions)
    if reason is not None:
        raise Refused(reason.value, reason.words)


def _require_connection(settings: Settings, connection: Connection) -> None:
    """What was granted, and by whose mailbox, against the settings of this moment."""
    reason = violation(settings, connection)
    if reason is None and connection.permissions.calendar is Access.NONE:
        reason = Reason.PERMISSIONS_MISSING
    if reason is not None:
        raise Refused(reason.value, reason.words)


def _notices(attempt: Attempt, connection: Connection) -> tuple[Notice, ...]:
    found = []
    if connection.permissions.calendar is Access.READ and attempt.permissions.calendar is Access.READ_WRITE:
        found.append(Notice("granted_less", "Only reading was granted: meetings are not written to the calendar."))
    if connection.previous_mailbox is not None:
        found.append(Notice("another_mailbox", "Future meetings are made anew in this mailbox, without attendees."))
    return tuple(found)
