"""What outgoing events carry: the API's own form of a meeting, so that a receiver learns one form only."""

from __future__ import annotations

from typing import Any

from meetbridge.api.meetings import encode, encode_part
from meetbridge.model.meeting import MeetingRecord
from meetbridge.ports.repositories import StoredEvent
from meetbridge.sync import links
from meetbridge.sync.mapping import part_of


class Encoder:
    """`join_url_patterns` is what the platform's join links look like."""

    def __init__(self, join_url_patterns: str) -> None:
        self._patterns = links.patterns(join_url_patterns)

    def meeting(self, user: str, record: MeetingRecord) -> dict[str, Any]:
        """Whole state and revision; a receiver drops what is older."""
        return {"user": user, **encode(record)}

    def request(self, user: str, stored: StoredEvent) -> dict[str, Any]:
        """An event that asks for a meeting; `join_url` is the platform's link that stands in it, if any."""
        part = part_of(stored.event, None, guests=True)
        found = links.join_links(stored.event.content, self._patterns)
        return {
            "user": user,
            "event_id": stored.key,
            "join_url": found[0] if found else None,
            "invitees": list(part.invitees),
            "private": part.private,
            "origin": "calendar",
            **encode_part(part),
        }
