"""Series: occurrences, exceptions and cancelled occurrences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

Fault = Callable[[requests.Response], tuple[int, str]]


def instances(person: Any, event_id: str, **params: Any) -> list[dict[str, Any]]:
    answer = person.call("GET", f"calendars/primary/events/{event_id}/instances", params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_occurrences_keep_the_wall_clock_across_the_change_of_the_clocks(mia: Any, series: Any) -> None:
    event = mia.insert(series)
    found = instances(mia, event["id"])
    assert [item["start"]["dateTime"] for item in found] == [
        "2026-10-23T09:00:00+02:00", "2026-10-24T09:00:00+02:00", "2026-10-25T09:00:00+01:00",
        "2026-10-26T09:00:00+01:00", "2026-10-27T09:00:00+01:00",
    ]  # fmt: skip
    assert found[2]["id"] == event["id"] + "_20261025T080000Z"
    assert {item["recurringEventId"] for item in found} == {event["id"]}
    assert all("recurrence" not in item for item in found)


def test_all_day_occurrences_have_dates_and_ids_of_dates(mia: Any) -> None:
    day = {"start": {"date": "2026-03-28"}, "end": {"date": "2026-03-30"}, "recurrence": ["RRULE:FREQ=DAILY;COUNT=2"]}
    event = mia.insert(day)
    found = instances(mia, event["id"])
    assert [item["id"] for item in found] == [event["id"] + "_20260328", event["id"] + "_20260329"]
    assert found[1]["end"] == {"date": "2026-03-31"}
    assert found[1]["originalStartTime"] == {"date": "2026-03-29"}


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (["RRULE:FREQ=DAILY;UNTIL=20261025T080000Z"], [23, 24, 25]),
        (["RRULE:FREQ=DAILY;UNTIL=20261025T075959Z"], [23, 24]),
        (["RRULE:FREQ=DAILY;COUNT=4", "EXDATE;TZID=Europe/Zurich:20261025T090000"], [23, 24, 26]),
        (["RRULE:FREQ=DAILY;COUNT=4", "EXDATE:20261025T080000Z"], [23, 24, 26]),
        (["RRULE:FREQ=DAILY;COUNT=2", "RDATE:20261030T080000Z"], [23, 24, 30]),
        (["RRULE:FREQ=WEEKLY;BYDAY=FR,SA;COUNT=3"], [23, 24, 30]),
    ],
)
def test_rules_are_expanded_in_the_zone_of_the_event(mia: Any, timed: Any, lines: list[str], days: list[int]) -> None:
    event = mia.insert({**timed, "recurrence": lines})
    assert [int(item["start"]["dateTime"][8:10]) for item in instances(mia, event["id"])] == days


def test_a_patched_occurrence_is_an_exception_and_follows_the_series_in_the_rest(mia: Any, series: Any) -> None:
    event = mia.insert(series)
    name = event["id"] + "_20261024T070000Z"
    patched = mia.call("PATCH", f"calendars/primary/events/{name}", json={"summary": "Other"}).json()
    assert patched["originalStartTime"]["dateTime"] == "2026-10-24T09:00:00+02:00"
    mia.call("PATCH", f"calendars/primary/events/{event['id']}", json={"summary": "All", "location": "Room"})
    exception = mia.call("GET", f"calendars/primary/events/{name}").json()
    assert (exception["summary"], exception["location"]) == ("Other", "Room")


def test_a_moved_occurrence_keeps_its_original_start(mia: Any, series: Any) -> None:
    event = mia.insert(series)
    name = event["id"] + "_20261024T070000Z"
    times = {n: {"dateTime": f"2026-10-28T{h}:00:00+01:00"} for n, h in (("start", "11"), ("end", "12"))}
    moved = mia.call("PATCH", f"calendars/primary/events/{name}", json=times).json()
    assert (moved["id"], moved["start"]["dateTime"]) == (name, "2026-10-28T11:00:00+01:00")
    assert moved["originalStartTime"]["dateTime"] == "2026-10-24T09:00:00+02:00"


def test_a_cancelled_occurrence_is_an_exception_with_the_least_of_fields(mia: Any, series: Any) -> None:
    event = mia.insert(series)
    name = event["id"] + "_20261024T070000Z"
    assert mia.call("DELETE", f"calendars/primary/events/{name}").status_code == 204
    listed = {item["id"]: item for item in mia.list(showDeleted="false")["items"]}
    assert set(listed) == {event["id"], name}
    assert set(listed[name]) == {"kind", "etag", "id", "status", "recurringEventId", "originalStartTime"}
    assert name not in {item["id"] for item in instances(mia, event["id"])}
    assert name in {item["id"] for item in instances(mia, event["id"], showDeleted="true")}
    assert name not in {item["id"] for item in mia.list(singleEvents="true")["items"]}


def test_an_id_that_is_no_occurrence_is_not_found(mia: Any, series: Any, fault: Fault) -> None:
    event = mia.insert(series)
    for stamp in ("20261124T080000Z", "20261024T060000Z", "20261024", "nonsense", "20269999T000000Z"):
        answer = mia.call("GET", f"calendars/primary/events/{event['id']}_{stamp}")
        assert fault(answer) == (404, "notFound")


def test_exceptions_that_fit_the_changed_series_survive_and_the_others_are_told_of(mia: Any, series: Any) -> None:
    event = mia.insert(series)
    early, late = (f"{event['id']}_202610{day}" for day in ("24T070000Z", "27T080000Z"))
    for name in (early, late):
        mia.call("PATCH", f"calendars/primary/events/{name}", json={"summary": "Other"})
    token = mia.list()["nextSyncToken"]
    rule = {"recurrence": ["RRULE:FREQ=DAILY;COUNT=3"]}
    mia.call("PATCH", f"calendars/primary/events/{event['id']}", json=rule)
    assert {item["id"] for item in mia.list()["items"]} == {event["id"], early}
    changed = {item["id"]: item["status"] for item in mia.list(syncToken=token)["items"]}
    assert changed == {event["id"]: "confirmed", late: "cancelled"}


def test_a_deleted_series_takes_its_exceptions_along(mia: Any, series: Any) -> None:
    event = mia.insert(series)
    mia.call("DELETE", f"calendars/primary/events/{event['id']}_20261024T070000Z")
    mia.call("PATCH", f"calendars/primary/events/{event['id']}_20261025T080000Z", json={"summary": "Other"})
    token = mia.list()["nextSyncToken"]
    mia.call("DELETE", f"calendars/primary/events/{event['id']}")
    assert mia.list()["items"] == []
    assert [(i["id"], i["status"]) for i in mia.list(syncToken=token)["items"]] == [(event["id"], "cancelled")]


def test_an_occurrence_takes_no_rule(mia: Any, series: Any) -> None:
    event = mia.insert(series)
    path = f"calendars/primary/events/{event['id']}_20261024T070000Z"
    assert mia.call("PATCH", path, json={"recurrence": ["RRULE:FREQ=DAILY"]}).status_code == 400


def test_instances_are_filtered_by_window_and_original_start(mia: Any, series: Any) -> None:
    event = mia.insert(series)
    window = {"timeMin": "2026-10-24T00:00:00Z", "timeMax": "2026-10-26T00:00:00Z"}
    assert len(instances(mia, event["id"], **window)) == 2
    found = instances(mia, event["id"], originalStart="2026-10-25T09:00:00+01:00")
    assert [item["id"] for item in found] == [event["id"] + "_20261025T080000Z"]
