"""What clients and the platform read and write: events, calendars, meetings."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from meetbridge.api import calendars, events, meetings
from meetbridge.api.etags import etag, require_match, unchanged
from meetbridge.api.identity import require_person, require_platform
from meetbridge.api.paging import fitting
from meetbridge.api.resolver import caller, make_resolver, run_id
from meetbridge.api.views import (
    CalendarPage,
    EventPage,
    HistoryPage,
    MeetingPage,
    MeetingView,
    PausedPage,
    WholeEventView,
)
from meetbridge.bootstrap import app
from meetbridge.model.connection import Connection
from meetbridge.services.event_edit import Scope

resolver = make_resolver()
JSON = content_types.APPLICATION_JSON

Limit = Annotated[int, Query(ge=1, le=1000)]
Cursor = Annotated[str | None, Query(max_length=4096)]
IfMatch = Annotated[str | None, Header(alias="if-match")]
Moment = Annotated[str, Query(max_length=40)]
User = Annotated[str, Path(max_length=256)]
MeetingId = Annotated[str, Path(pattern=r"^[\w.~:@-]{1,128}$")]


@resolver.get("/v1/me/events", compress=True, summary="Occurrences of a window of at most 400 days")
def get_events(
    from_: Annotated[str, Query(alias="from", max_length=40)],
    to: Moment,
    cursor: Cursor = None,
    limit: Limit = 500,
    if_none_match: Annotated[str, Header(alias="if-none-match")] = "",
) -> Response[EventPage | None]:
    who = require_person(caller(resolver))
    window = events.window(from_, to)

    def headers(connection: Connection, version: int) -> dict[str, str]:
        tag = etag(events.window_tag(connection, version, window, cursor, limit))
        return {"ETag": tag, "Cache-Control": "private, no-cache"}

    known = headers(*glanced) if if_none_match and (glanced := app().events.glance(who)) else None
    if known and unchanged(if_none_match, known["ETag"]):
        return Response(304, headers=known)
    reached = app().events.access(who)
    after = app().cursors.open("events", who.tenant, cursor)
    items, following = events.page(app().events.listing(reached, window), after, limit)
    return Response(
        200,
        JSON,
        {"items": items, "next": app().cursors.seal("events", who.tenant, following)},
        headers(reached.connection, reached.context.account.version),
    )


@resolver.get("/v1/me/events/<id_>", summary="One event, series or occurrence")
def get_event(id_: str) -> Response[WholeEventView]:
    shown = app().events.event(app().events.access(require_person(caller(resolver))), id_)
    return Response(200, JSON, events.encode_whole(shown), {"ETag": etag(shown.version)})


@resolver.patch("/v1/me/events/<id_>", summary="Change this one, it and all that follow, or the whole series")
def patch_event(
    id_: str, body: events.EventPatch, scope: Scope | None = None, if_match: IfMatch = None
) -> Response[WholeEventView]:
    who = require_person(caller(resolver))
    target = app().event_editing.target(who, id_)
    require_match(if_match, etag(target.shown.version))
    shown = app().event_editing.change(who, target, events.write_of(body, target.shown.content), scope)
    return Response(200, JSON, events.encode_whole(shown), {"ETag": etag(shown.version)})


@resolver.delete("/v1/me/events/<id_>", summary="Delete this one, it and all that follow, or the whole series")
def delete_event(id_: str, scope: Scope | None = None, if_match: IfMatch = None) -> Response[None]:
    who = require_person(caller(resolver))
    target = app().event_editing.target(who, id_)
    if if_match is not None:
        require_match(if_match, etag(target.shown.version))
    app().event_editing.delete(who, target, scope)
    return Response(204)


@resolver.get("/v1/me/events/<id_>/history", summary="Why an event is as it is, newest first")
def get_history(id_: str, cursor: Cursor = None, limit: Limit = 50) -> Response[HistoryPage]:
    who = require_person(caller(resolver))
    listing = f"history {who.user} {id_}"
    after = app().cursors.open(listing, who.tenant, cursor)
    items, following = fitting(lambda most: app().history.read(who, id_, after, most), calendars.encode_entry, limit)
    return Response(200, JSON, {"items": items, "next": app().cursors.seal(listing, who.tenant, following)})


@resolver.get("/v1/me/calendars", summary="The mailbox's calendars")
def get_calendars() -> Response[CalendarPage]:
    choice = app().calendars.listing(require_person(caller(resolver)))
    return Response(200, JSON, calendars.encode(choice), {"ETag": etag(choice.version)})


@resolver.put("/v1/me/calendars", summary="Choose which calendars sync, and where meetings are written")
def put_calendars(body: calendars.SelectionIn, if_match: IfMatch = None) -> Response[CalendarPage]:
    who = require_person(caller(resolver))

    def check(version: str) -> None:
        if if_match is not None:
            require_match(if_match, etag(version))

    choice = app().calendars.choose(who, body.selected, body.default, check, run_id(resolver))
    return Response(200, JSON, calendars.encode(choice), {"ETag": etag(choice.version)})


@resolver.get("/v1/me/paused", summary="Meetings that wait for the user's word")
def get_paused(cursor: Cursor = None, limit: Limit = 100) -> Response[PausedPage]:
    who = require_person(caller(resolver))
    listing = f"paused {who.user}"
    after = app().cursors.open(listing, who.tenant, cursor)
    items, following = fitting(lambda most: app().paused.listing(who, after, most), calendars.encode_paused, limit)
    return Response(200, JSON, {"items": items, "next": app().cursors.seal(listing, who.tenant, following)})


@resolver.post("/v1/me/paused", summary="Answer for a meeting that waits")
def post_paused(body: calendars.AnswerIn) -> Response[MeetingView]:
    who = require_person(caller(resolver))
    record = app().paused.answer(who, body.id, body.action, run_id(resolver))
    return Response(200, JSON, meetings.encode(record))


@resolver.put("/v1/users/<user>/meetings/<meeting>", summary="Make or change a meeting")
def put_meeting(user: User, meeting: MeetingId, body: meetings.MeetingIn) -> Response[MeetingView]:
    who = require_platform(caller(resolver))
    put = meetings.put_of(meeting, body)
    record, new = app().meeting_service.put(who.tenant, user, put, run_id(resolver))
    return Response(201 if new else 200, JSON, meetings.encode(record), {"ETag": etag(record.version)})


@resolver.get("/v1/users/<user>/meetings/<meeting>", summary="A meeting as it stands")
def get_meeting(user: User, meeting: MeetingId) -> Response[MeetingView]:
    who = require_platform(caller(resolver))
    record = app().meeting_service.get(who.tenant, user, meeting)
    return Response(200, JSON, meetings.encode(record), {"ETag": etag(record.version)})


@resolver.delete("/v1/users/<user>/meetings/<meeting>", summary="Cancel a meeting")
def delete_meeting(
    user: User, meeting: MeetingId, revision: Annotated[int | None, Query(ge=0, le=2**53)] = None
) -> Response[MeetingView]:
    who = require_platform(caller(resolver))
    record = app().meeting_service.cancel(who.tenant, user, meeting, revision, run_id(resolver))
    return Response(200, JSON, meetings.encode(record))


@resolver.get("/v1/users/<user>/meetings", summary="A user's meetings, all or those of a window")
def get_meetings(
    user: User,
    from_: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    to: Annotated[str | None, Query(max_length=40)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response[MeetingPage]:
    who = require_platform(caller(resolver))
    window = meetings.optional_window(from_, to)
    listing = f"meetings {user}"
    after = app().cursors.open(listing, who.tenant, cursor)
    service = app().meeting_service
    items, following = fitting(
        lambda most: service.listing(who.tenant, user, window, after, most), meetings.encode, limit
    )
    return Response(200, JSON, {"items": items, "next": app().cursors.seal(listing, who.tenant, following)})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return resolver.resolve(event, context)
