"""docs/openapi.json, made from the handlers' own resolvers, so that document and behaviour cannot part."""

from __future__ import annotations

import difflib
import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "openapi.json"
FUNCTIONS = ("settings", "oauth", "calendar")
OPEN = "/oauth/callback/{service}"


class Clash(Exception):
    """Two functions give one name to different things."""


def document() -> str:
    """The OpenAPI 3.1 document of the whole API, as text."""
    merged: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Meetbridge", "version": "1", "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "security": [{"platform": []}],
        "paths": {},
        "components": {
            "schemas": {},
            "securitySchemes": {"platform": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }
    for name in FUNCTIONS:
        schema = _schema(name)
        for path, item in schema.get("paths", {}).items():
            _merge(merged["paths"].setdefault(path, {}), item, path)
        _merge(merged["components"]["schemas"], schema.get("components", {}).get("schemas", {}), "schema")
    for operation in merged["paths"].get(OPEN, {}).values():
        operation["security"] = []
    return json.dumps(merged, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _schema(name: str) -> Mapping[str, Any]:
    resolver = importlib.import_module(f"functions.{name}.app").resolver
    found: Mapping[str, Any] = json.loads(resolver.get_openapi_json_schema(title=name, version="1"))
    return found


def _merge(into: dict[str, Any], more: Mapping[str, Any], place: str) -> None:
    for name, value in more.items():
        if into.setdefault(name, value) != value:
            raise Clash(f"{place}: {name} is described in two ways")


def main(arguments: list[str]) -> int:
    made = document()
    if arguments != ["--check"]:
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(made, encoding="utf-8")
        return 0
    kept = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    if kept == made:
        return 0
    sys.stderr.writelines(difflib.unified_diff(kept.splitlines(True), made.splitlines(True), "committed", "made", n=1))
    print("docs/openapi.json is not what the handlers say; run make openapi", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "shared")]
    sys.exit(main(sys.argv[1:]))
