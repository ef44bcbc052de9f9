"""The pages for a person, driven by their forms."""

from __future__ import annotations

import html
from typing import Any

import pytest
import requests

HOSTILE = '<script>alert("x")</script>'


def post(person: Any, path: str, **form: Any) -> requests.Response:
    data = {"account": person.email, "calendar": person.email, **form}
    return requests.post(f"{person.root}/{path}", data=data, timeout=10)


def month(person: Any, text: str) -> str:
    return requests.get(f"{person.root}/month", params={"account": person.email, "month": text}, timeout=10).text


FORM = {"summary": "Talk", "start": "2026-10-23T09:00", "end": "2026-10-23T10:00"}


@pytest.fixture
def series_id(mia: Any, series: Any) -> str:
    return str(mia.insert(series)["id"])


def titles(person: Any) -> list[tuple[str, str]]:
    items = person.list(singleEvents="true", orderBy="startTime")["items"]
    return [(item["start"]["dateTime"][8:16], item["summary"]) for item in items]


def test_a_made_event_is_in_the_api_and_on_the_page(mia: Any) -> None:
    answer = post(mia, "create", **FORM, attendees="a@b.test, c@d.test", mail="1", location="Room", description="Text")
    assert answer.status_code == 200
    (event,) = mia.list()["items"]
    assert event["start"] == {"dateTime": "2026-10-23T09:00:00+02:00", "timeZone": "Europe/Zurich"}
    assert [a["email"] for a in event["attendees"]] == ["a@b.test", "c@d.test"]
    assert "Talk" in month(mia, "2026-10")
    assert "Talk" not in month(mia, "2026-11")


def test_an_all_day_event_ends_on_its_last_day(mia: Any) -> None:
    post(mia, "create", **{**FORM, "end": "2026-10-24T00:00", "all_day": "1"})
    (event,) = mia.list()["items"]
    assert (event["start"], event["end"]) == ({"date": "2026-10-23"}, {"date": "2026-10-25"})
    page = requests.get(f"{mia.root}/event", params={"account": mia.email, "event": event["id"]}, timeout=10).text
    assert 'value="2026-10-24T00:00"' in page


def test_hostile_content_is_escaped(mia: Any, timed: Any) -> None:
    event = mia.insert({**timed, "summary": HOSTILE, "location": HOSTILE, "description": f"</textarea>{HOSTILE}"})
    page = requests.get(f"{mia.root}/event", params={"account": mia.email, "event": event["id"]}, timeout=10).text
    for text in (page, month(mia, "2026-10")):
        assert "<script>" not in text
        assert html.escape(HOSTILE, quote=False).replace('"', "&#34;") in text


def test_one_occurrence_is_edited(mia: Any, series_id: str) -> None:
    times = {"start": "2026-10-24T09:00", "end": "2026-10-24T10:00"}
    post(mia, "save", event=series_id + "_20261024T070000Z", summary="One", scope="this", **times)
    assert [title for _, title in titles(mia)] == ["Talk", "One", "Talk", "Talk", "Talk"]


def test_this_and_following_cuts_the_series_in_two(mia: Any, series_id: str) -> None:
    times = {"start": "2026-10-25T11:00", "end": "2026-10-25T12:00"}
    post(mia, "save", event=series_id + "_20261025T080000Z", summary="Later", scope="following", **times)
    assert titles(mia) == [
        ("23T09:00", "Talk"), ("24T09:00", "Talk"), ("25T11:00", "Later"), ("26T11:00", "Later"), ("27T11:00", "Later"),
    ]  # fmt: skip
    rules = sorted(item["recurrence"][0] for item in mia.list()["items"])
    assert rules == ["RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=DAILY;UNTIL=20261025T075959Z"]


def test_all_occurrences_move_by_as_much(mia: Any, series_id: str) -> None:
    times = {"start": "2026-10-24T10:30", "end": "2026-10-24T12:00"}
    post(mia, "save", event=series_id + "_20261024T070000Z", summary="All", scope="all", **times)
    assert titles(mia)[0] == ("23T10:30", "All")
    assert {title[3:] for title, _ in titles(mia)} == {"10:30"}


@pytest.mark.parametrize(("scope", "left"), [("this", 4), ("following", 1), ("all", 0)])
def test_occurrences_are_deleted(mia: Any, series_id: str, scope: str, left: int) -> None:
    post(mia, "delete", event=series_id + "_20261024T070000Z", scope=scope)
    assert len(titles(mia)) == left


def test_a_guests_page_cannot_change_what_is_the_organisers(mia: Any, sign_in: Any, timed: Any) -> None:
    guest = sign_in()
    event = mia.insert({**timed, "attendees": [{"email": guest.email}]})
    answer = post(guest, "save", event=event["id"], **{**FORM, "summary": "Mine"})
    assert answer.status_code == 403
    assert "organizer" in answer.text


def test_a_wrong_form_is_answered_with_the_reason(mia: Any) -> None:
    answer = post(mia, "create", **{**FORM, "start": "soon"})
    assert (answer.status_code, "Invalid start time." in answer.text) == (400, True)


def test_a_file_is_uploaded(mia: Any) -> None:
    data = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:up\nSUMMARY:Up\nDTSTART:20261023T070000Z\nEND:VEVENT\nEND:VCALENDAR\n"
    for text in ("1 events imported", "0 events imported, 1 already there"):
        form = {"account": mia.email, "month": "2026-10"}
        answer = requests.post(f"{mia.root}/ics", data=form, files={"file": ("a.ics", data)}, timeout=10)
        assert text in answer.text
    bad = requests.post(f"{mia.root}/ics", data={"account": mia.email}, files={"file": ("a.ics", b"x")}, timeout=10)
    assert "Nothing was imported: line 1" in bad.text


def test_a_form_of_another_site_is_refused(mia: Any) -> None:
    data = {"account": mia.email, **FORM}
    answer = requests.post(f"{mia.root}/create", data=data, headers={"Origin": "https://evil.test"}, timeout=10)
    assert answer.status_code == 403


def test_faults_are_switched_on_the_page(google: Any, mia: Any) -> None:
    form = {"where": "calls", "kind": "500", "count": "1", "seconds": "1", "method": ""}
    assert requests.post(google.url + "/fault", data=form, timeout=10).status_code == 200
    assert mia.call("GET", "calendars/primary").status_code == 500
