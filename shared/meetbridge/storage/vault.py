"""Secrets at rest: a data key for each tenant, itself wrapped by KMS or, on one machine, by a key file.

A sealed value is one byte of version, 8 bytes of the data key's id, 12 of nonce, and AES-256-GCM's output over tenant
and context as associated data: it opens for nobody else and nowhere else. The newest data key seals; older ones
stay in the table and open what they sealed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from meetbridge.errors import StorageError
from meetbridge.model.ids import short
from meetbridge.ports.clock import Clock
from meetbridge.storage import keys
from meetbridge.storage.dynamodb.table import Table
from meetbridge.storage.dynamodb.wire import keyed

_VERSION = b"\x01"
_ID, _NONCE = 8, 12
_CACHED = timedelta(minutes=5)
_MOST_CACHED = 1000


class KeyWrapper(Protocol):
    """Who can wrap a tenant's data key."""

    def generate(self, tenant: str) -> tuple[bytes, bytes]:
        """A new key of 32 bytes, plain and wrapped."""

    def unwrap(self, tenant: str, wrapped: bytes) -> bytes: ...


class KmsKeys:
    """Data keys of a KMS key; the tenant stands in the encryption context, and so in CloudTrail.

    `connect` makes the client when the first secret is opened: most requests open none.
    """

    def __init__(self, connect: Callable[[], Any], key_id: str) -> None:
        self._connect = connect
        self._key_id = key_id

    @cached_property
    def _client(self) -> Any:
        return self._connect()

    def generate(self, tenant: str) -> tuple[bytes, bytes]:
        answer = self._client.generate_data_key(
            KeyId=self._key_id, KeySpec="AES_256", EncryptionContext={"tenant": tenant}
        )
        return answer["Plaintext"], answer["CiphertextBlob"]

    def unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        answer = self._client.decrypt(KeyId=self._key_id, CiphertextBlob=wrapped, EncryptionContext={"tenant": tenant})
        return bytes(answer["Plaintext"])


class FileKeys:
    """The same with a key in a file (mode 0600, made when it is absent): for one machine without KMS."""

    def __init__(self, path: Path) -> None:
        self._key = AESGCM(_file_key(path))

    def generate(self, tenant: str) -> tuple[bytes, bytes]:
        plain, nonce = AESGCM.generate_key(256), os.urandom(_NONCE)
        return plain, nonce + self._key.encrypt(nonce, plain, tenant.encode())

    def unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        return _opened(self._key, wrapped[:_NONCE], wrapped[_NONCE:], tenant.encode())


@dataclass(frozen=True, slots=True)
class _Held:
    id: bytes
    cipher: AESGCM
    until: datetime


class TableVault:
    """Vault; the wrapped data keys stand in the table, the plain ones for 5 minutes in this process."""

    def __init__(self, client: Any, table_name: str, wrapper: KeyWrapper, clock: Clock) -> None:
        self._table = Table(client, table_name)
        self._wrapper = wrapper
        self._clock = clock
        self._held: dict[tuple[str, bytes], _Held] = {}

    def seal(self, tenant: str, context: str, plain: str) -> bytes:
        held, nonce = self._key(tenant, b""), os.urandom(_NONCE)
        return _VERSION + held.id + nonce + held.cipher.encrypt(nonce, plain.encode(), _bound(tenant, context))

    def open(self, tenant: str, context: str, sealed: bytes) -> str:
        """Raises StorageError for a value that was sealed for something else, or changed."""
        if sealed[:1] != _VERSION:
            raise StorageError("a sealed value has an unknown version")
        id_, rest = sealed[1 : 1 + _ID], sealed[1 + _ID :]
        held = self._key(tenant, id_)
        return _opened(held.cipher, rest[:_NONCE], rest[_NONCE:], _bound(tenant, context)).decode()

    def rotate(self, tenant: str) -> None:
        """From now on a new data key seals; other processes follow within 5 minutes."""
        _, wrapped = self._wrapper.generate(tenant)
        self._store(tenant, os.urandom(_ID), wrapped, first=False)
        self._held.pop((tenant, b""), None)

    def _key(self, tenant: str, id_: bytes) -> _Held:
        """The key of this id; without one the newest, made when the tenant has none yet."""
        held = self._held.get((tenant, id_))
        if held is not None and held.until > self._clock.now():
            return held
        item = self._table.get(keys.data_key(short(tenant), id_.hex()))
        if item is None:
            if id_:
                raise StorageError("the key of a sealed value is unknown")
            item = self._first(tenant)
        cipher = AESGCM(self._wrapper.unwrap(tenant, item["wrapped"]))
        return self._hold(tenant, id_, _Held(item["id"], cipher, self._clock.now() + _CACHED))

    def _first(self, tenant: str) -> dict[str, Any]:
        """Two processes at once agree on one key."""
        _, wrapped = self._wrapper.generate(tenant)
        self._store(tenant, os.urandom(_ID), wrapped, first=True)
        item = self._table.get(keys.data_key(short(tenant)))
        if item is None:
            raise StorageError("the tenant's key was not stored")
        return item

    def _store(self, tenant: str, id_: bytes, wrapped: bytes, *, first: bool) -> None:
        newest, by_id = keys.data_key(short(tenant)), keys.data_key(short(tenant), id_.hex())
        self._table.put(keyed(by_id, id=id_, wrapped=wrapped))
        self._table.put(keyed(newest, id=id_, wrapped=wrapped), condition="attribute_not_exists(pk)" if first else "")

    def _hold(self, tenant: str, id_: bytes, held: _Held) -> _Held:
        if len(self._held) >= _MOST_CACHED:
            self._held.clear()
        self._held[tenant, id_] = self._held[tenant, held.id] = held
        return held


def _bound(tenant: str, context: str) -> bytes:
    return orjson.dumps([tenant, context])


def _opened(cipher: AESGCM, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, sealed, bound)
    except (InvalidTag, ValueError) as e:
        raise StorageError("a sealed value was changed, or belongs elsewhere") from e


def _file_key(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_bytes()
        if len(key) != 32:
            raise StorageError("the key file does not hold a key") from None
        return key
    with os.fdopen(handle, "wb") as file:
        key = AESGCM.generate_key(256)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key
