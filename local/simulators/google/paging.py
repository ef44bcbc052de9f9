"""Page tokens and sync tokens, and which parameters of a list go together."""

from __future__ import annotations

import base64
import hashlib
import json

from .errors import ApiError, Json, invalid
from .times import moment_of

NOT_WITH_TOKEN = (
    "iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax", "updatedMin",
)  # fmt: skip
NO_TOKEN_AFTER = ("iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "updatedMin")
PAGING = ("pageToken", "maxResults", "fields", "prettyPrint", "alt", "key", "quotaUser", "userIp", "oauth_token")
SAME = ("singleEvents", "eventTypes")


def pack(values: Json) -> str:
    text = json.dumps(values, separators=(",", ":"), sort_keys=True)
    mark = hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
    return base64.urlsafe_b64encode((mark + text).encode()).decode().rstrip("=")


def unpack(token: str, wrong: ApiError) -> Json:
    try:
        plain = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        values = json.loads(plain[8:])
        if not isinstance(values, dict) or pack(values) != token:
            raise wrong
    except ValueError:
        raise wrong from None
    return values


def shape(query: Json) -> str:
    """What must stay the same from page to page."""
    kept = {name: value for name, value in query.items() if name not in PAGING}
    return hashlib.blake2b(json.dumps(kept, sort_keys=True).encode(), digest_size=6).hexdigest()


def check(query: Json) -> None:
    """The rules among the parameters. Raises ApiError."""
    if query.get("syncToken"):
        for name in NOT_WITH_TOKEN:
            if name in query:
                raise invalid(f"Sync token cannot be used together with {name}.", name)
        if query.get("showDeleted") is False:
            raise invalid("showDeleted cannot be false with a sync token.", "showDeleted")
    if query.get("orderBy") == "startTime" and not query.get("singleEvents"):
        message = "The requested ordering is not available for the particular query."
        raise invalid(message, "orderBy")
    least, most = query.get("timeMin"), query.get("timeMax")
    try:
        if least and most and moment_of(most) <= moment_of(least):
            raise ApiError(400, "timeRangeEmpty", "The specified time range is empty.", "calendar", "timeMax")
    except ValueError:
        raise invalid("Bad Request", "timeMin", "badRequest") from None
    for name in ("privateExtendedProperty", "sharedExtendedProperty"):
        if any("=" not in text for text in query.get(name, ())):
            raise invalid(f"Invalid {name}.", name)
