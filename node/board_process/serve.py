"""Runs a board until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path

from lotwise.cameras.site.api import is_loopback
from lotwise.cameras.site.secret import Secret
from lotwise.datasets.errors import InputError
from lotwise.node.board_process.server import BoardServer
from lotwise.node.board_process.store import ModuleStore
from lotwise.node.http.listening import listening, tls_files
from lotwise.node.systemd import notify

MIN_TOKEN_CHARACTERS = 16
"""As of the node's API: 64 bits of hexadecimal digits."""


def serve_board(
    bundles: Path,
    module: int,
    listen: str,
    token_file: Path | None,
    certificate: Path | None,
    key: Path | None,
    threads: int,
    say: Callable[[str], object],
) -> None:
    """Serve a module until SIGTERM or Ctrl-C.

    Args:
        bundles: a bundle, a camera's registry, or a run folder.
        module: its number, from 1.
        listen: host and port.
        token_file: holds the token that leaders show.
        certificate, key: PEM files for HTTPS.
        threads: for one frame.
        say: told, one line each, what runs.

    Raises:
        InputError: no such module, or an address, token or certificate that cannot be used.
    """
    host, port = parse_listen(listen)
    token = _token(token_file)
    if token is None and not is_loopback(host):
        raise InputError(f"--listen {listen}: can be reached from outside, which needs --token-file; or give 127.0.0.1")
    if (certificate is None) != (key is None):
        raise InputError("--certificate and --key: TLS needs both; give the missing one, or neither")
    files = tls_files(certificate, key, Path(), "lotwise board")
    store = ModuleStore(bundles, module, threads=threads)
    held = store.held()
    for identity in list(held)[-1:]:
        store.get(identity)  # what is wrong with it is said at once, and the first frame is not late
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    opened = listening(host, port, "--listen")
    server = BoardServer(opened, store, token, *files)
    serving = threading.Thread(target=server.serve_forever, name="board", daemon=True)
    serving.start()
    try:
        for identity, what in held.items():
            say(f"bundle {identity}: {what}")
        scheme = "http" if certificate is None else "https"
        say(f"listening on {scheme}://{f'[{host}]' if ':' in host else host}:{opened.getsockname()[1]}")
        notify("READY=1")
        stop.wait()
    finally:
        notify("STOPPING=1")
        server.shutdown()
        server.server_close()


def parse_listen(listen: str) -> tuple[str, int]:
    """Host and port.

    >>> parse_listen("127.0.0.1:8775"), parse_listen("[::1]:0")
    (('127.0.0.1', 8775), ('::1', 0))

    Raises:
        InputError: not of this form.
    """
    host, _, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise InputError(f"--listen {listen}: expected HOST:PORT, such as 127.0.0.1:8775")
    return host, int(port)


def _token(file: Path | None) -> str | None:
    if file is None:
        return None
    token = Secret(file=file).read(Path())
    if len(token) < MIN_TOKEN_CHARACTERS or not token.isprintable() or not token.isascii():
        raise InputError(
            f"{file}: needs at least {MIN_TOKEN_CHARACTERS} plain characters; make one with: openssl rand -hex 16"
        )
    return token
