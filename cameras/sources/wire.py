"""Messages between the node and the child process of a camera: a little JSON, then bytes.

Both sides import this file; the child pays for every import in memory, nine times, so there are few.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

Message = dict[str, Any]

ASK = b"?"
"""What the node sends for the newest picture."""
_LENGTHS = struct.Struct("!II")


def send(sock: socket.socket, message: Message, payload: bytes | memoryview = b"") -> None:
    """Send one message with the bytes that belong to it."""
    text = json.dumps(message).encode()
    sock.sendall(_LENGTHS.pack(len(text), len(payload)) + text)
    if payload:
        sock.sendall(payload)


def receive(sock: socket.socket) -> tuple[Message, int]:
    """The next message, and how many bytes follow it.

    Raises:
        EOFError: the other side is gone.
    """
    head = bytearray(_LENGTHS.size)
    receive_into(sock, memoryview(head))
    length, follow = _LENGTHS.unpack(head)
    text = bytearray(length)
    receive_into(sock, memoryview(text))
    return json.loads(text), follow


def receive_into(sock: socket.socket, buffer: memoryview) -> None:
    """Fill a buffer of bytes.

    Raises:
        EOFError: the other side is gone.
    """
    while buffer:
        count = sock.recv_into(buffer)
        if not count:
            raise EOFError("the other side closed the connection")
        buffer = buffer[count:]
