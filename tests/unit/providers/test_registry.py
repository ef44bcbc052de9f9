"""An adapter is imported when it is needed, and signing in does not import the calendar's SDK."""

from __future__ import annotations

import subprocess
import sys

import pytest
from meetbridge.config import Config
from meetbridge.errors import Conflict
from meetbridge.model.connection import Service
from meetbridge.providers.registry import Registry

PROBE = """
import sys
from meetbridge.config import Config
from meetbridge.providers.registry import Registry
registry = Registry(Config())
{use}
print(",".join(n for n in ("googleapiclient", "httplib2", "requests", "joserfc", "icalendar") if n in sys.modules))
"""


@pytest.mark.parametrize(
    ("use", "imported"),
    [
        ("", ""),
        ("registry.authorizer('google')", "requests,joserfc"),
    ],
)
def test_no_more_is_imported_than_the_job_needs(use: str, imported: str) -> None:
    script = f"import sys; sys.path[:] = {sys.path!r}\n" + PROBE.format(use=use)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == imported


def test_a_calendar_needs_the_sdk_alone() -> None:
    script = f"import sys; sys.path[:] = {sys.path!r}\n" + PROBE.format(use="registry.calendar('google', 't')")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert {"googleapiclient", "httplib2"} <= set(done.stdout.strip().split(","))
    assert not {"joserfc", "icalendar"} & set(done.stdout.strip().split(","))


@pytest.mark.parametrize("service", [s for s in Service if s is not Service.GOOGLE] + ["", "os"])
def test_a_service_without_an_adapter_can_not_be_opened(service: str) -> None:
    registry = Registry(Config())
    for opened in (registry.calendar, registry.push):
        with pytest.raises(Conflict):
            opened(service, "token")
    with pytest.raises(Conflict):
        registry.authorizer(service)
