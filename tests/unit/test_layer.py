"""The layer as `make build` makes it: for arm64 and Python 3.13, pruned, and within its budget.

It is built once for each state of what goes into it and kept under build/.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from tools import bytecode, layer

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "layers"
AARCH64 = 183  # e_machine, ELF header


def _inputs() -> Iterable[Path]:
    yield from (ROOT / "tools" / "layer.py", ROOT / "tools" / "bytecode.py", ROOT / "requirements" / "runtime.txt")
    yield from sorted((ROOT / "shared" / "meetbridge").rglob("*.py"))


@pytest.fixture(scope="module")
def built() -> Path:
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in _inputs())).hexdigest()[:16]
    place = KEPT / digest
    if not place.exists():
        shutil.rmtree(KEPT, ignore_errors=True)
        KEPT.mkdir(parents=True)
        with tempfile.TemporaryDirectory(dir=KEPT) as folder:
            layer.build_layer(Path(folder) / "layer")
            (Path(folder) / "layer").rename(place)
    return place


def test_every_binary_is_for_arm64(built: Path) -> None:
    binaries = list(built.rglob("*.so*"))
    assert binaries
    for path in binaries:
        header = path.read_bytes()[:20]
        assert header[:4] == b"\x7fELF", path
        assert struct.unpack_from("<H", header, 18) == (AARCH64,), path


def test_two_discovery_documents_stay(built: Path) -> None:
    documents = built / "python" / "googleapiclient" / "discovery_cache" / "documents"
    assert {path.name for path in documents.iterdir()} == {"calendar.v3.json", "people.v1.json"}


def test_botocore_knows_the_services_that_are_called(built: Path) -> None:
    folders = {path.name for path in (built / "python" / "botocore" / "data").iterdir() if path.is_dir()}
    assert folders == {"dynamodb", "events", "kms", "sqs"}


def test_every_module_has_bytecode_of_313_that_is_never_checked(built: Path) -> None:
    bytecode.check(built)
    for path in built.rglob("*.pyc"):
        magic, flags = struct.unpack("<4sI", path.read_bytes()[:8])
        assert (magic, flags) == (bytecode.MAGIC, 0b01), path


def test_no_tests_of_others_and_no_stubs_are_shipped(built: Path) -> None:
    assert not [path for path in built.rglob("*") if path.name in {"tests", "test"} or path.suffix == ".pyi"]


def test_the_layer_is_within_its_budget(built: Path) -> None:
    assert layer.size(built) <= layer.BUDGET == 90_000_000


def test_a_source_without_bytecode_is_refused(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("x = 1\n")
    with pytest.raises(bytecode.NotCompiled, match="no bytecode"):
        bytecode.check(tmp_path)


def test_a_source_that_does_not_compile_is_refused(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("x =\n")
    with pytest.raises(bytecode.NotCompiled, match="could not compile"):
        bytecode.compile_folder(tmp_path, "/opt/python")
