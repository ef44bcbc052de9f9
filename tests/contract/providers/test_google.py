"""What Google alone does: consent, channels, faults, and how many calls our adapter makes."""

from __future__ import annotations

import re
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from meetbridge.errors import (
    AuthorizationLost,
    ItemNotFound,
    PermissionDenied,
    RateLimited,
    Rejected,
    Unauthenticated,
    Unavailable,
)
from meetbridge.model.changes import EventChanged, EventWrite
from meetbridge.model.connection import Access, Permissions, Service
from meetbridge.model.event import Attendee, EventKind, Override, Response
from meetbridge.ports.provider import Grant

from local.simulators.google import tokens
from tests.contract.providers.conftest import CLIENT, OWNER, Google
from tests.contract.providers.mirror import Mirror
from tests.contract.providers.test_calendar_provider import AFTER_DST, SINGLE, WEEKLY, at

REDIRECT = "http://127.0.0.1:9/v1/oauth/callback"
VERIFIER = "verifier-" + "v" * 40
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BOTH = Permissions(Access.READ_WRITE, Access.READ)
API = "https://www.googleapis.com/auth/"


# ------------------------------------------------------------------ sign-in


def consent(google: Google, permissions: Permissions, untick: tuple[str, ...] = (), email: str = OWNER) -> str:
    """The code of a user who allows all that is asked but `untick`."""
    url = google.registry.authorizer(Service.GOOGLE).authorization_url(
        state="state-1", code_challenge=CHALLENGE, redirect_uri=REDIRECT, permissions=permissions, login_hint=email
    )
    asked = dict(parse_qsl(urlsplit(url).query))
    ticked = [scope for scope in asked["scope"].split() if scope not in untick]
    form = {**asked, "decision": "allow", "account": email, "grant": ticked}
    answer = requests.post(url.partition("?")[0], data=form, allow_redirects=False, timeout=10)
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert back["state"] == ["state-1"]
    return back["code"][0]


def redeem(google: Google, code: str, verifier: str = VERIFIER) -> Grant:
    authorizer = google.registry.authorizer(Service.GOOGLE)
    return authorizer.redeem(code=code, code_verifier=verifier, redirect_uri=REDIRECT, asked=BOTH)


def test_what_is_asked_is_narrow_offline_and_proof_of_the_asker(google: Google) -> None:
    url = google.registry.authorizer(Service.GOOGLE).authorization_url(
        state="s", code_challenge="c", redirect_uri=REDIRECT, permissions=Permissions(Access.READ), login_hint=""
    )
    assert url.startswith(google.config.google_accounts_root + "/o/oauth2/v2/auth?")
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": REDIRECT,
        "scope": f"email {API}calendar.calendarlist.readonly {API}calendar.events.readonly openid",
        "state": "s",
        "code_challenge": "c",
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
        "include_granted_scopes": "false",
    }


def test_a_code_becomes_a_grant_of_the_mailbox_that_google_vouches_for(google: Google) -> None:
    grant = redeem(google, consent(google, BOTH))
    assert grant.mailbox.email == OWNER
    assert re.fullmatch(r"\d{21}", grant.mailbox.id)
    assert grant.permissions == BOTH
    left = grant.access_token.expires_at - datetime.now(UTC)
    assert timedelta(minutes=50) < left <= timedelta(hours=1)
    provider = google.registry.calendar(Service.GOOGLE, grant.access_token.value)
    assert any(info.id == OWNER for info in provider.calendars())


@pytest.mark.parametrize(
    ("untick", "permissions"),
    [
        ((f"{API}contacts.readonly",), Permissions(Access.READ_WRITE, Access.NONE)),
        ((f"{API}calendar.events",), Permissions(Access.NONE, Access.READ)),
        ((f"{API}calendar.calendarlist.readonly",), Permissions(Access.NONE, Access.READ)),
    ],
)
def test_what_the_user_left_unticked_is_not_granted(
    google: Google, untick: tuple[str, ...], permissions: Permissions
) -> None:
    assert redeem(google, consent(google, BOTH, untick)).permissions == permissions


