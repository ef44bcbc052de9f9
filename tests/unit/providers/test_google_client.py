"""The client library, tamed: no discovery over the network, unreadable answers told apart, nothing in the logs."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import googleapiclient
import pytest
from meetbridge.config import Config
from meetbridge.errors import PermissionDenied, ProviderError, Unavailable
from meetbridge.model.changes import EventWrite
from meetbridge.model.connection import Service
from meetbridge.ports.provider import CalendarProvider
from meetbridge.providers.registry import Registry

from tests.unit.providers.canned import Canned, canned

EVENTS = "/calendar/v3/calendars/ann%40secret.example/events"
CALENDAR = "ann@secret.example"
TOKEN = "ya29.secret"


@pytest.fixture
def server() -> Iterator[Canned]:
    with canned() as state:
        yield state


def provider(server: Canned) -> CalendarProvider:
    return Registry(Config(google_api_root=server.url)).calendar(Service.GOOGLE, TOKEN)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"7", b"\xff\xfe", b"{}", b'{"items": []}', b'{"nextPageToken": 7, "nextSyncToken": ""}'],
)
def test_an_unreadable_answer_is_unavailable(server: Canned, body: bytes) -> None:
    server.answers[EVENTS] = (200, body)
    with pytest.raises(Unavailable):
        provider(server).changes(CALENDAR, None, None)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 418, 429])
@pytest.mark.parametrize("body", [b"", b"<html>ann@secret.example</html>", b"[]", b'{"error": "ann@secret.example"}'])
def test_an_error_without_googles_body_is_still_told_and_quotes_nothing(
    server: Canned, status: int, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers[EVENTS] = (status, body)
    with caplog.at_level(logging.INFO), pytest.raises(ProviderError) as caught:
        provider(server).changes(CALENDAR, None, None)
    assert "secret" not in f"{caught.value}{caplog.text}"
    assert caplog.records == []


def test_a_write_that_fails_logs_nothing(server: Canned, caplog: pytest.LogCaptureFixture) -> None:
    server.answers[EVENTS + "/e1"] = (403, b"not json: ann@secret.example")
    with caplog.at_level(logging.INFO), pytest.raises(PermissionDenied):
        provider(server).update(CALENDAR, "e1", '"1"', EventWrite(title="secret"), notify=False)
    assert caplog.records == []


def test_the_bundled_document_of_this_one_api_is_enough(tmp_path: Path, server: Canned) -> None:
    """The layer carries googleapiclient with no other documents than those of Calendar and People."""
    source = Path(googleapiclient.__file__).parent
    target = tmp_path / "googleapiclient"
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("documents", "__pycache__"))
    documents = target / "discovery_cache" / "documents"
    documents.mkdir(exist_ok=True)
    for name in ("calendar.v3.json", "people.v1.json"):
        shutil.copy(source / "discovery_cache" / "documents" / name, documents)
    server.answers["/calendar/v3/users/me/calendarList"] = (200, b'{"items": [{"id": "c", "accessRole": "owner"}]}')
    script = f"""
import sys; sys.path[:] = {[str(tmp_path), *sys.path]!r}
import googleapiclient
assert googleapiclient.__file__.startswith({str(tmp_path)!r})
from meetbridge.config import Config
from meetbridge.providers.registry import Registry
print([c.id for c in Registry(Config(google_api_root={server.url!r})).calendar("google", "t").calendars()])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "['c']"
    assert [line.split("?")[0] for line, _ in server.seen] == ["GET /calendar/v3/users/me/calendarList"]
