"""The Calendar API's front door: authorisation, faults, the call log and the recording around `api.answer`."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, request

from . import discovery, tokens
from .api import Call, answer
from .errors import ApiError
from .faults import LONGEST, Fault, error_of
from .recording import answer as recorded_answer
from .recording import message
from .rows import now
from .state import Simulator
from .times import now_text

ROOT = "/calendar/v3/"
JSON_TYPE = "application/json; charset=UTF-8"


def _raw_path() -> str:
    """The path as sent, still quoted: an id may hold a quoted slash."""
    raw = str(request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.full_path)
    path = raw.partition("?")[0]
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path


def _refuse(code: int, error: ApiError) -> Response:
    return Response(json.dumps(error.body()), code, content_type=JSON_TYPE)


def _insufficient() -> ApiError:
    return ApiError(403, "insufficientPermissions", "Request had insufficient authentication scopes.")


class Front:
    """One API request from its raw form to its answer."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def handle(self) -> Response:
        text = request.get_data(as_text=True)
        try:
            method, path = discovery.route(request.method, _raw_path().removeprefix(ROOT))
        except ApiError as error:
            return self._finish("", "", text, _refuse(error.code, error))
        email = ""
        fault = self.sim.faults.next_call(method.id)
        try:
            token = tokens.of_header(self.sim.store, request.headers.get("Authorization"))
            email = token.email
            if fault:
                self._misbehave(fault)
            response = self._answer(method, path, token, text)
            if fault and fault.kind == "lost_answer":
                raise ApiError(503, "backendError", "Service Unavailable")
        except ApiError as error:
            response = _refuse(error.code, error)
            if fault and error.code in (429, 503):
                response.headers["Retry-After"] = f"{fault.seconds:.0f}"
        return self._finish(method.id, email, text, response)

    def _answer(self, method: discovery.Method, path: dict[str, str], token: tokens.Token, text: str) -> Response:
        if not method.scopes & set(token.scopes):
            raise _insufficient()
        query = discovery.query(method, request.query_string.decode("utf-8", "replace"))
        call = Call(
            sim=self.sim, token=token, method=method.id, scopes=method.scopes, path=path, query=query,
            body=discovery.body(method, text), if_match=request.headers.get("If-Match"),
            if_none_match=request.headers.get("If-None-Match"),
        )  # fmt: skip
        status, body = answer(call)
        response = Response(body, status, content_type=JSON_TYPE)
        if status == 204:
            del response.headers["Content-Type"]
        return response

    def _misbehave(self, fault: Fault) -> None:
        if fault.kind == "timeout":
            self.sim.closing.wait(min(fault.seconds, LONGEST))
            raise ApiError(503, "backendError", "Service Unavailable")
        error = error_of(fault)
        if error:
            raise error

    def _finish(self, method: str, email: str, text: str, response: Response) -> Response:
        body = response.get_data(as_text=True)
        values = (method, request.method, _raw_path(), request.query_string.decode("utf-8", "replace"))
        self.sim.store.run(
            "insert into calls (method, verb, path, query, status, email, at) values (?,?,?,?,?,?,?)",
            *values, response.status_code, email, now_text(now()),
        )  # fmt: skip
        query = "?" + values[3] if values[3] else ""
        url = request.host_url.rstrip("/") + values[2] + query
        sent = message(request.method, url, dict(request.headers), text)
        self.sim.recorder.write("out", sent, recorded_answer(response.status_code, dict(response.headers), body))
        return response


def blueprint(sim: Simulator) -> Blueprint:
    part = Blueprint("api", __name__)
    front = Front(sim)

    @part.route(ROOT + "<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def call(rest: str) -> Any:  # noqa: ARG001
        return front.handle()

    return part