def test_a_code_serves_once_and_only_with_its_verifier(google: Google) -> None:
    with pytest.raises(Unauthenticated):
        redeem(google, consent(google, BOTH), verifier="w" * 43)
    code = consent(google, BOTH)
    redeem(google, code)
    with pytest.raises(Unauthenticated):
        redeem(google, code)
    with pytest.raises(Unauthenticated):
        redeem(google, "4/0made-up")


def test_a_refresh_gives_a_token_that_works_and_keeps_the_secret(google: Google) -> None:
    grant = redeem(google, consent(google, BOTH))
    token, secret = google.registry.authorizer(Service.GOOGLE).access_token(grant.refresh_secret)
    assert secret == grant.refresh_secret
    assert token.value != grant.access_token.value
    assert google.registry.calendar(Service.GOOGLE, token.value).calendars()


def test_a_revoked_grant_is_lost_and_may_be_revoked_again(google: Google) -> None:
    grant = redeem(google, consent(google, BOTH))
    authorizer = google.registry.authorizer(Service.GOOGLE)
    assert authorizer.revoke(grant.refresh_secret)
    assert authorizer.revoke(grant.refresh_secret)
    with pytest.raises(AuthorizationLost):
        authorizer.access_token(grant.refresh_secret)
    with pytest.raises(AuthorizationLost):
        google.registry.calendar(Service.GOOGLE, grant.access_token.value).calendars()


# ------------------------------------------------------------------ permissions


def test_reading_is_all_that_a_grant_to_read_allows(google: Google) -> None:
    event = google.calendar().create(OWNER, "a" * 26, WEEKLY, notify=False)
    reader = google.calendar(Permissions(Access.READ))
    assert reader.get(OWNER, event.id) == event
    with pytest.raises(PermissionDenied):
        reader.create(OWNER, "b" * 26, SINGLE, notify=False)
    with pytest.raises(PermissionDenied):
        reader.update(OWNER, event.id, event.etag, EventWrite(title="New"), notify=False)
    with pytest.raises(PermissionDenied):
        reader.delete(OWNER, event.id, event.etag, notify=False)
    with pytest.raises(PermissionDenied):
        reader.cancel_occurrence(OWNER, event, AFTER_DST, notify=False)


def test_a_calendar_of_somebody_else_can_be_read_and_not_written(google: Google) -> None:
    provider = google.calendar()
    shared = next(info.id for info in provider.calendars() if not info.owned)
    assert provider.changes(shared, None, None).token
    with pytest.raises(PermissionDenied):
        provider.create(shared, "b" * 26, SINGLE, notify=False)


def test_an_unknown_token_is_refused(google: Google) -> None:
    with pytest.raises(AuthorizationLost):
        google.registry.calendar(Service.GOOGLE, "made-up").changes(OWNER, None, None)


# ------------------------------------------------------------------ faults


@pytest.mark.parametrize("kind", ["429", "403"])
def test_asked_to_slow_down_the_adapter_surfaces_at_once(google: Google, kind: str) -> None:
    google.fault(kind, count=9, seconds=37)
    with pytest.raises(RateLimited) as caught:
        google.calendar().changes(OWNER, None, None)
    assert caught.value.retry_after == (37 if kind == "429" else None)
    assert google.counts == {"calendar.events.list": 1}


def test_a_read_that_fails_for_a_moment_is_repeated(google: Google) -> None:
    google.fault("500", count=1)
    assert google.calendar().changes(OWNER, None, None).token
    assert google.counts == {"calendar.events.list": 2}


def test_a_read_that_keeps_failing_surfaces(google: Google) -> None:
    google.fault("500", count=99)
    with pytest.raises(Unavailable):
        google.calendar().get(OWNER, "a" * 26)


