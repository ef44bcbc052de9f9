"""What the template asks for, as values that the run can act on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.intrinsics import Resolver

_METHODS = {"get", "put", "post", "patch", "delete", "head", "options", "x-amazon-apigateway-any-method"}


@dataclass(frozen=True, slots=True)
class Function:
    """`timeout` is in seconds, `concurrency` the most processes at a time (None: not limited by the template)."""

    name: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    timeout: int
    memory: int
    concurrency: int | None
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Authorizer:
    issuer: str
    audiences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """`method` is in capitals or ANY; `path` as in the template, `{name}` and `{name+}` included."""

    method: str
    path: str
    function: str
    authorizer: Authorizer | None

    @property
    def key(self) -> str:
        return self.path if self.path == "$default" else f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """An event source mapping. `source` and `failures_to` are logical ids; `attempts` -1 is for ever."""

    name: str
    function: str
    source: str
    batch_size: int
    reports_failures: bool
    concurrency: int | None
    attempts: int
    bisect: bool
    failures_to: str | None
    patterns: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    name: str
    function: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Resource:
    """`properties` are resolved."""

    id: str
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    functions: Mapping[str, Function]
    routes: tuple[Route, ...]
    mappings: tuple[SourceMapping, ...]
    schedules: tuple[Schedule, ...]


def of_type(template: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, resource in template["Resources"].items():
        if resource["Type"] == kind:
            yield name, resource.get("Properties", {})


def resources(template: Mapping[str, Any], kind: str, resolver: Resolver) -> list[Resource]:
    return [Resource(name, resolver.resolve(properties)) for name, properties in of_type(template, kind)]


def read(template: Mapping[str, Any], root: Path, resolver: Resolver) -> Plan:
    """The plan of a translated template; `root` is where its folders of code stand."""
    return Plan(
        functions={one.name: one for one in _functions(template, root, resolver)},
        routes=tuple(_routes(template, resolver)),
        mappings=tuple(_mapping(one) for one in resources(template, "AWS::Lambda::EventSourceMapping", resolver)),
        schedules=tuple(_schedules(template, resolver)),
    )


def _functions(template: Mapping[str, Any], root: Path, resolver: Resolver) -> Iterator[Function]:
    layers = {
        one.id: root / one.properties["Content"]["S3Key"]
        for one in resources(template, "AWS::Lambda::LayerVersion", resolver)
    }
    for one in resources(template, "AWS::Lambda::Function", resolver):
        given = one.properties
        yield Function(
            name=one.id,
            handler=given["Handler"],
            code=root / given["Code"]["S3Key"],
            layers=tuple(layers[name] for name in given.get("Layers", [])),
            timeout=int(given.get("Timeout", 3)),
            memory=int(given.get("MemorySize", 128)),
            concurrency=given.get("ReservedConcurrentExecutions"),
            environment={k: str(v) for k, v in given.get("Environment", {}).get("Variables", {}).items()},
        )


def _routes(template: Mapping[str, Any], resolver: Resolver) -> Iterator[Route]:
    for api in resources(template, "AWS::ApiGatewayV2::Api", resolver):
        body = api.properties["Body"]
        schemes = body.get("components", {}).get("securitySchemes", {})
        authorizers = {name: _authorizer(one["x-amazon-apigateway-authorizer"]) for name, one in schemes.items()}
        for path, methods in body["paths"].items():
            for method, operation in methods.items():
                if method in _METHODS:
                    names = [name for one in operation.get("security", []) for name in one]
                    uri = operation["x-amazon-apigateway-integration"]["uri"]
                    yield Route(
                        method="ANY" if method.startswith("x-") else method.upper(),
                        path=path,
                        function=uri.split(":function:")[1].split("/")[0],
                        authorizer=next((authorizers[name] for name in names if name in authorizers), None),
                    )


def _authorizer(given: Mapping[str, Any]) -> Authorizer:
    settings = given["jwtConfiguration"]
    return Authorizer(settings["issuer"], tuple(settings["audience"]))


def _mapping(one: Resource) -> SourceMapping:
    given = one.properties
    source = given["EventSourceArn"]
    filters: Sequence[Mapping[str, str]] = given.get("FilterCriteria", {}).get("Filters", [])
    failures_to = given.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    return SourceMapping(
        name=one.id,
        function=given["FunctionName"],
        source=source.split(":table/")[1].split("/")[0] if ":table/" in source else source.rsplit(":", 1)[1],
        batch_size=int(given.get("BatchSize", 100 if ":table/" in source else 10)),
        reports_failures="ReportBatchItemFailures" in given.get("FunctionResponseTypes", []),
        concurrency=given.get("ScalingConfig", {}).get("MaximumConcurrency"),
        attempts=int(given.get("MaximumRetryAttempts", -1)),
        bisect=bool(given.get("BisectBatchOnFunctionError", False)),
        failures_to=failures_to.rsplit(":", 1)[1] if failures_to else None,
        patterns=tuple(json.loads(one["Pattern"]) for one in filters),
    )


def _schedules(template: Mapping[str, Any], resolver: Resolver) -> Iterator[Schedule]:
    for kind, target in (("AWS::Events::Rule", "Targets"), ("AWS::Scheduler::Schedule", "Target")):
        for one in resources(template, kind, resolver):
            targets = one.properties[target]
            for each in targets if isinstance(targets, list) else [targets]:
                yield Schedule(one.id, each["Arn"].rsplit(":", 1)[1], seconds(one.properties["ScheduleExpression"]))


def seconds(expression: str) -> float:
    """Of `rate(5 minutes)`; raises ValueError for any other form."""
    units = {"minute": 60, "hour": 3600, "day": 86400}
    count, _, unit = expression.removeprefix("rate(").removesuffix(")").partition(" ")
    if not expression.startswith("rate(") or unit.rstrip("s") not in units:
        raise ValueError(f"the local run fires rates only, not {expression}")
    return float(int(count) * units[unit.rstrip("s")])
