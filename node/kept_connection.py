"""An HTTP connection that stays open from one question to the next: for frames, a new one would cost too much."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from lotwise.datasets.errors import InputError


class KeptConnection:
    """To one server. Used by one thread, but :meth:`break_off` by any.

    Args:
        url: its address, without a slash at its end.
        tls: for https.
        timeout_s: seconds for a connection, and for each part of an answer.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None, timeout_s: float) -> None:
        self._url, self._tls, self._timeout_s = urlsplit(url), tls, timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], most: int
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """One question; the answer's head and ``most`` bytes of its body, or one more where it is longer.

        Raises:
            OSError, http.client.HTTPException, ValueError: there was no answer; the next question opens a connection.
        """
        kept = self._connection is not None
        try:
            try:
                response = self._answer(method, path, body, headers)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                if not kept:
                    raise
                self.close()  # servers close connections that are idle; this one has not looked at the body then
                response = self._answer(method, path, body, headers)
            said = response.read(most + 1)
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            raise
        if len(said) > most or response.will_close:
            self.close()
        return response, said

    def close(self) -> None:
        """Let go of it; the next question opens another one."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def break_off(self) -> None:
        """Wake up the thread that waits for an answer, with an error."""
        opened = self._connection.sock if self._connection is not None else None
        if opened is not None:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)

    def _answer(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        if self._connection is None:
            host, port = self._url.hostname or "", self._url.port
            self._connection = (
                http.client.HTTPConnection(host, port, timeout=self._timeout_s)
                if self._tls is None
                else http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=self._tls)
            )
        self._connection.request(method, f"{self._url.path}{path}", body or None, dict(headers))
        return self._connection.getresponse()


def client_tls(ca: Path | None, setting: str) -> ssl.SSLContext:
    """What a server's certificate is checked by, from TLS 1.2 up.

    Args:
        ca: certificates to trust instead of the system's (PEM); the system's where None.
        setting: of the site file that names them.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            f"{setting}: {ca}: holds no certificates that can be read ({error}); give a PEM file"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
