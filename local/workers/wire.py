"""What run and worker say to each other: JSON with its length before it, over a pair of sockets."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("!I")


def send(channel: socket.socket, message: Any) -> None:
    body = json.dumps(message, separators=(",", ":")).encode()
    channel.sendall(_LENGTH.pack(len(body)) + body)


def receive(channel: socket.socket) -> Any:
    """Raises EOFError when the other side is gone, TimeoutError as the socket's timeout says."""
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size))
    return json.loads(_exactly(channel, length))


def _exactly(channel: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        got = channel.recv(min(size - len(parts), 1 << 20))
        if not got:
            raise EOFError("the other side is gone")
        parts += got
    return bytes(parts)
