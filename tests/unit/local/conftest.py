"""The small project that these tests run instead of the real one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local import plan
from local.intrinsics import Resolver
from local.names import names
from local.template import translate
from local.workers.pool import Pool

PROJECT = Path(__file__).parent / "project"
PARAMETERS = {"OidcIssuer": "http://issuer.test", "OidcAudience": "small"}


@pytest.fixture(scope="session")
def small_plan() -> plan.Plan:
    template = translate(PROJECT / "template.yaml", PARAMETERS)
    refs, attributes = names(template, "http://queues.test/123456789012")
    return plan.read(template, PROJECT, Resolver(template, refs, attributes, lambda name: f"local {name}"))


@pytest.fixture
def small_pool(small_plan: plan.Plan, tmp_path: Path) -> Iterator[Pool]:
    pool = Pool(
        small_plan.functions,
        additions={"ADDED": "yes"},
        overrides={"TOLD": "otherwise", "FOREIGN": "no"},
        logs=tmp_path,
        calls=tmp_path / "calls.jsonl",
    )
    yield pool
    pool.close()
