"""Clients of AWS, made once a process; AWS_ENDPOINT_URL_* (botocore reads them) points them elsewhere."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "max_attempts": 4},
    max_pool_connections=16,
    tcp_keepalive=True,
)


@lru_cache(maxsize=8)
def client(name: str) -> Any:
    """The low-level client of a service; safe to share between threads."""
    session: Any = boto3.session.Session()
    return session.client(name, config=_CONFIG)
