"""Every key of the table in one place, pure: what stands where is read here and in DESIGN.md.

Every partition key begins with the tenant; the due index, which `schedule` alone reads, is the one exception.
"""

from __future__ import annotations

import zlib
from urllib.parse import quote

from meetbridge.model.connection import ConnectionKey
from meetbridge.model.ids import connection_key, event_key, short

__all__ = ["Key", "connection_key", "event_key", "short"]

SHARDS = tuple(f"{n:02x}" for n in range(16))
DUE_SHARDS = tuple(f"due#{n}" for n in range(8))
DIRECTORIES = 64

Key = tuple[str, str]
"""Partition key and sort key."""


def shard(user: str) -> str:
    """Where the short id of a user stands among a tenant's users: 16 shards, two hex digits."""
    return SHARDS[zlib.crc32(user.encode()) % len(SHARDS)]


def due_shard(key: ConnectionKey) -> str:
    return DUE_SHARDS[zlib.crc32(f"{key.tenant}{key.user}".encode()) % len(DUE_SHARDS)]


def settings(tenant: str) -> Key:
    return f"{tenant}#A", "SETTINGS"


def data_key(tenant: str, key_id: str = "") -> Key:
    """The newest data key; by its id, an older one."""
    return f"{tenant}#A", f"KEY#{key_id}" if key_id else "KEY"


def audit(tenant: str, at: str = "", version: int = 0) -> Key:
    return f"{tenant}#AUDIT", f"{at}#{version:08d}"


def job(tenant: str, job_id: str) -> Key:
    return f"{tenant}#J", job_id


def users(tenant: str, shard_: str) -> str:
    return f"{tenant}#U#{shard_}"


def user(key: ConnectionKey) -> Key:
    return users(key.tenant, shard(key.user)), key.user


def connections(tenant: str, shard_: str) -> str:
    return f"{tenant}#C#{shard_}"


def connection(key: ConnectionKey) -> Key:
    return connections(key.tenant, shard(key.user)), key.user


def gone(key: ConnectionKey, generation: int) -> Key:
    return connections(key.tenant, shard(key.user)), f"{key.user}#G#{generation}"


def secrets(key: ConnectionKey) -> str:
    return f"{key.tenant}#S#{key.user}"


def refresh_secret(key: ConnectionKey, generation: int) -> Key:
    return secrets(key), f"R#{generation}"


def access_token(key: ConnectionKey) -> Key:
    return secrets(key), "A"


def attempt(key: ConnectionKey, state_hash: str) -> Key:
    return secrets(key), f"O#{state_hash}"


def attempt_id(key: ConnectionKey, id_: str) -> Key:
    return secrets(key), f"I#{id_}"


def meetings(key: ConnectionKey) -> str:
    return f"{key.tenant}#M#{key.user}"


def meeting(key: ConnectionKey, meeting_id: str) -> Key:
    return meetings(key), meeting_id


def dirty_marks(key: ConnectionKey) -> str:
    return f"{key.tenant}#D#{key.user}"


def dirty_mark(key: ConnectionKey, meeting_id: str) -> Key:
    return dirty_marks(key), meeting_id


def events(key: ConnectionKey, generation: int) -> str:
    """The partition of a generation's events; sort keys are `places.place` and `directory`."""
    return f"{key.tenant}#E#{key.user}#{generation}"


def directory(event: str) -> str:
    """The sort key of the directory item that knows the place of this event key."""
    return f"D#{zlib.crc32(event.encode()) % DIRECTORIES:02d}"


def ledger(key: ConnectionKey, subject: str = "", at: str = "", n: str = "") -> Key:
    """An entry; without `at` the sort key is the prefix of all entries of the subject."""
    prefix = f"{quote(subject, safe='')}#"
    return f"{key.tenant}#L#{key.user}", f"{prefix}{at}#{n}" if at else prefix