def test_a_service_that_names_a_time_is_not_asked_before(google: Google) -> None:
    google.fault("503", count=9, seconds=20)
    with pytest.raises(Unavailable) as caught:
        google.calendar().changes(OWNER, None, None)
    assert caught.value.retry_after == 20
    assert google.counts == {"calendar.events.list": 1}


def test_a_write_is_never_repeated_by_the_adapter(google: Google) -> None:
    google.fault("500", count=9)
    with pytest.raises(Unavailable):
        google.calendar().create(OWNER, "a" * 26, SINGLE, notify=False)
    assert google.counts == {"calendar.events.insert": 1}


def test_a_write_whose_answer_is_lost_can_be_asked_for_again(google: Google) -> None:
    provider = google.calendar()
    google.fault("lost_answer", method="calendar.events.insert")
    with pytest.raises(Unavailable):
        provider.create(OWNER, "a" * 26, SINGLE, notify=False)
    event = provider.create(OWNER, "a" * 26, SINGLE, notify=False)
    mirror = Mirror(provider, OWNER)
    mirror.pull()
    assert mirror.events == {event.id: event}


def test_a_server_that_is_not_there_is_unavailable(google: Google) -> None:
    nowhere = replace(google.config, google_api_root="http://127.0.0.1:1", google_token_root="http://127.0.0.1:1")
    away = replace(google, config=nowhere)
    with pytest.raises(Unavailable):
        away.registry.calendar(Service.GOOGLE, "token").changes(OWNER, None, None)
    with pytest.raises(Unavailable):
        away.registry.authorizer(Service.GOOGLE).access_token("secret")


def test_what_google_finds_wrong_is_rejected(google: Google) -> None:
    with pytest.raises(Rejected):
        google.calendar().create(OWNER, "a" * 26, replace(SINGLE, end=at(3, 1)), notify=False)


# ------------------------------------------------------------------ counted calls

Act = Callable[[Google], object]


def _occurrence(google: Google) -> object:
    event = google.calendar().create(OWNER, "a" * 26, WEEKLY, notify=False)
    google.forget_calls()
    return google.calendar().update_occurrence(OWNER, event, AFTER_DST, EventWrite(title="New"), notify=False)


def _update(write: EventWrite) -> Act:
    def act(google: Google) -> object:
        event = google.calendar().create(OWNER, "a" * 26, SINGLE, notify=False)
        google.forget_calls()
        return google.calendar().update(OWNER, event.id, event.etag, write, notify=False)

    return act


def _delete(google: Google) -> None:
    event = google.calendar().create(OWNER, "a" * 26, SINGLE, notify=False)
    google.forget_calls()
    google.calendar().delete(OWNER, event.id, event.etag, notify=False)


@pytest.mark.parametrize(
    ("act", "counts"),
    [
        (lambda g: g.calendar().changes(OWNER, None, None), {"calendar.events.list": 1}),
        (lambda g: g.calendar().calendars(), {"calendar.calendarList.list": 1}),
        (lambda g: g.calendar().create(OWNER, "a" * 26, SINGLE, notify=False), {"calendar.events.insert": 1}),
        (_update(EventWrite(title="New", start=at(3, 3), end=at(3, 3, 10))), {"calendar.events.patch": 1}),
        (_update(EventWrite(attendees=())), {"calendar.events.get": 1, "calendar.events.patch": 1}),
        (_update(EventWrite(meeting_id="")), {"calendar.events.get": 1, "calendar.events.update": 1}),
        (_delete, {"calendar.events.delete": 1}),
        (_occurrence, {"calendar.events.patch": 1}),
    ],
    ids=["changes", "calendars", "create", "update", "attendees", "marker", "delete", "occurrence"],
)
def test_each_page_and_each_write_is_one_call(google: Google, act: Act, counts: dict[str, int]) -> None:
    act(google)
    assert google.counts == counts


# ------------------------------------------------------------------ what we don't know


