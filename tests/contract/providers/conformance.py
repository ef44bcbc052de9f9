"""Recorded traffic held against the providers' published schemas, where the checker lies beside the repository."""

from __future__ import annotations

import importlib.util
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

BESIDE = Path(__file__).parents[4] / "shared" / "conformance" / "check.py"


@cache
def _checker() -> Any:
    path = Path(os.environ.get("MEETBRIDGE_CONFORMANCE", BESIDE))
    spec = importlib.util.spec_from_file_location("conformance_check", path) if path.exists() else None
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def faults(traffic: Path) -> list[str]:
    """Every fault of the exchanges in this file; none where there is no checker."""
    checker = _checker()
    lines = traffic.read_text().splitlines() if checker and traffic.exists() else []
    return [fault for line in lines for fault in checker.check(json.loads(line))]
