"""Whether a hub serves on this machine, asked from another process: the health check of a container."""

from __future__ import annotations

import http.client
import ssl

from lotwise.datasets.errors import InputError
from lotwise.hub.reading import HubFile

TIMEOUT_S = 10.0
_HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""Where a hub is asked on this machine that listens on all addresses."""


def why_unhealthy(file: HubFile) -> str | None:
    """Why a hub needs a restart, in one line; None where it and its database answer.

    Args:
        file: its hub file.

    Raises:
        InputError: the file says no port at which it could be asked.
    """
    listen = file.settings.listen
    if listen.port == 0:
        raise InputError(f"{file.path}: listen.port: 0 is any port; give one at which the hub can be asked")
    host = _HERE.get(listen.host, listen.host)
    where = f"hub at {host}:{listen.port}"
    connection = http.client.HTTPConnection(host, listen.port, timeout=TIMEOUT_S)
    if listen.certificate is not None:
        # Of this machine, where the certificate's name is not the one that is asked for.
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, listen.port, timeout=TIMEOUT_S, context=trusting)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{where}: does not answer ({error})"
    finally:
        connection.close()
    return None if status == 200 else f"{where}: answers {status}"
