"""The discovery document as the router and the judge of requests, so that the simulator can't be laxer than it.

It is the copy that google-api-python-client carries.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import googleapiclient
from jsonschema import Draft7Validator
from jsonschema.protocols import Validator

from .errors import ApiError, Json, invalid, required

DOCUMENT = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents" / "calendar.v3.json"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
KEPT = ("$ref", "properties", "items", "additionalProperties", "type", "enum")


@dataclass(frozen=True)
class Method:
    """One method of the API; `scopes` are those of which a token needs one."""

    id: str
    verb: str
    pattern: re.Pattern[str]
    scopes: frozenset[str]
    parameters: Mapping[str, Json]
    request: str | None


@cache
def _document() -> Json:
    loaded: Json = json.loads(DOCUMENT.read_text())
    return loaded


@cache
def methods() -> tuple[Method, ...]:
    return tuple(_walk(_document()))


def _walk(resource: Json) -> Iterator[Method]:
    for raw in resource.get("methods", {}).values():
        expression = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(raw["path"]))
        scopes = frozenset(raw.get("scopes", ()))
        request = raw.get("request", {}).get("$ref")
        pattern = re.compile(expression)
        yield Method(raw["id"], raw["httpMethod"], pattern, scopes, raw.get("parameters", {}), request)
    for child in resource.get("resources", {}).values():
        yield from _walk(child)


def route(verb: str, path: str) -> tuple[Method, dict[str, str]]:
    """The method that a raw (still quoted) path below /calendar/v3/ names, and its path parameters."""
    for method in methods():
        match = method.pattern.fullmatch(path)
        if match and method.verb == verb:
            return method, {name: unquote(value) for name, value in match.groupdict().items()}
    raise ApiError(404, "notFound", "Not Found")


def query(method: Method, raw: str) -> Json:
    """The query's parameters by type. Raises ApiError for an unknown, repeated, missing or wrong one."""
    common = _document()["parameters"]
    values: Json = {}
    for name, given in parse_qs(raw, keep_blank_values=True).items():
        schema = method.parameters.get(name) or common.get(name)
        if schema is None or schema.get("location") == "path":
            raise invalid(f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.', name)
        if len(given) > 1 and not schema.get("repeated"):
            raise invalid(f"Parameter {name} was given more than once.", name)
        typed = [_typed(name, schema, value) for value in given]
        values[name] = typed if schema.get("repeated") else typed[0]
    for name, schema in method.parameters.items():
        if schema.get("required") and schema.get("location") == "query" and name not in values:
            raise required(name)
    return values


def _typed(name: str, schema: Json, value: str) -> Any:
    wrong = invalid(f"Invalid value '{value}' for {name}.", name, "invalidParameter")
    if "enum" in schema and value not in schema["enum"]:
        raise wrong
    if schema["type"] == "boolean":
        if value not in ("true", "false"):
            raise wrong
        return value == "true"
    if schema["type"] == "integer":
        if not re.fullmatch(r"-?\d{1,9}", value) or int(value) < int(schema.get("minimum", "-999999999")):
            raise wrong
        if int(value) > int(schema.get("maximum", "999999999")):
            raise wrong
        return int(value)
    if schema.get("format") == "date-time" and not RFC3339.fullmatch(value):
        raise invalid("Bad Request", name, "badRequest")
    return value


def _clean(node: Any) -> Any:
    if isinstance(node, list):
        return [_clean(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept: Json = {}
    for key in KEPT:
        if key == "properties" and key in node:
            kept[key] = {name: _clean(child) for name, child in node[key].items()}
        elif key == "$ref" and key in node:
            kept[key] = "#/schemas/" + node[key]
        elif key in node:
            kept[key] = _clean(node[key])
    if "properties" in kept:
        kept.setdefault("additionalProperties", False)
    return kept


@cache
def _validator(name: str) -> Validator:
    schemas = {key: _clean(value) for key, value in _document()["schemas"].items()}
    return Draft7Validator({"$ref": f"#/schemas/{name}", "schemas": schemas})


def body(method: Method, text: str) -> Json:
    """The request's body, of the right shape. Under PATCH a null clears a member, so nulls are not judged."""
    if method.request is None:
        return {}
    try:
        value = json.loads(text or "{}")
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise invalid("Parse Error", reason="parseError") from None
    if not isinstance(value, dict):
        raise invalid("Invalid JSON payload received. Root element must be a message.", reason="parseError")
    judged = _without_nulls(value) if method.verb == "PATCH" else value
    for error in _validator(method.request).iter_errors(judged):
        where = ".".join(map(str, error.absolute_path))
        raise invalid(f"Invalid JSON payload received. {where}: {error.message[:200]}", where)
    return value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value
