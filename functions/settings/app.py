"""The account's settings, the directory of users, and the user's own switches."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from meetbridge.api.account_models import (
    AuditPage,
    ConnectionPage,
    ConnectionRow,
    JobView,
    PreviewView,
    UserForm,
    UserView,
)
from meetbridge.api.csv_form import as_csv, wants_csv
from meetbridge.api.etags import etag, require_match
from meetbridge.api.identity import require_admin, require_person, require_platform
from meetbridge.api.paging import as_is, fitting
from meetbridge.api.profile_models import ProfileView, SwitchesForm
from meetbridge.api.resolver import caller, make_resolver, run_id
from meetbridge.api.settings_models import NoticeView, SavedView, SettingsForm, SettingsView
from meetbridge.bootstrap import app
from meetbridge.errors import PreconditionFailed, VersionConflict
from meetbridge.services.overview import Filter

resolver = make_resolver()
JSON = content_types.APPLICATION_JSON

Limit = Annotated[int, Query(ge=1, le=200)]
Id = Annotated[str, Path(max_length=256)]
Cursor = Annotated[str | None, Query(max_length=4096)]


@resolver.get("/v1/account/settings", summary="The account's settings")
def get_settings() -> Response[SettingsView]:
    who = require_admin(caller(resolver))
    account = app().settings.read(who.tenant)
    return Response(200, JSON, SettingsView.of(account), headers={"ETag": etag(account.version)})


@resolver.put("/v1/account/settings", summary="Save the settings; they bind at once, and a job cleans up")
def put_settings(
    body: SettingsForm, if_match: Annotated[str | None, Header(alias="if-match")] = None
) -> Response[SavedView]:
    who = require_admin(caller(resolver))
    version = app().settings.read(who.tenant).version
    require_match(if_match, etag(version))
    try:
        saved = app().settings.save(who, body.value(), version)
    except VersionConflict as e:
        raise PreconditionFailed("The settings have changed since you read them; read them again.") from e
    job = f"/v1/jobs/{saved.job_id}"
    shown = SettingsView.of(saved.account)
    view = SavedView(**dict(shown), warnings=NoticeView.all(saved.warnings), job=job)
    return Response(202, JSON, view, headers={"ETag": etag(saved.account.version), "Location": job})


@resolver.post("/v1/account/settings/preview", summary="What saving these settings would do; changes nothing")
def post_preview(body: SettingsForm, cursor: Cursor = None) -> Response[PreviewView]:
    who = require_admin(caller(resolver))
    cursors = app().cursors
    preview = app().settings.preview(who.tenant, body.value(), cursors.open("preview", who.tenant, cursor))
    view = PreviewView.of(preview, cursors.seal("preview", who.tenant, preview.next))
    if view.job is None:
        return Response(200, JSON, view)
    return Response(202, JSON, view, headers={"Location": view.job})


@resolver.get("/v1/jobs/<id_>", summary="How far a job is")
def get_job(id_: Id) -> JobView:
    who = require_admin(caller(resolver))
    return JobView.shown(app().account_work.read(who.tenant, id_))


@resolver.get("/v1/account/connections", summary="Who is connected, and how fresh; JSON or text/csv")
def get_connections(
    state: str | None = None,
    reason: str | None = None,
    service: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    accept: Annotated[str, Header()] = "",
) -> Response[Any]:
    who = require_admin(caller(resolver))
    cursors = app().cursors
    found = app().overview.connections(
        who.tenant, Filter(state, reason, service), cursors.open("connections", who.tenant, cursor), limit
    )
    following = cursors.seal("connections", who.tenant, found.next)
    page = ConnectionPage(items=[ConnectionRow.of(row) for row in found.items], next=following)
    return as_csv(page) if wants_csv(accept) else Response(200, JSON, page)


@resolver.get("/v1/account/audit", summary="Who changed which setting, newest first")
def get_audit(cursor: Cursor = None, limit: Limit = 50) -> AuditPage:
    who = require_admin(caller(resolver))
    cursors = app().cursors
    after = cursors.open("audit", who.tenant, cursor)
    read = partial(app().settings.audit, who.tenant, after)
    items, following = fitting(read, as_is, limit)
    return AuditPage(items=items, next=cursors.seal("audit", who.tenant, following))


@resolver.get("/v1/me/integration", summary="The user's state, prompt, effective settings and connection")
def get_integration() -> ProfileView:
    return ProfileView.of(app().profiles.read(require_person(caller(resolver))))


@resolver.patch("/v1/me/integration", summary="The user's own switches, unless locked")
def patch_integration(body: SwitchesForm) -> ProfileView:
    who = require_person(caller(resolver))
    return ProfileView.of(app().profiles.switch(who, body.value(), run_id(resolver)))


@resolver.get("/v1/users/<user>", summary="A user of the directory")
def get_user(user: Id) -> UserView:
    who = require_platform(caller(resolver))
    return UserView.of(app().directory.read(who.tenant, user))


@resolver.put("/v1/users/<user>", summary="Put a user into the directory")
def put_user(user: Id, body: UserForm) -> UserView:
    who = require_platform(caller(resolver))
    return UserView.of(app().directory.put(who.tenant, user, body.value(), run_id(resolver)))


@resolver.delete("/v1/users/<user>", summary="A leaver: ends the connection, and the user stays out")
def delete_user(user: Id) -> Response[None]:
    who = require_platform(caller(resolver))
    app().directory.remove(who.tenant, user, run_id(resolver))
    return Response(204)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return resolver.resolve(event, context)
