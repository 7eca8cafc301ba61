"""What a server needs before it serves: a socket that listens, and TLS files that were tried."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from pathlib import Path

from lotwise.datasets.errors import InputError

_LISTEN_ERRORS = {
    errno.EADDRINUSE: "is in use by another program; stop that, or set {settings}.port to another one (0: any free)",
    errno.EACCES: "is not allowed to this user; set {settings}.port to one above 1023",
    errno.EADDRNOTAVAIL: "is no address of this machine; set {settings}.host to one of its own, 127.0.0.1 or 0.0.0.0",
}


def tls_files(
    certificate: Path | None, key: Path | None, base: Path, settings: str
) -> tuple[Path, Path] | tuple[None, None]:
    """Certificate and key, tried before anything listens; None twice where there are none.

    Args:
        certificate, key: PEM files.
        base: folder that they are relative to.
        settings: section that names them, for errors.

    Raises:
        InputError: they cannot be read, or do not belong together.
    """
    if certificate is None or key is None:
        return None, None
    certificate, key = base / certificate, base / key
    for path in (certificate, key):
        if not os.access(path, os.R_OK):
            raise InputError(f"{path}: cannot be read; {settings} needs a certificate and its key as PEM files")
    try:
        # An empty password: never ask on the terminal of a service.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        raise InputError(
            f"{certificate}: cannot be used with {key} ({error.reason or 'not PEM'}); "
            "give a certificate and its own key, both PEM and without a pass phrase"
        ) from error
    return certificate, key


def listening(host: str, port: int, settings: str) -> socket.socket:
    """A socket that listens; arguments likewise.

    Raises:
        InputError: that cannot be listened on.
    """
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except OSError as error:
        raise InputError(f"{settings}: {where}: no such address ({error.strerror}); set {settings}.host") from error
    opened = socket.socket(family, kind)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(64)
    except OSError as error:
        opened.close()
        why = _LISTEN_ERRORS.get(
            error.errno or 0, "cannot be listened on ({error}); set {settings}.host and {settings}.port"
        ).format(settings=settings, error=error.strerror)
        raise InputError(f"{settings}: {where} {why}") from error
    return opened
