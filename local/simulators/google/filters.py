"""The filters of events.list that look into an event."""

from __future__ import annotations

from .errors import Json
from .times import moment_of


def matches(body: Json, query: Json) -> bool:
    """Whether the event passes types, updatedMin, extended properties and free text."""
    if "eventTypes" in query and body.get("eventType", "default") not in query["eventTypes"]:
        return False
    if "updatedMin" in query and moment_of(body["updated"]) < moment_of(query["updatedMin"]):
        return False
    for name, part in (("privateExtendedProperty", "private"), ("sharedExtendedProperty", "shared")):
        has = body.get("extendedProperties", {}).get(part, {})
        for text in query.get(name, ()):
            key, _, value = text.partition("=")
            if has.get(key) != value:
                return False
    return _contains(body, query.get("q", ""))


def _contains(body: Json, wanted: str) -> bool:
    texts = [body.get("summary"), body.get("description"), body.get("location")]
    for person in [*body.get("attendees", ()), body.get("organizer", {})]:
        texts += [person.get("email"), person.get("displayName")]
    everything = " ".join(text for text in texts if text).lower()
    return all(word in everything for word in wanted.lower().split())
