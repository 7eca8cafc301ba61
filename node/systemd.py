"""Tells systemd that the node is up and its loop turns; does nothing where systemd did not start it."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

log = logging.getLogger(__name__)


def notify(message: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send one message such as ``READY=1`` or ``WATCHDOG=1`` (sd_notify(3)); whether anybody was told."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            # An abstract socket's name begins with a zero byte, which the environment cannot hold.
            there.connect("\0" + address[1:] if address.startswith("@") else address)
            there.sendall(message.encode())
    except OSError as error:  # who does not listen is no reason to stop looking at cameras
        log.warning("%s: systemd cannot be told %s (%s)", address, message, error.strerror)
        return False
    return True


def writes_to_journal(environment: Mapping[str, str] = os.environ, descriptor: int = 2) -> bool:
    """Whether systemd's journal reads what is written to stderr, and adds the time itself (systemd.exec(5))."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return False
    return environment.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def watchdog_s(environment: Mapping[str, str] = os.environ) -> float | None:
    """Seconds within which systemd wants to hear of the node; None where it does not watch."""
    wanted = environment.get("WATCHDOG_USEC", "")
    ours = environment.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
    return int(wanted) / 1e6 if wanted.isdigit() and int(wanted) and ours else None
