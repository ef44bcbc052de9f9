"""The import of .ics files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.simulators.google.calendars import find
from local.simulators.google.expand import expanded
from local.simulators.google.ics import Report, import_file
from local.simulators.google.ics_read import IcsError
from local.simulators.google.state import Settings, Simulator
from local.simulators.google.times import show

MIA = "mia@example.com"
ROOT = Path(__file__).parents[4]
CUSTOM_ZONE = (
    "BEGIN:VTIMEZONE\nTZID:Office\n"
    "BEGIN:STANDARD\nDTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\n"
    "TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n"
    "BEGIN:DAYLIGHT\nDTSTART:19700329T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\n"
    "TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\nEND:VTIMEZONE\n"
)


def ics(*events: str, before: str = "") -> bytes:
    inner = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{before}{inner}END:VCALENDAR\n".encode()


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Simulator]:
    found = Simulator(str(tmp_path / "google.sqlite"), Settings())
    yield found
    found.close()


def take(sim: Simulator, data: bytes) -> Report:
    return import_file(sim.store, find(sim.store, MIA, "primary"), data)


def starts(sim: Simulator) -> list[str]:
    calendar = find(sim.store, MIA, "primary")
    items = expanded(sim.store, calendar, sim.store.events("calendar=?", MIA), {}, deleted=False)
    texts = [show(item.row.body["start"], calendar.zone) for item in items]
    return sorted(text.get("dateTime") or text["date"] for text in texts)


@pytest.mark.parametrize(
    ("lines", "start", "end"),
    [
        ("DTSTART:20260601T090000Z\nDTEND:20260601T100000Z", ("2026-06-01T09:00:00Z", "UTC"), "2026-06-01T10:00:00Z"),
        (
            "DTSTART;TZID=W. Europe Standard Time:20260601T090000\nDURATION:PT90M",
            ("2026-06-01T07:00:00Z", "Europe/Berlin"), "2026-06-01T08:30:00Z",
        ),
        (
            "DTSTART;TZID=/freeassociation.sourceforge.net/America/New_York:20260601T090000\nDURATION:PT1H",
            ("2026-06-01T13:00:00Z", "America/New_York"), "2026-06-01T14:00:00Z",
        ),
        (
            "DTSTART;TZID=Office:20260601T090000\nDURATION:PT1H",
            ("2026-06-01T07:00:00Z", "Europe/Zurich"), "2026-06-01T08:00:00Z",
        ),
        ("DTSTART:20260601T090000\nDURATION:PT1H", ("2026-06-01T07:00:00Z", "Europe/Zurich"), "2026-06-01T08:00:00Z"),
        ("DTSTART;VALUE=DATE:20260601", ("2026-06-01", None), "2026-06-02"),
        ("DTSTART;VALUE=DATE:20260601\nDTEND;VALUE=DATE:20260603", ("2026-06-01", None), "2026-06-03"),
        ("DTSTART;VALUE=DATE:20260601\nDURATION:P2D", ("2026-06-01", None), "2026-06-03"),
    ],
)  # fmt: skip
def test_times_come_in_with_their_zone(sim: Simulator, lines: str, start: Any, end: str) -> None:
    report = take(sim, ics(f"UID:u\nSUMMARY:A\\, B\n{lines}", before=CUSTOM_ZONE))
    assert (report.imported, report.refused) == (1, [])
    (row,) = sim.store.events("calendar=?", MIA)
    kept = row.body["start"]
    assert (kept.get("dateTime") or kept["date"], kept.get("timeZone")) == start
    assert (row.body["end"].get("dateTime") or row.body["end"]["date"]) == end
    assert (row.uid, row.body["summary"]) == ("u", "A, B")


def test_a_series_comes_in_with_its_exceptions(sim: Simulator) -> None:
    zone = "TZID=Europe/Zurich"
    report = take(
        sim,
        ics(
            f"UID:s\nSUMMARY:S\nDTSTART;{zone}:20261023T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5\n"
            f"EXDATE;{zone}:20261024T090000\nRDATE;{zone}:20261030T110000",
            f"UID:s\nSUMMARY:Moved\nRECURRENCE-ID;{zone}:20261025T090000\nDTSTART;{zone}:20261025T150000\nDURATION:PT1H",
            f"UID:s\nSTATUS:CANCELLED\nRECURRENCE-ID;{zone}:20261026T090000\nDTSTART;{zone}:20261026T090000\nDURATION:PT1H",
        ),
    )
    assert (report.imported, report.refused) == (3, [])
    assert starts(sim) == [
        "2026-10-23T09:00:00+02:00", "2026-10-25T15:00:00+01:00", "2026-10-27T09:00:00+01:00",
        "2026-10-30T11:00:00+01:00",
    ]  # fmt: skip


def test_a_second_import_changes_nothing(sim: Simulator) -> None:
    data = ics("UID:a\nDTSTART:20260601T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2",
               "UID:a\nRECURRENCE-ID:20260602T090000Z\nDTSTART:20260602T100000Z\nDURATION:PT1H")  # fmt: skip
    take(sim, data)
    before = [(row.id, row.version) for row in sim.store.events("calendar=?", MIA)]
    report = take(sim, data)
    assert (report.imported, report.present) == (0, 2)
    assert [(row.id, row.version) for row in sim.store.events("calendar=?", MIA)] == before


@pytest.mark.parametrize(
    ("event", "line", "reason"),
    [
        ("UID:b\nSUMMARY:B\nDTSTART:garbage", 10, "garbage"),
        ("SUMMARY:B\nDTSTART:20260601T090000Z", 7, "no UID"),
        ("UID:b\nSUMMARY:B", 7, "no DTSTART"),
        ("UID:b\nDTSTART:20260601T090000Z\nRRULE:FREQ=FOO", 10, "FOO"),
        ("UID:b\nDTSTART:20260602T090000Z\nDTEND:20260601T090000Z", 7, "empty"),
        ("UID:b\nDTSTART;TZID=Nowhere:20260602T090000", 9, "Nowhere"),
        ("UID:b\nRECURRENCE-ID:20260602T090000Z\nDTSTART:20260602T090000Z", 9, "series"),
        ("UID:a\nDTSTART:20260602T090000Z", 8, "twice"),
    ],
)
def test_an_event_that_cannot_be_taken_is_named_and_the_rest_comes_in(
    sim: Simulator, event: str, line: int, reason: str
) -> None:
    good = "UID:a\nDTSTART:20260601T090000Z"
    report = take(sim, ics(good, event))
    assert report.imported == 1
    ((found, why),) = report.refused
    assert reason in why
    assert found == line + 1
    assert f"line {found}" in report.text()


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", 1),
        (b"hello\nworld\n", 1),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID\nEND:VEVENT\nEND:VCALENDAR\n", 3),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nEND:VCALENDAR\n", 4),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n", 2),
        (b"BEGIN:VCALENDAR\nSUMMARY:\xff\nEND:VCALENDAR\n", 2),
        (b"BEGIN:VCALENDAR\nDESCRIPTION:a\n b\n c\nno line\nEND:VCALENDAR\n", 5),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VEVENT\n", 3),
    ],
)
def test_a_file_that_cannot_be_read_names_the_line(sim: Simulator, data: bytes, line: int) -> None:
    with pytest.raises(IcsError, match=f"^line {line}:"):
        take(sim, data)


def test_guests_of_somebody_elses_event_are_left_out(sim: Simulator) -> None:
    take(sim, ics("UID:a\nDTSTART:20260601T090000Z\nORGANIZER:mailto:o@x.test\nATTENDEE:mailto:p@x.test"))
    take(
        sim,
        ics(
            f"UID:b\nDTSTART:20260601T090000Z\nORGANIZER:mailto:{MIA}\nATTENDEE;CN=P;PARTSTAT=ACCEPTED:mailto:p@x.test"
        ),
    )
    rows = {row.uid: row.body for row in sim.store.events("calendar=?", MIA)}
    assert "attendees" not in rows["a"]
    assert rows["a"]["organizer"] == {"email": MIA}
    assert rows["b"]["attendees"] == [{"email": "p@x.test", "displayName": "P", "responseStatus": "accepted"}]


def test_the_command_ends_with_the_line_of_a_broken_file(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ics"
    broken.write_bytes(b"BEGIN:VCALENDAR\nnonsense\n")
    command = [sys.executable, "-m", "local.simulators.google", "--port", "0", "--state", str(tmp_path / "s.sqlite")]
    done = subprocess.run([*command, "--ics", str(broken)], cwd=ROOT, capture_output=True, text=True, timeout=60)  # noqa: S603
    assert done.returncode == 1
    assert "broken.ics: line 2:" in done.stderr
