"""What is recorded holds no secret and agrees with the published schemas; what is stored survives."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from local.simulators.google.app import running

from .conftest import CALENDAR, asked, consent, redeem

ROOT = Path(__file__).parents[4]
CHECK = Path(os.environ.get("MEETBRIDGE_CONFORMANCE", ROOT.parent / "shared" / "conformance")) / "check.py"


def exercise(mia: Any, other: Any, timed: Any, series: Any) -> None:
    """One call of each method, so that every kind of answer is recorded."""
    guests = {"attendees": [{"email": other.email}, {"email": "far@other.test"}]}
    mia.call("GET", "users/me/calendarList")
    mia.call("GET", "calendars/primary")
    mia.call("POST", "calendars", json={"summary": "Made"})
    single = mia.insert({**timed, **guests}, sendUpdates="all")
    event = mia.insert({**series, **guests})
    path = f"calendars/primary/events/{event['id']}"
    mia.call("GET", path + "/instances")
    mia.call("PATCH", path + "_20261024T070000Z", json={"summary": "Other"})
    mia.call("DELETE", path + "_20261025T080000Z")
    mia.call("PUT", f"calendars/primary/events/{single['id']}", json={**timed, "summary": "New"})
    token = mia.list(maxResults=2500, singleEvents="false")["nextSyncToken"]
    mia.call("DELETE", path)
    mia.list(syncToken=token)
    mia.list(maxResults=1)
    mia.call("GET", "calendars/primary/events", params={"syncToken": "x"})
    mia.call("GET", path.replace("events/", "events/x"))
    mia.call("POST", "calendars/primary/events/import", json={**timed, "iCalUID": "u@x"})
    other.list(showDeleted="true")
    channel = {"id": "c", "type": "web_hook", "address": "http://127.0.0.1:9/"}
    opened = mia.call("POST", "calendars/primary/events/watch", json=channel).json()
    mia.call("POST", "channels/stop", json={"id": "c", "resourceId": opened["resourceId"]})


@pytest.fixture
def recorded(mia: Any, sign_in: Any, timed: Any, series: Any, traffic: Path) -> list[dict[str, Any]]:
    exercise(mia, sign_in(), timed, series)
    return [json.loads(line) for line in traffic.read_text().splitlines()]


def test_no_secret_is_recorded(recorded: Any, mia: Any) -> None:
    text = json.dumps(recorded)
    assert len(recorded) > 15
    assert mia.grant["access_token"] not in text
    assert "authorization" not in text.lower()
    assert "/token" not in text


def test_the_answers_agree_with_the_published_schemas(recorded: Any) -> None:
    if not CHECK.exists():
        pytest.skip("no conformance check here")
    spec = importlib.util.spec_from_file_location("conformance_check", CHECK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    calls = [exchange for exchange in recorded if exchange["direction"] == "out"]
    assert [fault for exchange in calls for fault in module.check(exchange)] == []


def test_the_state_survives_a_restart(tmp_path: Path, timed: Any) -> None:
    path = str(tmp_path / "google.sqlite")
    with running(path) as first:
        code = consent(first.url, "mia@example.com", asked(CALENDAR), [CALENDAR])["code"]
        headers = {"Authorization": "Bearer " + redeem(first.url, code).json()["access_token"]}
        made = requests.post(
            first.url + "/calendar/v3/calendars/primary/events", json=timed, headers=headers, timeout=10
        ).json()
    with running(path) as second:
        found = requests.get(second.url + "/calendar/v3/calendars/primary/events", headers=headers, timeout=10).json()
    assert found["items"] == [made]


@contextmanager
def started(state: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "local.simulators.google", "--port", "0", "--state", str(state)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.communicate()


def test_the_state_survives_kill_9_and_the_command_ends_on_ctrl_c(tmp_path: Path) -> None:
    with started(tmp_path / "s.sqlite") as (process, url):
        body = {"email": "new@example.com", "summary": "Kept"}
        made = requests.post(url + "/control/calendars", json=body, timeout=10).json()
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
    with started(tmp_path / "s.sqlite") as (process, url):
        page = requests.get(url + "/month", params={"account": "new@example.com", "calendar": made["id"]}, timeout=10)
        assert "Kept" in page.text
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
