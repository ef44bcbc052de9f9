"""What is fetched and locked is what was pinned."""

from __future__ import annotations

import base64
import hashlib
import shutil
from pathlib import Path

import pytest

from tools import locks, npm

PACKAGE = npm.Package("a", "1", "sha512-" + base64.b64encode(hashlib.sha512(b"archive").digest()).decode())


def test_the_pinned_archive_is_taken() -> None:
    npm.check(b"archive", PACKAGE)


def test_another_archive_is_refused() -> None:
    with pytest.raises(npm.Tampered, match="integrity"):
        npm.check(b"archive!", PACKAGE)


def test_the_locks_answer_the_requirements() -> None:
    assert list(locks.faults()) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("runtime.in", "orjson", "orjson\nleft-pad", "no pin for left-pad"),
        ("runtime.in", "orjson", "orjson<1", "no pin for orjson<1"),
        ("runtime.txt", "orjson==", "orjson==0", "is not what requirements/local.txt has"),
        ("runtime.txt", "platform_python_implementation != 'PyPy' \\", "python_version < '3.12' \\", "its marker"),
    ],
)
def test_a_stale_lock_is_named(tmp_path: Path, name: str, old: str, new: str, fault: str) -> None:
    folder = tmp_path / "requirements"
    shutil.copytree(locks.FOLDER, folder)
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))
    assert [found for found in locks.faults(folder) if fault in found]
