"""Pinned packages from npm, checked against their integrity, so that nobody installs them by hand.

`make run` gets the table's engine in this way, `make build` at need a compiler for 3.13. npm itself is
asked, with whatever registry the machine uses; where there is none, Node.js comes from PyPI, in an
environment of its own under .tools/.
"""

from __future__ import annotations

import base64
import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"


@dataclass(frozen=True, slots=True)
class Package:
    """A version of a package; `integrity` is npm's: `sha512-` and base64."""

    name: str
    version: str
    integrity: str


DYNOXIDE = Package(
    "@dynoxide/linux-x64",
    "1.2.1",
    "sha512-sBHqlxJ9ANkLluFkYRfd5r8Y0ApFew4FhOrlhgRAgD4XzEoFOukEo1nuBTQ1+jTtofqwn4NWQ2k0Tn5mNTjgUg==",
)
PYODIDE = Package(
    "pyodide",
    "0.29.4",
    "sha512-tCseTsqU3kSxZIjkue5zXxTMNEwrKZwOIIEQRBA/VzHxFN1hoCxe4w41phfCdHd9it9RcCNQb5K/Re0InqMgvA==",
)


class Tampered(Exception):
    """What came is not what was pinned."""


def fetch(package: Package) -> Path:
    """The folder of the unpacked package under .tools/, fetched unless it is there."""
    place = TOOLS / f"{package.name.replace('/', '-').lstrip('@')}-{package.version}"
    if place.is_dir():
        return place
    TOOLS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        archive = _pack(package, Path(folder))
        check(archive.read_bytes(), package)
        with tarfile.open(archive) as contents:
            contents.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)  # since 3.11.4
            contents.extractall(folder)  # noqa: S202 - its integrity is checked
        (Path(folder) / "package").rename(place)
    return place


def check(archive: bytes, package: Package) -> None:
    """Raises Tampered unless the archive is the pinned one."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if found != package.integrity:
        raise Tampered(f"{package.name} {package.version}: integrity is {found}, not {package.integrity}")


def node(program: str = "node") -> list[str]:
    """The command that runs `node` (or `npm`), from the machine or from PyPI."""
    found = shutil.which(program)
    if found:
        return [found]
    place = TOOLS / "node"
    if not (place / "bin" / program).exists():
        print("No Node.js on this machine: getting it from PyPI.", flush=True)
        venv.create(place, with_pip=True)
        pins = str(ROOT / "requirements" / "node.txt")
        _run([str(place / "bin" / "pip"), "install", "-q", "--no-deps", "--require-hashes", "-r", pins])
    return [str(place / "bin" / program)]


def dynoxide() -> Path | None:
    """The engine's binary at .tools/dynoxide; None where it is not made for this machine."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return None
    link = TOOLS / "dynoxide"
    binary = fetch(DYNOXIDE) / "dynoxide"
    binary.chmod(0o755)
    link.unlink(missing_ok=True)
    link.symlink_to(binary.relative_to(TOOLS))
    return link


def _pack(package: Package, folder: Path) -> Path:
    _run([*node("npm"), "pack", "--silent", f"{package.name}@{package.version}"], folder)
    return next(folder.glob("*.tgz"))


def _run(command: list[str], folder: Path = ROOT) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    try:
        found = dynoxide()
    except (Tampered, subprocess.CalledProcessError, OSError) as fault:
        print(f"The table's engine could not be fetched: {fault}", file=sys.stderr)
        return 1
    if found is None:
        print("The table's engine (dynoxide) is for Linux on x86-64 only: moto takes its place and keeps nothing.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
