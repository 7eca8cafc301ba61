"""The HTTP server of a node, in a thread of its own: no client makes the node wait."""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lotwise.cameras.site.api import ApiSettings, is_loopback
from lotwise.cameras.site.settings import Site
from lotwise.node.api_token import checked_token
from lotwise.node.http.listening import listening, tls_files
from lotwise.node.http.served_node import ServedNode
from lotwise.node.slot_editing.edited_site import EditedSite

if TYPE_CHECKING:
    import uvicorn

    from lotwise.node.serving.serving import Serving

log = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 2.0
"""Seconds for which the end waits for answers under way."""
LATEST_START_S = 3.0
"""Seconds after which the server's libraries are loaded at the latest. Chosen: until then a node is to have detected
its first frame, and cameras that do not answer must not keep the page away."""
FIRST_FRAME_POLL_S = 0.1
"""Seconds between two questions whether a frame was detected; a client is noticed at once."""


class ApiServer:
    """Serves a node's page, JSON API and metrics from ``start`` to ``close``."""

    def __init__(
        self,
        node: ServedNode,
        settings: ApiSettings,
        base: Path = Path(),
        edited: EditedSite | None = None,
        past: Site | None = None,
        cameras_first: bool = False,
        serving: Serving | None = None,
    ) -> None:
        """``base`` is the folder of the site file, which token, certificate and key are relative to; ``edited`` are the
        cameras whose slots can be edited, ``past`` is the site whose history can be asked for. With ``cameras_first``
        its libraries are loaded after the first detected frame, or when somebody asks. ``serving`` is what is detected
        for neighbours."""
        self._cameras_first, self._serving = cameras_first, serving
        self._edited, self._past = edited, past
        self._node = node
        self._settings = settings
        self._base = base
        self._socket: socket.socket | None = None
        self._port = 0
        self._server: uvicorn.Server | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """Port that is listened on; known after ``start``."""
        assert self._socket is not None, "not started"
        return self._port

    def start(self) -> None:
        """Listen. Returns at once; who asks before the server's libraries are loaded waits until they are.

        Raises:
            InputError: address or port, token, certificate or key cannot be used.
        """
        token = read_token(self._settings, self._base)
        files = tls_files(self._settings.certificate, self._settings.key, self._base, "publish.api")
        self._socket = listening(self._settings.host, self._settings.port, "publish.api")
        self._port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, args=(token, *files), name="api", daemon=True)
        self._thread.start()
        log.info("page, API and metrics: port %d", self._port)

    def wake(self) -> None:
        """Nothing to do: whoever asks reads the node at that moment."""

    def metrics(self) -> Mapping[str, float]:
        """Of what is detected for neighbours; none else of its own."""
        return self._serving.metrics() if self._serving is not None else {}

    def close(self) -> None:
        """Stop listening; answers under way have a second to finish."""
        self._closing.set()
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(CLOSE_TIMEOUT_S)
        if self._socket is not None:
            self._socket.close()

    def _serve(self, token: str | None, certificate: Path | None, key: Path | None) -> None:
        if self._cameras_first:
            self._wait_for_a_frame()
        # Here and not above: loading these takes half a second, in which the first frames are looked at.
        from lotwise.node.http.api import make_app
        from lotwise.node.http.uvicorn_server import make_server

        assert self._socket is not None
        self._server = make_server(
            make_app(self._node, token, self._edited, self._past, self._serving), certificate, key
        )
        if not self._closing.is_set():
            self._server.run([self._socket])

    def _wait_for_a_frame(self) -> None:
        """Until a frame was detected, somebody asks, or it has taken too long."""
        assert self._socket is not None
        end = time.monotonic() + LATEST_START_S
        while time.monotonic() < end and not self._closing.is_set():
            if any(camera.detected for camera in self._node.now().cameras.values()):
                return
            if select.select([self._socket], [], [], FIRST_FRAME_POLL_S)[0]:
                return


def page_url(settings: ApiSettings) -> str:
    """Address of the page for people on other machines; "" where they cannot open it, or where it is not known.

    >>> page_url(ApiSettings(public_url="https://lot.example/node/"))
    'https://lot.example/node/'
    >>> page_url(ApiSettings())  # listens on loopback
    ''
    """
    if settings.public_url is not None:
        return settings.public_url
    if not settings.enabled or is_loopback(settings.host) or not settings.port:
        return ""
    host = socket.getfqdn() if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    scheme = "http" if settings.certificate is None else "https"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}/"


def read_token(settings: ApiSettings, base: Path) -> str | None:
    """The token, if one is asked for.

    Raises:
        InputError: it cannot be read or is too short to keep anybody out.
    """
    return None if settings.token is None else checked_token(settings.token, base)
