"""The table's engine: dynoxide where its binary is, else moto, which keeps nothing.

Quirks of dynoxide 1.2: table names of 11 characters or more; no sweeper of expired items; no call for
point-in-time recovery; an own region and account in its ARNs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from local.options import ROOT
from local.template import REGION

_CREATE = (
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
)


def binary() -> Path | None:
    """Where `make` put it, or DYNOXIDE, or the path of commands."""
    for place in (os.environ.get("DYNOXIDE"), ROOT / ".tools" / "dynoxide", shutil.which("dynoxide")):
        if place and os.access(place, os.X_OK):
            return Path(place)
    return None


def client(service: str, endpoint: str, **settings: Any) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - any value will do
        **settings,
    )


def create_table(endpoint: str, name: str, properties: Mapping[str, Any]) -> None:
    """As the template describes it, where it isn't there yet."""
    table = client("dynamodb", endpoint)
    wanted = {member: properties[member] for member in _CREATE if member in properties}
    if stream := properties.get("StreamSpecification"):
        wanted["StreamSpecification"] = {"StreamEnabled": True, **stream}
    try:
        table.create_table(TableName=name, **wanted)
    except ClientError as e:
        if e.response["Error"]["Code"] != "ResourceInUseException":
            raise
        return
    if expiry := properties.get("TimeToLiveSpecification"):
        table.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
