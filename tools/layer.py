"""What sam build ships: the layer, and each function's folder, made without Docker.

The layer holds the package meetbridge and the locked wheels for arm64 and Python 3.13, without what Lambda never
reads. google-api-python-client brings 110 MB of discovery documents; the two that are used stay. boto3 and botocore
are in the layer, pinned, with the data of the services that are called (1.7 MB of 28; with their bytecode 6 MB),
rather than left to the runtime: so Lambda runs the version that the tests ran with, and it stays.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tools import bytecode

ROOT = Path(__file__).resolve().parent.parent
BUDGET = 90_000_000
PLATFORMS = ("manylinux2014_aarch64", "manylinux_2_17_aarch64", "manylinux_2_28_aarch64", "manylinux_2_34_aarch64")
DISCOVERY_DOCUMENTS = frozenset({"calendar.v3.json", "people.v1.json"})
AWS_SERVICES = frozenset({"dynamodb", "events", "kms", "sqs"})
# Type stubs and C sources are for building and checking; dist-info keeps metadata, entry points and licences.
USELESS = ("*.pyi", "*.pyx", "*.pxd", "*.h", "*.c", "py.typed")
USELESS_INFO = ("RECORD", "WHEEL", "INSTALLER", "REQUESTED", "direct_url.json", "top_level.txt", "zip-safe")
USELESS_FOLDERS = ("tests", "test", "__pycache__")


def build_layer(artifacts: Path) -> None:
    """The layer's tree under `artifacts`, as Lambda unpacks it to /opt."""
    packages = artifacts / "python"
    _install(packages)
    shutil.copytree(ROOT / "shared" / "meetbridge", packages / "meetbridge", ignore=_ignored)
    _prune(packages)
    bytecode.compile_folder(packages, "/opt/python")
    found = size(artifacts)
    if found > BUDGET:
        raise SystemExit(f"The layer is {found:,} bytes; its budget is {BUDGET:,}.")


def build_function(name: str, artifacts: Path) -> None:
    """One function's tree under `artifacts`, as Lambda unpacks it to /var/task."""
    shutil.copytree(ROOT / "functions" / name, artifacts, ignore=_ignored, dirs_exist_ok=True)
    bytecode.compile_folder(artifacts, "/var/task")


def size(folder: Path) -> int:
    """Bytes of all files under `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _install(target: Path) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps", "--require-hashes"),
            *("--only-binary=:all:", "--implementation=cp", "--python-version=3.13"),
            *(f"--platform={name}" for name in PLATFORMS),
            *(f"--target={target}", f"--requirement={ROOT / 'requirements' / 'runtime.txt'}"),
        ],
        check=True,
    )


def _prune(packages: Path) -> None:
    folders = [path for path in packages.rglob("*") if path.is_dir() and path.name in USELESS_FOLDERS]
    resources = [packages / "boto3" / "data", packages / "boto3" / "examples"]  # boto3's resource layer
    for folder in [*folders, *resources, packages / "bin"]:
        shutil.rmtree(folder, ignore_errors=True)
    documents = packages / "googleapiclient" / "discovery_cache" / "documents"
    _remove(path for path in documents.iterdir() if path.name not in DISCOVERY_DOCUMENTS)
    for service in [path for path in (packages / "botocore" / "data").iterdir() if path.is_dir()]:
        if service.name not in AWS_SERVICES:
            shutil.rmtree(service)
    for pattern in USELESS:
        _remove(packages.rglob(pattern))
    for info in packages.glob("*.dist-info"):
        _remove(info / name for name in USELESS_INFO)


def _remove(paths: Iterable[Path]) -> None:
    for path in list(paths):
        path.unlink(missing_ok=True)


def _ignored(_: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__" or name.endswith(".pyc")}


def main(arguments: list[str]) -> None:
    kind, *names, artifacts = arguments
    if kind == "layer":
        build_layer(Path(artifacts))
    else:
        build_function(names[0], Path(artifacts))


if __name__ == "__main__":
    main(sys.argv[1:])
