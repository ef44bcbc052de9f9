"""What reading a month costs, through the calendar function."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from unittest.mock import patch

import pytest
from meetbridge.model.account import Settings

from functions.calendar import app as function
from tests.support.http import Answer, event, send
from tests.support.measured import OWNER, Measured, body, measured
from tests.support.stored import BY, TENANT, USER

MARCH = {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z", "limit": "1000"}
INSIDE, SERIES, ALL = 250, 500, 3000


def month() -> list[dict[str, Any]]:
    """3,000 events, of which 500 series and 250 single ones touch March."""
    live = [body(n, datetime(2025, 1, 7, 9), "RRULE:FREQ=MONTHLY;BYDAY=2TU") for n in range(SERIES)]
    inside = [body(n, datetime(2026, 3, 1 + n % 28, 9)) for n in range(SERIES, SERIES + INSIDE)]
    rest = range(SERIES + INSIDE, ALL)
    return [*live, *inside, *(body(n, datetime(2025, 1 + n % 12, 1 + n % 28, 9)) for n in rest)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    with measured(tmp_path_factory.mktemp("read")) as one:
        one.fill(month())
        one.connect()
        one.first_sync()
        yield one


def get(run: Measured, **headers: str) -> Answer:
    """Counted from here on."""
    run.reset()
    return ask(run, **headers)


def ask(run: Measured, **headers: str) -> Answer:
    claims = {"account_id": TENANT, "sub": USER, "email": OWNER}
    with patch.object(function, "app", lambda: run.app):
        return send(function.handler, event("GET", "/v1/me/events", query=MARCH, claims=claims, headers=headers))


def test_a_month_of_3000_events_is_two_queries_and_at_most_40_units(run: Measured) -> None:
    answer = get(run)
    assert (answer.status, len(answer.json["items"])) == (200, SERIES + INSIDE)
    assert run.meter.calls == {"batch_get_item": 1, "query": 2}
    assert run.meter.read <= 40
    assert run.asked == {}


def test_an_unchanged_month_is_one_read_unit(run: Measured) -> None:
    tag = get(run).headers["ETag"]
    answer = get(run, **{"if-none-match": tag})
    assert (answer.status, answer.text) == (304, "")
    assert run.meter.calls == {"batch_get_item": 1}
    assert run.meter.read <= 1


def test_a_changed_setting_is_seen_by_who_asks_for_what_is_unchanged(run: Measured) -> None:
    tag = get(run).headers["ETag"]
    version = run.store.settings(TENANT).version
    run.store.save_settings(TENANT, Settings(enabled=False), expected=version, by=BY, now=run.clock.now(), job_id="off")
    assert get(run, **{"if-none-match": tag}).status == 403
    run.store.save_settings(TENANT, Settings(), expected=version + 1, by=BY, now=run.clock.now(), job_id="on")
