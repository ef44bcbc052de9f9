"""The router of every HTTP function, so that they all validate and fail in the same way."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)

from meetbridge.api import problem
from meetbridge.api.identity import identity
from meetbridge.errors import MeetbridgeError
from meetbridge.model.account import Identity


def make_resolver() -> APIGatewayHttpResolver:
    """A resolver that validates by the routes' types and answers every error as problem+json."""
    resolver = APIGatewayHttpResolver(enable_validation=True, debug=False, json_body_deserializer=_read)
    resolver.exception_handler(MeetbridgeError)(problem.of_error)
    resolver.exception_handler(RequestValidationError)(problem.of_validation)
    resolver.exception_handler(Exception)(problem.of_unexpected)

    resolver.exception_handler([UnicodeDecodeError, RecursionError])(_unreadable)
    resolver.exception_handler(RequestUnsupportedContentType)(_unsupported)
    resolver.not_found(partial(_no_route, resolver))
    return resolver


def caller(resolver: APIGatewayHttpResolver) -> Identity:
    """Who sent the request at hand."""
    return identity(resolver.current_event.raw_event)


def run_id(resolver: APIGatewayHttpResolver) -> str:
    """The request's id, by which ledger and outgoing events name it as a cause."""
    return str(resolver.current_event.raw_event["requestContext"].get("requestId", ""))


def methods(resolver: APIGatewayHttpResolver, path: str) -> list[str]:
    """The methods that the path can be called with; Powertools has no public list of its routes."""
    routes = resolver._static_routes + resolver._dynamic_routes
    return sorted({route.method for route in routes if route.rule.match(path)})


def _read(body: str) -> Any:
    """The body; Python gives up on a number of thousands of digits with an error of its own."""
    try:
        return json.loads(body)
    except json.JSONDecodeError:
        raise
    except ValueError as e:
        raise json.JSONDecodeError("a number has too many digits", "", 0) from e


def _unreadable(_: Exception) -> Response[str]:
    return problem.answer(problem.KINDS[problem.BadRequest], "The body is not JSON in UTF-8.")


def _unsupported(_: Exception) -> Response[str]:
    return problem.answer(problem.UNSUPPORTED, "Send the body as application/json.")


def _no_route(resolver: APIGatewayHttpResolver, _: NotFoundError) -> Response[str]:
    allowed = methods(resolver, resolver.current_event.path)
    if allowed:
        return problem.answer(problem.NO_METHOD, "Not with this method.", headers={"Allow": ", ".join(allowed)})
    return problem.answer(problem.NO_ROUTE, "There is nothing at this address.")