def raw(google: Google, verb: str, path: str, body: object = None, calendar: str = OWNER) -> dict[str, object]:
    """The user's own act, past our adapter; the answer as Google gives it."""
    url = f"{google.server.url}/calendar/v3/calendars/{calendar}/events{path}"
    scopes = (f"{API}calendar",)
    token = tokens.issue_access(google.server.simulator.store, tokens.Token(calendar, "browser", scopes))
    answer = requests.request(verb, url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    answer.raise_for_status()
    return dict(answer.json())


@pytest.mark.parametrize(
    "write",
    [
        EventWrite(title="New"),
        EventWrite(meeting_id=""),
        EventWrite(start=at(3, 3), end=at(3, 3, 10)),
        EventWrite(attendees=(Attendee("ann@guests.example"), Attendee("new@guests.example"))),
    ],
    ids=["title", "marker", "times", "attendees"],
)
def test_what_we_do_not_know_survives_our_writes(google: Google, write: EventWrite) -> None:
    guest = {
        "email": "ann@guests.example",
        "responseStatus": "tentative",
        "comment": "Late",
        "additionalGuests": 2,
    }
    body = {
        "id": "a" * 26,
        "summary": "Full",
        "start": {"date": "2026-03-02"},
        "end": {"date": "2026-03-03"},
        "colorId": "3",
        "reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 7}]},
        "transparency": "transparent",
        "guestsCanModify": True,
        "source": {"title": "Wiki", "url": "https://wiki.example/"},
        "attachments": [{"fileUrl": "https://drive.example/1", "title": "Slides"}],
        "attendees": [guest, {"email": "room@resource.calendar.google.com", "resource": True}],
        "extendedProperties": {
            "private": {"meetbridge": "m", "other": "kept"},
            "shared": {"theirs": "kept"},
        },
    }
    before = raw(google, "POST", "?supportsAttachments=true", body)
    event = google.calendar().get(OWNER, "a" * 26)
    assert event is not None
    google.calendar().update(OWNER, event.id, event.etag, write, notify=False)
    after = raw(google, "GET", "/" + "a" * 26)
    for name in ("colorId", "reminders", "transparency", "guestsCanModify", "source", "attachments"):
        assert after[name] == before[name], name
    properties = after["extendedProperties"]
    assert isinstance(properties, dict)
    assert properties["shared"] == {"theirs": "kept"}
    assert properties["private"]["other"] == "kept"
    people = after["attendees"]
    assert isinstance(people, list)
    assert people[:2] == before["attendees"]
    assert [p["email"] for p in people[2:]] == (["new@guests.example"] if write.attendees else [])


def test_an_answer_and_another_kind_of_event_are_seen(google: Google) -> None:
    guests = [{"email": "ann@guests.example", "responseStatus": "declined"}]
    times = {"start": {"date": "2026-03-02"}, "end": {"date": "2026-03-03"}}
    raw(google, "POST", "", {"id": "a" * 26, "attendees": guests, **times})
    raw(google, "POST", "", {"id": "b" * 26, "eventType": "birthday", "recurrence": ["RRULE:FREQ=YEARLY"], **times})
    mirror = Mirror(google.calendar(), OWNER)
    mirror.pull()
    assert [a.response for a in mirror.events["a" * 26].content.attendees] == [Response.DECLINED]
    assert mirror.events["a" * 26].content.title == ""
    assert mirror.events["b" * 26].kind is EventKind.OTHER


def test_an_invitation_is_seen_as_somebody_elses(google: Google) -> None:
    invited = replace(WEEKLY, attendees=(Attendee("max@example.com"),))
    event = google.calendar().create(OWNER, "a" * 26, invited, notify=True)
    assert event.organized_by_owner
    token = tokens.issue_access(
        google.server.simulator.store, tokens.Token("max@example.com", CLIENT, (f"{API}calendar.events",))
    )
    page = google.registry.calendar(Service.GOOGLE, token).changes("max@example.com", None, None)
    (change,) = page.changes
    assert isinstance(change, EventChanged)
    assert not change.event.organized_by_owner
    assert (change.event.organizer_email, change.event.ical_uid) == (OWNER, event.ical_uid)
    assert [a.is_self for a in change.event.content.attendees] == [True]


def test_a_conference_is_seen_and_survives(google: Google) -> None:
    request = {"createRequest": {"requestId": "r-1", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}
    body = {"id": "a" * 26, "start": {"date": "2026-03-02"}, "end": {"date": "2026-03-03"}, "conferenceData": request}
    raw(google, "POST", "?conferenceDataVersion=1", body)
    provider = google.calendar()
    event = provider.get(OWNER, "a" * 26)
    assert event is not None
    assert any(url.startswith("https://meet.google.com/") for url in event.content.conference_urls)
    for write in (EventWrite(title="New"), EventWrite(meeting_id="")):
        updated = provider.update(OWNER, event.id, event.etag, write, notify=False)
        assert updated.content.conference_urls == event.content.conference_urls
        event = updated


def test_an_occurrence_that_the_series_does_not_have_is_not_found(google: Google) -> None:
    provider = google.calendar()
    event = provider.create(OWNER, "a" * 26, WEEKLY, notify=False)
    with pytest.raises(ItemNotFound):
        provider.update_occurrence(OWNER, event, at(10, 28), EventWrite(title="New"), notify=False)
    with pytest.raises(ItemNotFound):
        provider.cancel_occurrence(OWNER, event, at(10, 28), notify=False)


def test_an_occurrence_with_an_id_of_another_form_is_found(google: Google) -> None:
    provider = google.calendar()
    event = provider.create(OWNER, "a" * 26, WEEKLY, notify=False)
    wrong = Override(AFTER_DST, None, event_id=f"{event.id}_20261027T000000Z")
    seen = replace(event, overrides=(wrong,))
    changed = provider.update_occurrence(OWNER, seen, AFTER_DST, EventWrite(title="New"), notify=False)
    assert changed.recurrence_id == AFTER_DST
    cancelled = provider.cancel_occurrence(OWNER, seen, AFTER_DST, notify=False)
    assert cancelled.event_id == changed.event_id
    assert provider.cancel_occurrence(OWNER, seen, AFTER_DST, notify=False) == cancelled


# ------------------------------------------------------------------ push


class Receiver:
    """A webhook that keeps the headers of what it is sent."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        self.arrived = threading.Semaphore(0)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(204)
                self.end_headers()
                receiver.arrived.release()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Tests print nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks/google"

    def next(self) -> dict[str, str]:
        assert self.arrived.acquire(timeout=20)
        return self.headers[-1]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


def test_a_channel_tells_of_a_change_until_it_is_closed(google: Google, receiver: Receiver) -> None:
    push = google.push()
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    subscription = push.watch(OWNER, "channel-1", receiver.url, "v1.token", soon)
    assert (subscription.id, subscription.expires_at) == ("channel-1", soon)
    first = receiver.next()
    assert (first["x-goog-resource-state"], first["x-goog-channel-token"]) == ("sync", "v1.token")
    google.calendar().create(OWNER, "a" * 26, SINGLE, notify=False)
    second = receiver.next()
    assert second["x-goog-resource-state"] == "exists"
    assert second["x-goog-resource-id"] == subscription.resource_id
    push.unwatch(subscription)
    push.unwatch(subscription)
    assert google.server.simulator.store.all("select * from channels") == []


def test_a_channel_ends_when_google_says(google: Google, receiver: Receiver) -> None:
    far = datetime.now(UTC) + timedelta(days=40)
    subscription = google.push().watch(OWNER, "channel-1", receiver.url, "v1.token", far)
    receiver.next()
    assert subscription.expires_at < datetime.now(UTC) + timedelta(days=8)


def test_a_channel_on_a_calendar_that_there_is_not(google: Google) -> None:
    with pytest.raises(ItemNotFound):
        google.push().watch("nowhere@x.example", "c", "https://hook.example/", "t", datetime.now(UTC) + timedelta(1))
