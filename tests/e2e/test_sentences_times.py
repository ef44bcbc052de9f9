"""Meeting and event, Times and Horizon: dates, zones, rules without end, and what is past."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from local.stack import Stack
from tests.e2e.sentences import ZONE, Person, connected, times, wall

pytestmark = pytest.mark.e2e
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def tina(stack: Stack) -> Person:
    return connected(stack, "tina")


def around(days: int) -> str:
    """Ten o'clock on the day that is so many days from today."""
    return f"{datetime.now(UTC).date() + timedelta(days=days)}T10:00"


def test_all_day_stays_dates_and_several_days_are_one_event(tina: Person) -> None:
    """'All-day stays dates; several days are one event.'"""
    body = {"start": "2027-03-26", "duration_minutes": 3 * 1440, "all_day": True, "time_zone": None}
    event = tina.made("days", **body)
    assert (event["start"], event["end"]) == ({"date": "2027-03-26"}, {"date": "2027-03-29"})
    assert len(tina.events_of("days")) == 1
    tina.google.patch(event["id"], {"start": {"date": "2027-03-27"}, "end": {"date": "2027-03-29"}})
    tina.settle()
    meeting = tina.meeting("days")
    told = (meeting["start"], meeting["all_day"], meeting["duration_minutes"], meeting["time_zone"])
    assert told == ("2027-03-27", True, 2 * 1440, None)
    shown = tina.shown("days")
    assert [(one["start"], one["end"], one["all_day"]) for one in shown] == [("2027-03-27", "2027-03-29", True)]
    night = tina.made("night", start="2027-03-27T22:00:00", duration_minutes=40 * 60)
    assert (wall(night["start"])[0], wall(night["end"])[0]) == ("2027-03-27T22:00", "2027-03-29T15:00")
    tina.change("days", start="2027-03-30T09:00:00", duration_minutes=30, all_day=False, time_zone=ZONE)
    assert wall(tina.google.get(event["id"])["start"]) == ("2027-03-30T09:00", ZONE)
    assert len(tina.events_of("days")) == len(tina.events_of("night")) == 1


def test_series_compare_by_local_start_zone_and_rule_over_changes_of_the_clocks(tina: Person) -> None:
    """'Series compare by local start, zone and rule'."""
    rule = ["RRULE:FREQ=WEEKLY;BYDAY=SA,SU;UNTIL=20270411T080000Z"]
    event = tina.made("clocks", start="2027-03-20T10:00:00", recurrence=rule)
    before = tina.meeting("clocks")
    walls = {wall(instance["start"])[0][11:] for instance in tina.instances(event["id"])}
    offsets = {one["start"][-6:] for one in tina.shown("clocks")}
    assert (walls, offsets, len(tina.shown("clocks"))) == ({"10:00"}, {"+01:00", "+02:00"}, 8)
    same = ["RRULE:UNTIL=20270411T080000Z;WKST=MO;BYDAY=SU,SA;INTERVAL=1;FREQ=WEEKLY"]
    held = tina.google.patch(event["id"], {"recurrence": same})
    tina.settle()
    assert tina.meeting("clocks") == before
    assert tina.google.get(event["id"])["etag"] == held["etag"]
    tina.google.patch(event["id"], times("2027-03-20T10:00", 30, "Europe/Lisbon"))
    tina.settle()
    meeting = tina.meeting("clocks")
    assert (meeting["start"], meeting["time_zone"]) == ("2027-03-20T10:00:00+00:00", "Europe/Lisbon")


def test_single_events_compare_by_instant_and_zone(tina: Person) -> None:
    """'single events by instant and zone.'"""
    event = tina.made("single", start="2027-06-01T10:00:00")
    before = tina.meeting("single")
    utc = {"start": {"dateTime": "2027-06-01T08:00:00Z", "timeZone": ZONE}}
    tina.google.patch(event["id"], {**utc, "end": {"dateTime": "2027-06-01T08:30:00Z", "timeZone": ZONE}})
    tina.settle()
    assert tina.meeting("single") == before
    tina.google.patch(event["id"], times("2027-06-01T09:00", 30, "Europe/London"))
    tina.settle()
    meeting = tina.meeting("single")
    assert (meeting["start"], meeting["time_zone"]) == ("2027-06-01T09:00:00+01:00", "Europe/London")
    assert meeting["revision"] == before["revision"] + 1
    tina.change("single", time_zone=ZONE, start="2027-06-01T10:00:00")
    assert wall(tina.google.get(event["id"])["start"]) == ("2027-06-01T10:00", ZONE)


def test_a_rule_without_end_stays_a_rule_and_reads_expand_at_most_400_days(tina: Person) -> None:
    """'A rule without end stays a rule; reads expand at most 400 days (else 422).'"""
    event = tina.made("endless", recurrence=["RRULE:FREQ=DAILY"])
    tina.settle()
    assert event["recurrence"] == tina.meeting("endless")["recurrence"] == ["RRULE:FREQ=DAILY"]
    first = date(2030, 1, 1)

    def read(days: int) -> int:
        query = {"from": first.isoformat(), "to": (first + days * DAY).isoformat(), "limit": 1000}
        return tina.api.call("GET", "/v1/me/events", params=query).status_code

    assert (read(400), read(401)) == (200, 422)
    assert len(tina.shown("endless", "2030-01-01", "2031-01-01")) == 365


def test_first_sync_reads_30_days_back_and_the_series_that_reach_in(stack: Stack) -> None:
    """'First sync: 30 days back, and the series that reach in.'"""
    pia = Person(stack, "pia")
    pia.google.insert({"summary": "long ago", **times(around(-40))})
    pia.google.insert({"summary": "recent", **times(around(-20))})
    pia.google.insert({"summary": "reaches in", "recurrence": ["RRULE:FREQ=WEEKLY"], **times(around(-700))})
    pia.google.insert({"summary": "ended series", "recurrence": ["RRULE:FREQ=DAILY;COUNT=9"], **times(around(-300))})
    long = {"start": {"date": around(-60)[:10]}, "end": {"date": around(-10)[:10]}}
    pia.google.insert({"summary": "long leave", **long})
    pia.connect()
    shown = {event["title"] for event in pia.api.events(around(-350)[:10], around(10)[:10])}
    assert shown == {"recent", "reaches in", "long leave"}


def test_ended_events_are_never_written_and_deleting_them_cancels_nothing(tina: Person) -> None:
    """'Ended events are never written; deleting them cancels nothing.'"""
    event = tina.made("ended", invitees=["bob@elsewhere.example"])
    past = tina.google.patch(event["id"], times(around(-2)))
    tina.settle()
    assert tina.meeting("ended")["calendar_state"] == "ended"
    mailed = tina.mails(event["id"])
    assert tina.change("ended", topic="renamed", agenda="too late")["topic"] == "renamed"
    assert tina.google.get(event["id"]) == past
    tina.google.delete(event["id"])
    tina.settle()
    tina.settle()
    assert not tina.meeting("ended")["cancelled"]
    assert tina.google.titled("renamed") == []
    assert tina.mails(event["id"]) == mailed
