"""What a run leaves behind to be examined: its logs, its traffic, its secrets, its calls."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.names import table_name
from tests.e2e.whole_run import VAULT_KEY, Story

_CONTENT = ("summary", "description", "location")
_TABLES = {"tokens": "token", "refresh": "token", "codes": "code", "channels": "token"}


@dataclass
class Evidence:
    """`before` and `after` are what a sweep found and left when all was quiet (whole_run_trouble.seen)."""

    state: Path
    mails: list[tuple[str, str]] = field(default_factory=list)
    expected_mails: list[tuple[str, str]] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    @property
    def traffic(self) -> Path:
        return self.state / "traffic.jsonl"

    @property
    def exchanges(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.traffic.read_text().splitlines()]

    def collect_secrets(self) -> None:
        """The service's tokens come and go, so they are collected after each act."""
        database = sqlite3.connect(f"file:{self.state / 'google.sqlite'}?mode=ro", uri=True)
        for table, column in _TABLES.items():
            self.secrets |= {text for (text,) in database.execute(f"SELECT {column} FROM {table}") if text}  # noqa: S608
        database.close()

    def known_secrets(self) -> set[str]:
        """With what the run itself keeps: the client's secret, the keys of webhooks, the platform's secret."""
        own = json.loads((self.state / "secrets.json").read_text()).values()
        parts = {part for text in own for part in (text, text.removeprefix("whsec_"), text.partition(":")[2]) if part}
        tokens = {text.rpartition(".")[2] for text in self.secrets if text.startswith("v1.")}
        return self.secrets | parts | tokens

    def contents(self) -> set[str]:
        """Titles, descriptions and places of every event that went over the wire."""
        texts = (side["body"] for one in self.exchanges for side in (one["request"], one["response"]) if side)
        bodies = (json.loads(text) for text in texts if text)
        events = (event for body in bodies for event in (body, *body.get("items", ())) if "start" in event)
        return {event[name] for event in events for name in _CONTENT if event.get(name)}

    def log_lines(self) -> Iterator[tuple[str, str]]:
        """(function, line) of every function, and the run's own lines about them."""
        for path in sorted((self.state / "logs").glob("*.log")):
            if path.stem == "run" or path.stem.endswith("Function"):
                for line in path.read_text().splitlines():
                    yield path.stem, line

    def calls(self) -> dict[str, set[tuple[str, str]]]:
        """For each function's logical id, (action, kind of the resource) as tools.iam names it."""
        found: dict[str, set[tuple[str, str]]] = {}
        for line in (self.state / "aws-calls.jsonl").read_text().splitlines():
            call = json.loads(line)
            found.setdefault(call["function"], set()).add((call["action"], _kind(call["resource"])))
        return found


def _kind(resource: str) -> str:
    """The template's name of a local resource."""
    known = {VAULT_KEY.rpartition("/")[2]: "VaultKey", f"{table_name('Table')}/stream": "Table.StreamArn"}
    return known.get(resource, re.sub(r"\.fifo$", "", resource.removeprefix(table_name(""))))


def found_in(story: Story, evidence: Evidence) -> Evidence:
    """With what only a running service can tell."""
    evidence.mails = [(mail["recipient"], mail["kind"]) for mail in story.google.mails()]
    evidence.expected_mails = story.expected_mails
    evidence.received = story.platform.received()
    return evidence
