"""The platform's own memory: its meetings, and the events that it received."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meeting (account TEXT, user TEXT, id TEXT, body TEXT, state TEXT,
    PRIMARY KEY (account, user, id));
CREATE TABLE IF NOT EXISTS received (id TEXT PRIMARY KEY, account TEXT, type TEXT, at TEXT, body TEXT);
CREATE TABLE IF NOT EXISTS switch (name TEXT PRIMARY KEY, value TEXT);
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A meeting: `body` is what PUT takes, `state` what Meetbridge last said of its place in the calendar."""

    account: str
    user: str
    id: str
    body: Mapping[str, Any]
    state: str


class Store:
    """One SQLite file; safe for threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def meetings(self) -> list[Kept]:
        rows = self._all("SELECT account, user, id, body, state FROM meeting ORDER BY rowid DESC")
        return [Kept(account, user, name, json.loads(body), state) for account, user, name, body, state in rows]

    def meeting(self, account: str, user: str, name: str) -> Kept | None:
        query = "SELECT body, state FROM meeting WHERE account = ? AND user = ? AND id = ?"
        rows = self._all(query, account, user, name)
        return Kept(account, user, name, json.loads(rows[0][0]), rows[0][1]) if rows else None

    def save(self, meeting: Kept) -> None:
        body = json.dumps(meeting.body)
        self._all(
            "INSERT INTO meeting VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET body = excluded.body, state = excluded.state",
            *(meeting.account, meeting.user, meeting.id, body, meeting.state),
        )

    def receive(self, name: str, event: Mapping[str, Any]) -> bool:
        """Keep it; False where it came before."""
        with self._lock:
            if self._all("SELECT 1 FROM received WHERE id = ?", name):
                return False
            values = (name, str(event.get("account_id", "")), event["type"], str(event.get("timestamp", "")))
            self._all("INSERT INTO received VALUES (?, ?, ?, ?, ?)", *values, json.dumps(event))
            return True

    def received(self, limit: int = 1000) -> list[dict[str, Any]]:
        """The newest last."""
        rows = self._all("SELECT id, body FROM received ORDER BY rowid DESC LIMIT ?", limit)
        return [{"id": name, **json.loads(body)} for name, body in reversed(rows)]

    @property
    def down(self) -> bool:
        return self._all("SELECT value FROM switch WHERE name = 'down'") == [("yes",)]

    @down.setter
    def down(self, value: bool) -> None:
        self._all("INSERT OR REPLACE INTO switch VALUES ('down', ?)", "yes" if value else "no")

    def _all(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(query, values).fetchall()
