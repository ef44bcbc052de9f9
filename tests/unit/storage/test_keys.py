"""Every key begins with the tenant, and nobody's ids reach into another's."""

from __future__ import annotations

import re

from meetbridge.model.ids import connection_key, event_key, short
from meetbridge.storage import keys

HOSTILE = ("acme", "acme#A", "a\nb", "", "\ud800", "x" * 3000, "acme\x00")


def test_short_ids_are_16_safe_characters_and_differ() -> None:
    made = {short(text) for text in HOSTILE}
    assert len(made) == len(HOSTILE)
    assert all(re.fullmatch("[a-z2-7]{16}", one) for one in made)


def test_event_keys_tell_where_the_calendars_id_ends() -> None:
    made = {event_key(a, b) for a, b in (("a", "bc"), ("ab", "c"), ("", "abc"), ("1:a", "bc"), ("abc", ""))}
    assert len(made) == 5
    assert all(re.fullmatch("[a-z2-7]{20}", one) for one in made)


def test_every_partition_begins_with_the_tenant() -> None:
    key = connection_key("acme", "anna")
    t = key.tenant
    partitions = [
        *(pair[0] for pair in (keys.settings(t), keys.data_key(t), keys.audit(t), keys.job(t, "j"), keys.user(key))),
        *(pair[0] for pair in (keys.connection(key), keys.gone(key, 1), keys.refresh_secret(key, 1))),
        *(pair[0] for pair in (keys.access_token(key), keys.attempt(key, "h"), keys.attempt_id(key, "i"))),
        *(pair[0] for pair in (keys.meeting(key, "m"), keys.dirty_mark(key, "m"), keys.ledger(key, "m", "t", "n"))),
        keys.events(key, 1),
    ]
    assert all(partition.startswith(f"{t}#") for partition in partitions)


def test_a_subject_of_the_ledger_is_no_prefix_of_another() -> None:
    key = connection_key("acme", "anna")
    assert not keys.ledger(key, "a#b", "t", "n")[1].startswith(keys.ledger(key, "a")[1])


def test_users_spread_over_all_shards() -> None:
    assert {keys.shard(short(f"user{n}")) for n in range(500)} == set(keys.SHARDS)
    assert {keys.due_shard(connection_key("acme", f"user{n}")) for n in range(500)} == set(keys.DUE_SHARDS)
