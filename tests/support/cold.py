"""A function in a fresh interpreter, as a cold start has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
WEBHOOK_KEYS = "k1:MDEyMzQ1Njc4OWFiY2RlZg=="
NOTIFY = """
from meetbridge.model.connection import ConnectionKey
from meetbridge.services.webhook_tokens import mint
token = mint(os.environ["WEBHOOK_KEYS"], ConnectionKey("t" * 16, "u" * 16), 1, 0)
headers = {"x-goog-channel-token": token, "x-goog-resource-state": "exists"}
assert app.handler({"routeKey": "POST /webhooks/google", "headers": headers}, None)["statusCode"] == 204
"""


def environment(aws: str) -> dict[str, str]:
    """What Lambda and the template give the webhook function, with every way out leading to `aws`."""
    endpoints = {f"AWS_ENDPOINT_URL_{name}": aws for name in ("SQS", "DYNAMODB", "KMS", "EVENTBRIDGE")}
    roots = {f"GOOGLE_{name}_ROOT": aws for name in ("API", "ACCOUNTS", "TOKEN")}
    return {
        "PATH": os.environ["PATH"],
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "NOTIFY_QUEUE_URL": f"{aws}/123456789012/notify.fifo",
        "TABLE_NAME": "meetbridge",
        "WEBHOOK_KEYS": WEBHOOK_KEYS,
        **endpoints,
        **roots,
    }


def imported(function: str, variables: Mapping[str, str] | None = None, then: str = "") -> frozenset[str]:
    """The modules that a function has loaded after its import, and after `then`."""
    code = f"import json, os, sys\nimport app\n{then}\nprint(json.dumps(sorted(sys.modules)))"
    paths = os.pathsep.join([str(ROOT / "functions" / function), str(ROOT / "shared")])
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        env={**(variables or {"PATH": os.environ["PATH"]}), "PYTHONPATH": paths},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return frozenset(json.loads(done.stdout))
