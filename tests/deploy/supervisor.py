"""Home Assistant's supervisor, as far as an add-on asks it for a broker."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


@contextmanager
def supervised(broker: dict[str, Any] | None) -> Iterator[str]:
    """Its address while it answers; where there is no broker, with an error, as it does."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            there = broker is not None and self.path == "/services/mqtt"
            self.send_response(200 if there else 400)
            self.end_headers()
            said = {"result": "ok", "data": broker} if there else {"result": "error", "message": "not enabled"}
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
