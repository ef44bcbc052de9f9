"""Proofs over a whole run: what holds for every exchange, every line of a log and every call, whatever happened."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.options import ROOT, TEMPLATE
from local.stack import Stack
from tests.e2e import calendars
from tests.e2e import whole_run_trouble as trouble
from tests.e2e.evidence import Evidence, found_in
from tests.e2e.whole_run import ENVIRONMENT, WORD, Story
from tools import iam

pytestmark = pytest.mark.e2e

CHECK = Path(os.environ.get("MEETBRIDGE_CONFORMANCE", ROOT.parent / "shared" / "conformance")) / "check.py"
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
TOKENS = re.compile(r"ya29\.|1//0|4/0|eyJ[\w-]{10}|whsec_|/j/\w")
TEMPLATE_ROLES = iam.load(TEMPLATE)
FUNCTIONS = {name: logical_id for name, (logical_id, _) in iam.functions(TEMPLATE_ROLES).items()}
# What the role allows for Lambda's own sake, which makes no call here.
BY_LAMBDA_ALONE = {"logs:CreateLogStream", "logs:PutLogEvents"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """The whole story, told once; then everything is stopped and only its traces are left."""
    folder = tmp_path_factory.mktemp("whole")
    ics = calendars.write(folder / "mine.ics", 140, 8)  # more than fits into one transaction
    ics.write_bytes(ics.read_bytes().replace(b"SUMMARY:", f"SUMMARY:{WORD} ".encode()))
    evidence = Evidence(folder / "state")
    imported = [f"mia@example.com={ics}"]
    with Stack(
        evidence.state, tick=1, visibility=5, record=evidence.traffic, environment=ENVIRONMENT, ics=imported
    ) as stack:
        story = Story(stack)
        for act in (
            story.everybody_connects,
            story.the_administrator_looks,
            story.the_platform_schedules,
            story.the_user_acts_in_google,
            story.the_user_edits_here,
            lambda: trouble.google_has_trouble(story),
            lambda: trouble.the_platform_is_down(story),
            lambda: trouble.people_leave(story),
        ):
            act()
            evidence.collect_secrets()
        evidence.before, evidence.after = trouble.it_is_quiet(story)
        found_in(story, evidence)
    return evidence


# -------------------------------------------------------------------- the provider


@pytest.mark.skipif(not CHECK.exists(), reason="the services' published schemas are not at hand")
def test_all_traffic_conforms_to_the_services_published_schemas(run: Evidence) -> None:
    command = [sys.executable, str(CHECK), str(run.traffic)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120)  # noqa: S603
    assert told.returncode == 0, told.stdout[-3000:]
    directions = [one["direction"] for one in run.exchanges]
    assert len(directions) > 200
    assert set(directions) == {"in", "out"}


def test_guests_hear_of_what_people_did_once_and_of_nothing_else(run: Evidence) -> None:
    assert sorted(run.mails) == sorted(run.expected_mails)


def test_a_sweep_of_what_is_in_step_changes_nothing_anywhere(run: Evidence) -> None:
    assert run.before["meetings"]
    assert run.after == run.before


# -------------------------------------------------------------------- the logs


def test_no_log_holds_a_secret(run: Evidence) -> None:
    secrets = run.known_secrets()
    assert len(secrets) > 20
    held = [(name, line) for name, line in run.log_lines() if TOKENS.search(line) or any(s in line for s in secrets)]
    assert held == []


def test_no_log_holds_what_an_event_says_or_whom_it_concerns(run: Evidence) -> None:
    contents = run.contents()
    assert len(contents) > 50
    assert any(WORD in text for text in contents)
    held = [
        (name, line)
        for name, line in run.log_lines()
        if WORD in line or ADDRESS.search(line) or any(text in line for text in contents)
    ]
    assert held == []


def test_no_function_fails_with_an_error_that_nobody_foresaw(run: Evidence) -> None:
    assert [(name, line) for name, line in run.log_lines() if "Traceback" in line] == []


# -------------------------------------------------------------------- AWS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_call_is_allowed_by_the_functions_role(run: Evidence, name: str) -> None:
    made = run.calls().get(FUNCTIONS[name], set())
    assert made - iam.allowed_calls(TEMPLATE_ROLES)[name] == set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_permission_is_used(run: Evidence, name: str) -> None:
    allowed = iam.allowed_calls(TEMPLATE_ROLES)[name] - iam.failure_calls(TEMPLATE_ROLES)[name]
    unused = allowed - run.calls().get(FUNCTIONS[name], set())
    assert {call for call in unused if call[0] not in BY_LAMBDA_ALONE} == set()


def test_the_index_by_time_is_read_by_the_schedule_alone_and_nobody_scans(run: Evidence) -> None:
    calls = run.calls()
    readers = {name for name, made in calls.items() if any(resource.startswith("Table/") for _, resource in made)}
    assert readers == {"ScheduleFunction"}
    assert {action for made in calls.values() for action, _ in made if "Scan" in action} == set()


# -------------------------------------------------------------------- the platform


def test_events_of_a_meeting_come_in_order_whether_the_platform_was_up_or_down(run: Evidence) -> None:
    """What had gone to the dead letters and was redriven comes late, which the revision tells."""
    revisions: dict[str, list[int]] = {}
    for event in run.received:
        if event["type"].startswith("meeting.") and "revision" in event["data"]:
            revisions.setdefault(event["data"]["id"], []).append(event["data"]["revision"])
    revisions.pop("guests")
    assert revisions
    assert {name: found for name, found in revisions.items() if found != sorted(found)} == {}


def test_no_change_of_a_meeting_is_lost_on_the_way_to_the_platform(run: Evidence) -> None:
    """Each meeting's last state has been told, and each change that the platform itself made while it was down."""
    told = {(e["data"]["id"], e["data"]["revision"]) for e in run.received if "revision" in e["data"]}
    assert {(name, revision) for name, (revision, _) in run.after["meetings"].items()} - told == set()
    latest = max(revision for name, revision in told if name == "told")
    assert {("told", n) for n in range(1, latest + 1)} - told == set()


def test_each_kind_of_event_is_told(run: Evidence) -> None:
    kinds = {event["type"] for event in run.received}
    assert {f"meeting.{what}" for what in ("requested", "created", "updated", "cancelled")} <= kinds
    assert {"connection.changed", "settings.changed"} <= kinds
