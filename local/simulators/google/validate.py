"""The rules of an event's fields, as the Event resource's reference states them."""

from __future__ import annotations

from .calendars import EMAIL, Calendar
from .errors import Json, event_type, invalid, required
from .recurrence import rules
from .times import instant, keep

ENUMS = {
    "status": ("confirmed", "tentative", "cancelled"),
    "visibility": ("default", "public", "private", "confidential"),
    "transparency": ("opaque", "transparent"),
    "eventType": ("default", "birthday", "focusTime", "outOfOffice", "workingLocation"),
}
RESPONSES = ("needsAction", "declined", "tentative", "accepted")
READ_ONLY = (
    "kind", "etag", "htmlLink", "created", "updated", "creator", "organizer", "hangoutLink", "recurringEventId",
    "originalStartTime", "locked", "endTimeUnspecified", "id", "iCalUID", "sequence", "attendeesOmitted",
)  # fmt: skip
DEFAULTS = {
    "visibility": "default", "transparency": "opaque", "guestsCanModify": False, "guestsCanInviteOthers": True,
    "guestsCanSeeOtherGuests": True, "anyoneCanAddSelf": False, "privateCopy": False, "summary": "", "description": "",
    "location": "", "colorId": "", "attendees": [], "attachments": [], "recurrence": [], "eventLabelId": "",
}  # fmt: skip
STATUS_PROPERTIES = ("outOfOfficeProperties", "focusTimeProperties", "workingLocationProperties", "birthdayProperties")


def check(body: Json, calendar: Calendar) -> None:
    """A whole event, times already in their kept form. Raises ApiError."""
    for name, allowed in ENUMS.items():
        if name in body and body[name] not in allowed and not (name == "eventType" and body[name] == "fromGmail"):
            raise invalid(f"Invalid value for {name}: {str(body[name])[:60]}", name)
    _times(body, calendar)
    _attendees(body)
    _reminders(body.get("reminders", {}))
    if body.get("colorId") and body["colorId"] not in map(str, range(1, 12)):
        raise invalid("Invalid color id.", "colorId")
    if len(body.get("attachments", ())) > 25:
        raise invalid("Too many attachments.", "attachments")
    _event_type(body, calendar)


def keep_times(body: Json, calendar: Calendar, given: Json) -> None:
    """`start` and `end` of `body` to their kept form, where they were given."""
    for name in ("start", "end"):
        if name not in body:
            raise required(name, f"Missing {name} time.")
        if name in given:
            if body.get("recurrence") and "dateTime" in body[name] and not body[name].get("timeZone"):
                raise required(name, f"Missing time zone definition for {name} time.")
            body[name] = keep(body[name], name, calendar.zone)


def _times(body: Json, calendar: Calendar) -> None:
    if ("date" in body["start"]) != ("date" in body["end"]):
        raise invalid("Start and end times must either both be date or both be dateTime.", "end")
    start, end = instant(body["start"], calendar.zone), instant(body["end"], calendar.zone)
    if end < start or (end == start and "date" in body["start"]):
        message = "The specified time range is empty."
        raise invalid(message, "end", "timeRangeEmpty")
    if body.get("recurrence"):
        next(iter(rules(body["recurrence"], body["start"])), None)


def _attendees(body: Json) -> None:
    seen: dict[str, Json] = {}
    for attendee in body.get("attendees", ()):
        email = str(attendee.get("email", "")).strip()
        if not email:
            raise required("attendees", "Missing attendee email.")
        if not EMAIL.fullmatch(email):
            raise invalid("Invalid attendee email.", "attendees")
        if attendee.setdefault("responseStatus", "needsAction") not in RESPONSES:
            raise invalid("Invalid attendee response status.", "attendees")
        for name in ("self", "organizer", "id"):
            attendee.pop(name, None)
        seen.setdefault(email.lower(), {**attendee, "email": email})
    if "attendees" in body:
        body["attendees"] = list(seen.values())


def _reminders(reminders: Json) -> None:
    overrides = reminders.get("overrides") or []
    if reminders.get("useDefault") and overrides:
        raise invalid("Cannot specify both default reminders and overrides at the same time.", "reminders",
                      "cannotUseDefaultRemindersAndSpecifyOverride")  # fmt: skip
    if len(overrides) > 5:
        raise invalid("Too many override reminders.", "reminders")
    for override in overrides:
        if override.get("method") not in ("email", "popup") or not 0 <= override.get("minutes", -1) <= 40320:
            raise invalid("Invalid reminder.", "reminders")


def _event_type(body: Json, calendar: Calendar) -> None:
    kind = body.get("eventType", "default")
    for name in STATUS_PROPERTIES:
        if name in body and name.removesuffix("Properties") != kind:
            raise event_type(f"{name} cannot be set on an event of type {kind}.")
    if kind in ("default", "fromGmail"):
        return
    if not calendar.primary:
        raise event_type(f"Events of type {kind} can be created on primary calendars only.")
    if body.get("attendees"):
        raise event_type(f"Events of type {kind} cannot have attendees.")
    all_day = "date" in body["start"]
    if kind in ("focusTime", "outOfOffice") and all_day:
        raise event_type(f"An event of type {kind} cannot be an all-day event.")
    if kind == "birthday" and (not all_day or not any("FREQ=YEARLY" in line for line in body.get("recurrence", ()))):
        raise event_type("A birthday event is an all-day event that recurs annually.")
    if kind == "workingLocation" and "workingLocationProperties" not in body:
        raise event_type("Working location events must have workingLocationProperties set.")
    if kind == "workingLocation" and (body.get("transparency"), body.get("visibility")) != ("transparent", "public"):
        raise event_type("Working location events must be public and transparent.")


def tidy(body: Json) -> None:
    """What equals the default is left out; properties beyond the documented sizes are cut."""
    for name, default in DEFAULTS.items():
        if name in body and (body[name] is None or body[name] == default):
            del body[name]
    extended = body.get("extendedProperties") or {}
    for part in ("private", "shared"):
        values = {key: str(value)[:1024] for key, value in (extended.get(part) or {}).items() if len(key) <= 44}
        if len(values) > 300:
            raise invalid("Too many extended properties.", "extendedProperties")
        extended.pop(part, None)
        if values:
            extended[part] = values
    if extended:
        body["extendedProperties"] = extended
    else:
        body.pop("extendedProperties", None)
