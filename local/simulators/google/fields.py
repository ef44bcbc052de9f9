"""Members of an event that count only with a parameter of the request."""

from __future__ import annotations

from . import conference
from .errors import Json


def accept(body: Json, old: Json, query: Json) -> None:
    """Without their parameter they stay as they were."""
    if query.get("conferenceDataVersion", 0) < 1:
        _restore(body, old, "conferenceData")
    elif body.get("conferenceData"):
        body["conferenceData"] = conference.made(body["conferenceData"])
        body["hangoutLink"] = conference.link(body["conferenceData"])
    if not body.get("conferenceData") or not body.get("hangoutLink"):
        body.pop("hangoutLink", None)
    if not query.get("supportsAttachments"):
        _restore(body, old, "attachments")


def _restore(body: Json, old: Json, name: str) -> None:
    body.pop(name, None)
    if name in old:
        body[name] = old[name]
