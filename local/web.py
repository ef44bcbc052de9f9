"""WSGI applications as servers of this process, each with threads of its own."""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from local.addresses import HOST


class _Quiet(WSGIRequestHandler):
    """Says nothing of single requests: their queries hold codes and states."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def setup(self) -> None:
        super().setup()
        # Headers and body are written apart; without this each answer waits for an acknowledgement.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Server:
    """Serves until closed."""

    def __init__(self, port: int, application: Any, name: str) -> None:
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self._server = make_server(HOST, port, application, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
