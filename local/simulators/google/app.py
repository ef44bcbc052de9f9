"""Puts the simulator together and runs it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from flask import Flask, jsonify
from flask.wrappers import Response
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from . import control, oauth, pages, web
from .errors import ApiError
from .state import Settings, Simulator

LARGEST_REQUEST = 32 * 1024 * 1024


class Handler(WSGIRequestHandler):
    """Keeps connections open and writes no log line for each request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """The control endpoint /control/calls lists the calls instead."""


def create_app(sim: Simulator) -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.extensions["simulator"] = sim
    for part in (web, oauth, control, pages):
        app.register_blueprint(part.blueprint(sim))

    @app.errorhandler(ApiError)
    def refuse(error: ApiError) -> tuple[Response, int]:
        return jsonify(error.body()), error.code

    return app


def make(sim: Simulator, host: str = "127.0.0.1", port: int = 0) -> BaseWSGIServer:
    """A threaded server that is not yet serving; port 0 is any free one."""
    return make_server(host, port, create_app(sim), threaded=True, request_handler=Handler)


@dataclass(frozen=True)
class Running:
    url: str
    simulator: Simulator


@contextmanager
def running(path: str | None = None, settings: Settings | None = None, record: str | None = None) -> Iterator[Running]:
    """A simulator on a free port of this machine, for tests; without a path its state goes with it."""
    with TemporaryDirectory() as folder:
        sim = Simulator(path or f"{folder}/google.sqlite", settings or Settings(), record)
        server = make(sim)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield Running(f"http://127.0.0.1:{server.server_port}", sim)
        finally:
            sim.closing.set()
            server.shutdown()
            server.server_close()
            thread.join()
            sim.close()
