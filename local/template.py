"""template.yaml as CloudFormation would see it: SAM's own translator does the work, so nothing can drift."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

REGION = "eu-central-1"
ACCOUNT = "123456789012"
_BUCKET = "local"


def translate(path: Path, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The template with its SAM resources expanded; `parameters` beat the template's defaults.

    The result's `Parameters` hold the values. Local folders of code become `{"S3Bucket": "local", "S3Key": folder}`.
    """
    template: dict[str, Any] = yaml_parse(path.read_text())
    values = {
        name: parameters.get(name, str(given.get("Default", "local")))
        for name, given in template.get("Parameters", {}).items()
    }
    for resource in template["Resources"].values():
        for member in ("CodeUri", "ContentUri"):
            folder = resource.get("Properties", {}).get(member)
            if isinstance(folder, str):
                resource["Properties"][member] = f"s3://{_BUCKET}/{folder}"
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    translated: dict[str, Any] = translator.translate(template, dict(values))
    translated["Parameters"] = values
    return translated
