"""A server on loopback that takes every AWS call as SQS or DynamoDB would, and remembers which calls there were."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length", 0)))
        target = self.headers.get("X-Amz-Target", self.path)
        self.server.calls.append(target)  # type: ignore[attr-defined]
        self._answer(_answer(target, sent))

    def do_GET(self) -> None:
        self.server.calls.append(self.path)  # type: ignore[attr-defined]
        self._answer(b"{}")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """`calls` says it."""


def _answer(target: str, sent: bytes) -> bytes:
    if not target.endswith(".SendMessageBatch"):
        return b"{}"
    ids = [entry["Id"] for entry in json.loads(sent)["Entries"]]
    return json.dumps({"Successful": [{"Id": id_, "MessageId": id_} for id_ in ids], "Failed": []}).encode()


class Sink:
    """`calls` are the targets (`AmazonSQS.SendMessageBatch`), or paths where there is none, in order."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server
        self.url = f"http://127.0.0.1:{server.server_port}"

    @property
    def calls(self) -> list[str]:
        return list(self._server.calls)  # type: ignore[attr-defined]


@contextmanager
def sink() -> Iterator[Sink]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    server.calls = []  # type: ignore[attr-defined]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Sink(server)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
