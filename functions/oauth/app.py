"""A user connects and disconnects a mailbox."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from meetbridge.api.identity import require_person
from meetbridge.api.profile_models import BegunView, ConnectForm, FinishedView
from meetbridge.api.resolver import caller, make_resolver, run_id
from meetbridge.bootstrap import app

resolver = make_resolver()
JSON = content_types.APPLICATION_JSON

Parameter = Annotated[str | None, Query(max_length=4096)]


@resolver.post("/v1/me/connection", summary="Begin to connect a mailbox")
def post_connection(body: ConnectForm) -> Response[BegunView]:
    who = require_person(caller(resolver))
    permissions = body.permissions.value() if body.permissions else None
    return Response(201, JSON, BegunView.of(app().authorize.begin(who, body.service, permissions)))


@resolver.post("/v1/me/connection/<attempt>/finish", summary="Finish what the service's callback has answered")
def post_finish(attempt: Annotated[str, Path(max_length=256)]) -> FinishedView:
    return FinishedView.told(app().authorize.finish(require_person(caller(resolver)), attempt))


@resolver.delete("/v1/me/connection", summary="Remove the connection and its data; the calendar keeps its events")
def delete_connection() -> Response[None]:
    app().profiles.disconnect(require_person(caller(resolver)), run_id(resolver))
    return Response(204)


@resolver.get("/oauth/callback/<service>", summary="Where the service sends the browser back")
def get_callback(
    service: Annotated[str, Path(max_length=64)],
    state: Parameter = None,
    code: Parameter = None,
    error: Parameter = None,
) -> Response[None]:
    address = app().authorize.park(service, state or "", code, error)
    return Response(303, headers={"Location": address, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return resolver.resolve(event, context)
