"""Whether requirements/*.txt still answer requirements/*.in, without asking an index; and how they are made.

The layer, the local run and the tests must hold the same version of a package, else the tests prove another program.
"""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
LOCKS = ("dev", "local", "runtime", "sam", "node")  # the first settles the versions of the two that it includes
NESTED = ("dev", "local", "runtime")
UV = ROOT / ".tools" / "uv"
COMPILE = ["pip", "compile", "--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "-q"]


def wanted(path: Path) -> Iterator[Requirement]:
    """The requirements of an .in file and of those that it includes."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            yield from wanted(path.parent / line.removeprefix("-r ").strip())
        elif line.strip() and not line.startswith("#"):
            yield Requirement(line)


def pins(path: Path) -> dict[str, Requirement]:
    """The pins of a .txt file by canonical name."""
    lines = re.findall(r"^([A-Za-z0-9][^\\\n]*?)\s*\\?$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {canonicalize_name(pin.name): pin for pin in map(Requirement, lines)}


def faults(folder: Path = FOLDER) -> Iterator[str]:
    """What is stale, in words; nothing where all is well."""
    locked = {name: pins(folder / f"{name}.txt") for name in LOCKS}
    for name, found in locked.items():
        for requirement in wanted(folder / f"{name}.in"):
            pin = found.get(canonicalize_name(requirement.name))
            if pin is None or not requirement.specifier.contains(_version(pin), prereleases=True):
                yield f"requirements/{name}.txt has no pin for {requirement}"
    for inner, outer in zip(NESTED[1:], NESTED, strict=False):
        for package, pin in locked[inner].items():
            other = locked[outer].get(package)
            if other is None or _version(other) != _version(pin):
                yield f"{pin} of requirements/{inner}.txt is not what requirements/{outer}.txt has"
    for pin in locked["runtime"].values():
        if pin.marker and re.search(r"python|sys_platform|machine", str(pin.marker).replace("platform_python_", "")):
            yield f"{pin}: its marker would be read on the building machine, not for Lambda"


def write() -> None:
    """Compile each .in file by uv, which is installed under .tools/ for this."""
    uv = UV / "bin" / "uv"
    if not uv.exists():
        venv.create(UV, with_pip=True)
        subprocess.run([UV / "bin" / "pip", "install", "--quiet", "uv"], check=True)
    for name in LOCKS:
        same = ["-c", "requirements/dev.txt"] if name in NESTED[1:] else []
        target = ["-o", f"requirements/{name}.txt", f"requirements/{name}.in"]
        subprocess.run([uv, *COMPILE, *same, *target], cwd=ROOT, check=True)


def _version(pin: Requirement) -> str:
    return str(pin.specifier).removeprefix("==")


def main(arguments: list[str]) -> int:
    if arguments == ["--write"]:
        write()
    found = list(faults())
    for fault in found:
        print(f"{fault}; run make lock", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
