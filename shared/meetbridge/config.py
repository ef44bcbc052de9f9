"""The environment as typed settings; the only place that reads os.environ.

`load` is cheap (no pydantic): the webhook function's cold start pays for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Config:
    """Names are those of template.yaml's Globals, in lower case; absent ones are empty.

    Of those that begin with `aws_`, Lambda sets the region and the local run the endpoint.
    """

    table_name: str = ""
    jobs_queue_url: str = ""
    notify_queue_url: str = ""
    bulk_queue_url: str = ""
    delivery_queue_url: str = ""
    event_bus_name: str = ""
    public_url: str = ""
    vault_key_id: str = ""
    vault_key_file: str = ""
    webhook_keys: str = ""
    cursor_keys: str = ""
    google_client_id: str = ""
    google_client_secret: str = ""
    google_api_root: str = "https://www.googleapis.com"
    google_accounts_root: str = "https://accounts.google.com"
    google_token_root: str = "https://oauth2.googleapis.com"  # noqa: S105
    join_url_patterns: str = ""
    meeting_marker: str = "@meet"
    deletion_grace_seconds: int = 600
    sweep_interval_seconds: int = 21600
    platform_webhook_url: str = ""
    platform_webhook_secret: str = ""
    console_client_id: str = ""
    oidc_issuer: str = ""
    aws_region: str = ""
    aws_endpoint_url_sqs: str = ""


def parse(environment: Mapping[str, str]) -> Config:
    """The settings of an environment; raises ValueError for a number that is none."""
    values: dict[str, str | int] = {}
    for name, kind in Config.__annotations__.items():
        raw = environment.get(name.upper())
        if raw is not None:
            values[name] = int(raw) if kind == "int" else raw
    return Config(**values)  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def load() -> Config:
    return parse(os.environ)
