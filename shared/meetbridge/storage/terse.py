"""Frozen values as terse JSON structures and back, without pydantic: the sync path makes thousands of them.

A dataclass becomes an object of its members that differ from their default, under the tags of `TAGS` (the full name
where there is none). A tag is never given to another member, so what was stored stays readable; a member that is
unknown is passed over, one that is missing has its default. Coders are made once for each type.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from meetbridge.model.connection import Calendar, Subscription
from meetbridge.model.event import Attendee, Content, Event, Override
from meetbridge.model.meeting import Link, Meeting, MeetingRecord, Part, PartException
from meetbridge.model.times import EventTime
from meetbridge.ports.repositories import StoredEvent

T = TypeVar("T")
Coder = Callable[[Any], Any]

TAGS: Mapping[type, str] = {
    Attendee: "email=e name=n response=r optional=o resource=x organizer=g is_self=s",
    Content: "title=t start=s end=e description=d location=l visibility=v transparent=f attendees=a "
    "attendees_omitted=o conference_urls=u",
    Override: "recurrence_id=r content=c event_id=i etag=g",
    Event: "id=i calendar_id=k ical_uid=u etag=g content=c recurrence=r overrides=o kind=d organizer_email=e "
    "organizer_name=n organized_by_owner=w meeting_id=m detached=x",
    StoredEvent: "key=k event=e meeting_id=m place=p round=r seen=s requested=q",
    PartException: "recurrence_id=r cancelled=x topic=t start=s end=e agenda=a",
    Part: "topic=t start=s end=e recurrence=r exceptions=x agenda=a private=p invitees=i",
    Meeting: "id=i join_url=j host_email=h parts=p revision=v kind=k invite_by=b cancelled=x origin=o",
    Link: "calendar_id=k event_id=i ical_uid=u etag=g base=b made_by=m generation=n state=s since=t",
    MeetingRecord: "meeting=m links=l calendar_state=c version=v scheduled_by=d requested_event=q",
    Calendar: "id=i index=x name=n time_zone=z primary=p owned=o writable=w selected=s token=t page=g round=r "
    "full_round=f proved_at=v subscription=c",
    Subscription: "id=i resource_id=r expires_at=e",
}


def to_terse(value: object) -> Any:
    kind: Any = type(value)
    return _encoder(kind)(value)


def from_terse(kind: type[T], data: Any) -> T:
    wanted: Any = kind
    return cast(T, _decoder(wanted)(data))


def tags(kind: type) -> dict[str, str]:
    """Member -> tag."""
    given = dict(pair.split("=") for pair in TAGS.get(kind, "").split())
    return {f.name: given.get(f.name, f.name) for f in fields(kind)}


def _time_out(time: EventTime) -> str:
    if not isinstance(time.value, datetime):
        return time.value.isoformat()
    plain = time.value.second == time.value.microsecond == 0
    wall = time.value.isoformat(timespec="minutes" if plain else "auto")
    return f"{wall}{'+' if time.value.fold else ''}@{time.zone}"


def _time_in(text: str) -> EventTime:
    wall, at, zone = text.partition("@")
    if not at:
        return EventTime(date.fromisoformat(wall))
    value = datetime.fromisoformat(wall.rstrip("+"))
    return EventTime(value.replace(fold=1) if wall.endswith("+") else value, zone)


def _moment_in(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.utcoffset() is not None else moment


@lru_cache(maxsize=256)
def _encoder(kind: Any) -> Coder:
    inner, _ = _shape(kind)
    if inner is EventTime:
        return _time_out
    if inner is datetime:
        return datetime.isoformat
    if isinstance(inner, type) and issubclass(inner, Enum):
        return lambda value: value.value
    if is_dataclass(inner):
        return _dataclass_encoder(cast(type, inner))
    return _same


@lru_cache(maxsize=256)
def _decoder(kind: Any) -> Coder:
    inner, _ = _shape(kind)
    if inner is EventTime:
        return _time_in
    if inner is datetime:
        return _moment_in
    if isinstance(inner, type) and issubclass(inner, Enum):
        return inner
    if is_dataclass(inner):
        return _dataclass_decoder(cast(type, inner))
    return _same


def _same(value: Any) -> Any:
    return value


def _shape(kind: Any) -> tuple[Any, bool]:
    """The type inside `X | None` and `tuple[X, ...]`, and whether there are many of it (elements may be None)."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = [arg for arg in get_args(kind) if arg is not type(None)]
        return _shape(inner[0]) if len(inner) == 1 else (object, False)
    if origin is tuple:
        return get_args(kind)[0], True
    return (object if origin is not None else kind), False


def _optional(coder: Coder) -> Coder:
    return coder if coder is _same else lambda value: None if value is None else coder(value)


def _members(kind: type, of: Callable[[Any], Coder]) -> list[tuple[str, str, Coder, Any]]:
    hints = get_type_hints(kind)
    names = tags(kind)
    return [(f.name, names[f.name], _optional(_element(hints[f.name], of)), _default(f)) for f in fields(kind)]


def _element(kind: Any, of: Callable[[Any], Coder]) -> Coder:
    """The coder of a member; elements of a tuple may be None (a meeting's links)."""
    inner, many = _shape(kind)
    if not many:
        return of(kind)
    item = _optional(of(inner))
    build: Callable[[Any], Any] = tuple if of is _decoder else list
    return build if item is _same else lambda values: build([item(value) for value in values])


def _default(member: Any) -> Any:
    if member.default_factory is not MISSING:
        return member.default_factory()
    return member.default


def _dataclass_encoder(kind: type) -> Coder:
    members = _members(kind, _encoder)

    def encode(value: Any) -> dict[str, Any]:
        out = {}
        for name, tag, coder, default in members:
            member = getattr(value, name)
            if default is MISSING or member != default:
                out[tag] = coder(member)
        return out

    return encode


def _dataclass_decoder(kind: type) -> Coder:
    members = [(name, tag, coder) for name, tag, coder, _ in _members(kind, _decoder)]

    def decode(data: Mapping[str, Any]) -> Any:
        return kind(**{name: coder(data[tag]) for name, tag, coder in members if tag in data})

    return decode
