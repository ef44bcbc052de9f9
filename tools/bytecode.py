"""Bytecode for Lambda's Python, so that a cold start compiles nothing.

Bytecode belongs to one version of Python. A Python 3.13 of the machine is taken where there is one; else
Pyodide, the same CPython compiled to WebAssembly, does it. The files carry an unchecked hash: deployment changes
the sources' times, and what lies beside its source in a package cannot be stale.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools import npm

VERSION = (3, 13)
MAGIC = (3571).to_bytes(2, "little") + b"\r\n"  # importlib.util.MAGIC_NUMBER of every 3.13

COMPILE = """
import compileall, sys
from py_compile import PycInvalidationMode
assert sys.version_info[:2] == (3, 13), sys.version
done = compileall.compile_dir(
    folder, maxlevels=30, quiet=1, force=True, stripdir=folder, prependdir=prepend,
    invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
)
int(not done)
"""


class NotCompiled(Exception):
    """A source does not compile, or the bytecode is another version's."""


def compile_folder(folder: Path, prepend: str) -> None:
    """Each source under `folder` compiled; tracebacks name it below `prepend`. Raises NotCompiled."""
    python = find_python()
    if python:
        code = f"folder, prepend = {str(folder)!r}, {prepend!r}\n{COMPILE}\nsys.exit(int(not done))"
        command = [python, "-I", "-c", code]
    else:
        pyodide = npm.fetch(npm.PYODIDE)
        script = str(Path(__file__).with_name("compile.mjs"))
        command = [*npm.node(), script, str(pyodide), str(folder.resolve()), prepend, COMPILE]
    if subprocess.run(command, check=False).returncode:
        raise NotCompiled(f"{command[0]} could not compile {folder}")
    check(folder)


def check(folder: Path) -> None:
    """Raises NotCompiled for a source without bytecode, or with another version's."""
    for source in folder.rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        if not compiled.is_file() or compiled.read_bytes()[:4] != MAGIC:
            raise NotCompiled(f"{source} has no bytecode of Python 3.13")


def find_python() -> str | None:
    """A Python 3.13 that runs; pyenv's stand-ins may stand for a version that is not there."""
    return next((python for python in _candidates() if _is_ours(python)), None)


def _candidates() -> Iterator[str]:
    yield sys.executable
    found = shutil.which("python3.13")
    if found:
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from (str(path) for path in sorted(pyenv.glob("versions/3.13*/bin/python3.13")))


def _is_ours(python: str) -> bool:
    code = f"import sys; sys.exit(sys.version_info[:2] != {VERSION})"
    return subprocess.run([python, "-I", "-c", code], check=False, capture_output=True).returncode == 0
