"""A sealed secret opens for its tenant and its context alone."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from meetbridge.errors import StorageError
from meetbridge.storage.vault import FileKeys, KeyWrapper, KmsKeys, TableVault
from moto import mock_aws

from tests.support import dynoxide
from tests.support.clock import FakeClock

TABLE = "meetbridge-vault"


class Counting:
    """A wrapper that counts what it is asked for."""

    def __init__(self, inner: KeyWrapper) -> None:
        self.inner, self.calls = inner, 0

    def generate(self, tenant: str) -> tuple[bytes, bytes]:
        self.calls += 1
        return self.inner.generate(tenant)

    def unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        self.calls += 1
        return self.inner.unwrap(tenant, wrapped)


@pytest.fixture
def table() -> Iterator[Any]:
    with mock_aws():
        client = dynoxide.client()
        dynoxide.make_table(client, TABLE)
        yield client


@pytest.fixture(params=["file", "kms"])
def wrapper(request: pytest.FixtureRequest, table: Any, tmp_path: Path) -> Counting:
    if request.param == "file":
        return Counting(FileKeys(tmp_path / "key"))
    kms = dynoxide.client("kms")
    return Counting(KmsKeys(lambda: kms, kms.create_key()["KeyMetadata"]["KeyId"]))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def vault(table: Any, wrapper: Counting, clock: FakeClock) -> TableVault:
    return TableVault(table, TABLE, wrapper, clock)


def test_what_was_sealed_opens_in_another_process_too(
    vault: TableVault, table: Any, wrapper: Counting, clock: FakeClock
) -> None:
    sealed = vault.seal("acme", "refresh:anna", "geheim – 秘密")
    assert b"geheim" not in sealed
    assert sealed != vault.seal("acme", "refresh:anna", "geheim – 秘密")
    assert vault.open("acme", "refresh:anna", sealed) == "geheim – 秘密"
    assert TableVault(table, TABLE, wrapper, clock).open("acme", "refresh:anna", sealed) == "geheim – 秘密"


@pytest.mark.parametrize(("tenant", "context"), [("other", "c"), ("acme", "d"), ("acme", ""), ("", "c")])
def test_it_opens_nowhere_else(vault: TableVault, tenant: str, context: str) -> None:
    sealed = vault.seal("acme", "c", "secret")
    vault.seal("other", "c", "theirs")
    with pytest.raises(StorageError):
        vault.open(tenant, context, sealed)


def test_a_key_moved_to_another_tenant_unwraps_for_nobody(wrapper: Counting) -> None:
    _, wrapped = wrapper.generate("acme")
    with pytest.raises(Exception, match=r"belongs elsewhere|InvalidCiphertext"):
        wrapper.unwrap("other", wrapped)


@pytest.mark.parametrize("position", [0, 1, 8, 9, 20, 21, -1])
def test_no_byte_can_be_changed(vault: TableVault, position: int) -> None:
    sealed = bytearray(vault.seal("acme", "c", "secret"))
    sealed[position] ^= 1
    with pytest.raises(StorageError):
        vault.open("acme", "c", bytes(sealed))


@pytest.mark.parametrize("length", [0, 1, 9, 12, 30])
def test_nor_can_it_be_cut(vault: TableVault, length: int) -> None:
    with pytest.raises(StorageError):
        vault.open("acme", "c", vault.seal("acme", "c", "secret")[:length])


def test_the_key_is_asked_for_once_in_five_minutes(vault: TableVault, wrapper: Counting, clock: FakeClock) -> None:
    sealed = vault.seal("acme", "c", "secret")
    asked = wrapper.calls
    for _ in range(20):
        vault.open("acme", "c", vault.seal("acme", "c", "more"))
        vault.open("acme", "c", sealed)
    assert wrapper.calls == asked
    clock.advance(timedelta(minutes=5, seconds=1))
    vault.open("acme", "c", sealed)
    assert wrapper.calls == asked + 1


def test_what_was_sealed_before_a_rotation_stays_readable(
    vault: TableVault, table: Any, wrapper: Counting, clock: FakeClock
) -> None:
    old = vault.seal("acme", "c", "old")
    vault.rotate("acme")
    new = vault.seal("acme", "c", "new")
    assert old[1:9] != new[1:9]
    fresh = TableVault(table, TABLE, wrapper, clock)
    assert [fresh.open("acme", "c", sealed) for sealed in (old, new)] == ["old", "new"]


def test_two_processes_agree_on_the_first_key(table: Any, wrapper: Counting, clock: FakeClock) -> None:
    one, two = (TableVault(table, TABLE, wrapper, clock) for _ in range(2))
    one.seal("acme", "c", "a")
    assert one.seal("acme", "c", "a")[1:9] == two.seal("acme", "c", "b")[1:9]


def test_the_key_file_is_its_owners_alone_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "key"
    plain, wrapped = FileKeys(path).generate("acme")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert FileKeys(path).unwrap("acme", wrapped) == plain


def test_a_file_that_holds_no_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(StorageError):
        FileKeys(tmp_path / "key")
