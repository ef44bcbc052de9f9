"""How a worker is started: its command, and what it sees of the environment."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from local.plan import Function
from local.template import REGION


def variables(function: Function, additions: Mapping[str, str], overrides: Mapping[str, str]) -> dict[str, str]:
    """What a function sees of the environment: Lambda's names and its own, nothing of the user's."""
    return {
        **function.environment,
        **{name: value for name, value in overrides.items() if name in function.environment},
        **additions,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "LAMBDA_TASK_ROOT": str(function.code),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "POWERTOOLS_SERVICE_NAME": function.name,
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_METRICS_NAMESPACE": "Meetbridge",
        "PYTHONUNBUFFERED": "1",
        "_HANDLER": function.handler,
    }


def command(function: Function, channel: int, calls: Path) -> list[str]:
    layers = [part for layer in function.layers for part in ("--layer", str(layer))]
    return [
        *(sys.executable, "-m", "local.workers.worker", "--channel", str(channel), "--function", function.name),
        *("--handler", function.handler, "--memory", str(function.memory), "--code", str(function.code)),
        *("--calls", str(calls), *layers),
    ]
