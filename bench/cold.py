"""Cold starts: a fresh interpreter, the bytecode made beforehand as in the layer, the handler, one notification.

AWS is a server on loopback that takes everything, so only our own part is in the time.
"""

from __future__ import annotations

import compileall
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory

from bench.rounds import medians
from tests.support.cold import FUNCTIONS, NOTIFY, ROOT, environment
from tests.support.sink import sink

BUDGET = 4.0
ROUNDS = 15
PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
SERVICES = ("sqs", "dynamodb")
OURS = f"import os\nimport app\n{NOTIFY}"
BOTO3 = """
import os, boto3
entry = {"Id": "0", "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
boto3.session.Session().client("sqs").send_message_batch(QueueUrl=os.environ["NOTIFY_QUEUE_URL"], Entries=[entry])
"""


def report() -> Iterator[str]:
    with TemporaryDirectory() as folder, sink() as aws:
        task = _prepared(Path(folder))
        variables = {**environment(aws.url), "PYTHONPATH": f"{task}:{folder}"}
        commands = {
            "the least possible": [str(task / "least.py")],
            "the webhook function": [str(task / "ours.py")],
            "the same call by boto3's client alone": [str(task / "usual.py")],
        }
        times = medians({name: _runner(command, variables) for name, command in commands.items()}, ROUNDS)
    least = times["the least possible"]
    for name, seconds in times.items():
        budget = f"  (budget {BUDGET:g})" if name == "the webhook function" else ""
        yield f"  {name:<40} {seconds / least:5.2f} times{budget}   {seconds * 1000:4.0f} ms here"


def imports() -> Iterator[str]:
    """Each handler's import against that of the webhook function."""
    paths = {name: f"{ROOT / 'functions' / name}:{ROOT / 'shared'}" for name in FUNCTIONS}
    candidates = {
        name: _runner(["-c", "import app"], {"PATH": os.environ["PATH"], "PYTHONPATH": path}, site=True)
        for name, path in paths.items()
    }
    candidates["(nothing)"] = _runner(["-c", "pass"], {"PATH": os.environ["PATH"]}, site=True)
    times = medians(candidates, 5)
    bare = times.pop("(nothing)")
    webhooks = times["webhooks"] - bare
    for name, seconds in sorted(times.items(), key=lambda item: item[1]):
        yield f"  {name:<40} {(seconds - bare) / webhooks:5.2f} times   {(seconds - bare) * 1000:4.0f} ms here"


def _runner(command: list[str], variables: Mapping[str, str], *, site: bool = False) -> _Run:
    return _Run([sys.executable, *([] if site else ["-S"]), "-s", *command], dict(variables))


class _Run:
    def __init__(self, command: list[str], variables: dict[str, str]) -> None:
        self._command, self._variables = command, variables

    def __call__(self) -> None:
        subprocess.run(self._command, env=self._variables, check=True)


def _prepared(folder: Path) -> Path:
    """What the webhook function's layer holds for it, and the scripts, compiled with an unchecked hash."""
    ignored = shutil.ignore_patterns("__pycache__", "data")
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        source = Path(spec.origin)
        if source.name == "__init__.py":
            shutil.copytree(source.parent, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder)
        if name == "botocore":
            _copy_data(source.parent / "data", folder / name / "data")
    shutil.copytree(ROOT / "shared" / "meetbridge", folder / "meetbridge", ignore=ignored)
    task = folder / "task"
    shutil.copytree(ROOT / "functions" / "webhooks", task, ignore=ignored)
    shutil.copy(Path(__file__).with_name("least.py"), task)
    (task / "ours.py").write_text(OURS)
    (task / "usual.py").write_text(BOTO3)
    compileall.compile_dir(
        folder, maxlevels=30, quiet=2, force=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    )
    return task


def _copy_data(source: Path, target: Path) -> None:
    target.mkdir()
    for path in source.iterdir():
        if path.name in SERVICES:
            shutil.copytree(path, target / path.name)
        elif path.is_file():
            shutil.copy(path, target)
