"""What the user's own routes read and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, StrictBool

from meetbridge.api.settings_models import Body, NoticeView, PermissionsForm
from meetbridge.model.connection import Connection, MeetingsForEvents, Service
from meetbridge.policy.decision import Prompt, State
from meetbridge.policy.reasons import Reason
from meetbridge.services.authorize import Begun, Finished
from meetbridge.services.overview import freshness
from meetbridge.services.profile import Profile, Switches


class SwitchesForm(Body):
    bidirectional: StrictBool | None = None
    meetings_for_events: MeetingsForEvents | None = None

    def value(self) -> Switches:
        return Switches(self.bidirectional, self.meetings_for_events)


class ConnectForm(Body):
    """What is left out is the account's choice."""

    service: Service | None = None
    permissions: PermissionsForm | None = None


class ReasonView(BaseModel):
    """An entry of the closed catalogue: its code, plain words, and who can mend it."""

    code: str
    detail: str
    mender: str

    @classmethod
    def of(cls, reason: Reason) -> ReasonView:
        return cls(code=reason.value, detail=reason.words, mender=reason.mender.value)


class SettingView(BaseModel):
    """One effective setting: `source` is who decided it (account or user), `locked` whether the user may change it."""

    value: Any
    source: str
    locked: bool


class ConnectionView(BaseModel):
    service: str
    email: str
    permissions: dict[str, str]
    state: str
    connected_at: datetime
    freshness: datetime | None
    previous_mailbox: str | None

    @classmethod
    def of(cls, connection: Connection) -> ConnectionView:
        permissions = connection.permissions
        return cls(
            service=connection.service.value,
            email=connection.mailbox.email,
            permissions={"calendar": permissions.calendar.value, "contacts": permissions.contacts.value},
            state=connection.state.value,
            connected_at=connection.connected_at,
            freshness=freshness(connection),
            previous_mailbox=connection.previous_mailbox,
        )


class ProfileView(BaseModel):
    state: State
    reason: ReasonView | None
    prompt: Prompt | None
    effective: dict[str, SettingView]
    connection: ConnectionView | None

    @classmethod
    def of(cls, profile: Profile) -> ProfileView:
        decision = profile.decision
        return cls(
            state=decision.state,
            reason=ReasonView.of(decision.reason) if decision.reason else None,
            prompt=decision.prompt,
            effective=_effective(profile),
            connection=ConnectionView.of(profile.connection) if profile.connection else None,
        )


class FinishedView(ProfileView):
    """`warnings` tell what was granted less than asked."""

    warnings: list[NoticeView]

    @classmethod
    def told(cls, finished: Finished) -> FinishedView:
        profile = ProfileView.of(finished.profile)
        return cls(**dict(profile), warnings=NoticeView.all(finished.notices))


class BegunView(BaseModel):
    attempt: str
    authorization_url: str

    @classmethod
    def of(cls, begun: Begun) -> BegunView:
        return cls(attempt=begun.attempt_id, authorization_url=begun.authorization_url)


def _effective(profile: Profile) -> dict[str, SettingView]:
    effective, sources = profile.effective, dict(profile.effective.sources)
    locks = profile.settings.bidirectional.locked or not profile.settings.bidirectional.enabled
    permissions = effective.permissions
    values: dict[str, tuple[Any, bool]] = {
        "service": (effective.service.value, profile.settings.locked),
        "permissions": (
            {"calendar": permissions.calendar.value, "contacts": permissions.contacts.value},
            profile.settings.locked,
        ),
        "bidirectional": (effective.bidirectional, locks),
        "meetings_for_events": (effective.meetings_for_events.value, False),
    }
    return {
        name: SettingView(value=value, source=sources[name], locked=locked) for name, (value, locked) in values.items()
    }
