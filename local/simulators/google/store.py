"""What the simulator remembers, in SQLite, so that it survives kill -9.

One connection behind a lock: calls are few and short. Whoever changes a calendar within a transaction
marks it `touched`; after the commit the listeners hear of it, which is what makes notifications.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .errors import Json

SCHEMA = """
create table if not exists meta (key text primary key, value text not null);
create table if not exists accounts (email text primary key, name text not null);
create table if not exists calendars (id text primary key, owner text not null, summary text not null,
  zone text not null, is_primary integer not null, description text, version integer not null);
create table if not exists access (calendar text not null, email text not null, role text not null,
  primary key (calendar, email));
create table if not exists events (calendar text not null, id text not null, master text not null,
  uid text not null, version integer not null, dropped integer not null, status text not null,
  own text not null, body text not null, shown text not null, starts real not null, ends real not null,
  primary key (calendar, id));
create index if not exists by_version on events (calendar, version);
create index if not exists by_uid on events (uid);
create index if not exists by_master on events (calendar, master);
create table if not exists mails (n integer primary key, sender text, recipient text, kind text, event text, at text);
create table if not exists calls (n integer primary key, method text, verb text, path text, query text,
  status integer, email text, at text);
create table if not exists channels (id text primary key, calendar text not null, resource text not null,
  address text not null, token text, expiration integer not null, email text not null, client text not null,
  number integer not null, uri text not null);
create table if not exists codes (code text primary key, data text not null, expires real not null,
  used integer not null);
create table if not exists refresh (token text primary key, email text not null, client text not null,
  scopes text not null);
create table if not exists tokens (token text primary key, email text not null, client text not null,
  scopes text not null, expires real not null);
"""


@dataclass
class Row:
    """One event on one calendar. `own`: the members in which an exception differs from its master.

    `dropped`: an exception that fits its series no longer; only sync lists still tell of it.
    """

    calendar: str
    id: str
    body: Json
    master: str = ""
    version: int = 0
    dropped: bool = False
    own: list[str] = field(default_factory=list)
    shown: str = ""

    @property
    def cancelled(self) -> bool:
        return bool(self.body["status"] == "cancelled")

    @property
    def uid(self) -> str:
        return str(self.body.get("iCalUID", ""))


class Store:
    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")
        self._db.executescript(SCHEMA)
        self._depth = 0
        self._touched: set[str] = set()
        self.listeners: list[Callable[[set[str]], None]] = []

    def close(self) -> None:
        with self.lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inner transactions join the outer one."""
        with self.lock:
            self._depth += 1
            if self._depth == 1:
                self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._db.execute("rollback")
                    self._touched.clear()
                self._depth -= 1
                raise
            self._depth -= 1
            if self._depth:
                return
            self._db.execute("commit")
            touched, self._touched = self._touched, set()
        if touched:
            for listener in self.listeners:
                listener(touched)

    def run(self, sql: str, *values: Any) -> int:
        """A statement that writes; returns how many rows it changed."""
        with self.lock:
            return self._db.execute(sql, values).rowcount

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self.lock:
            return self._db.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        found = self.all(sql, *values)
        return found[0] if found else None

    def meta(self, key: str, default: str) -> str:
        """A value that is kept; the default is kept where there is none."""
        with self.transaction():
            found = self.one("select value from meta where key=?", key)
            if found is None:
                self.set_meta(key, default)
            return default if found is None else str(found["value"])

    def set_meta(self, key: str, value: str) -> None:
        self.run("insert or replace into meta values (?, ?)", key, value)

    @property
    def version(self) -> int:
        return int(self.meta("version", "1"))

    def next_version(self) -> int:
        value = self.version + 1
        self.set_meta("version", str(value))
        return value

    @property
    def epoch(self) -> str:
        """Sync tokens of an earlier epoch are invalid."""
        return self.meta("epoch", secrets.token_hex(4))

    def touch(self, calendar: str) -> None:
        self._touched.add(calendar)

    def event(self, calendar: str, event_id: str) -> Row | None:
        found = self.one("select * from events where calendar=? and id=?", calendar, event_id)
        return row(found) if found else None

    def events(self, where: str, *values: Any) -> list[Row]:
        """Rows by a condition of our own; values only as parameters."""
        return [row(found) for found in self.all("select * from events where " + where, *values)]  # noqa: S608

    def put(self, item: Row, starts: float, ends: float) -> None:
        self.run(
            "insert or replace into events values (?,?,?,?,?,?,?,?,?,?,?,?)",
            item.calendar, item.id, item.master, item.uid, item.version, int(item.dropped), item.body["status"],
            json.dumps(item.own), json.dumps(item.body), item.shown, starts, ends,
        )  # fmt: skip
        self.touch(item.calendar)


def row(found: sqlite3.Row) -> Row:
    return Row(
        calendar=found["calendar"],
        id=found["id"],
        body=json.loads(found["body"]),
        master=found["master"],
        version=found["version"],
        dropped=bool(found["dropped"]),
        own=json.loads(found["own"]),
        shown=found["shown"],
    )
