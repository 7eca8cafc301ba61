"""A port for a server of a test, also for one that is stopped and started again."""

import random
import socket
from pathlib import Path

FIRST = 20_000
"""Ray gives its workers the ports below."""
RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """A port of loopback on which nobody listens.

    It lies below those that the system gives to whoever asks for any: so no connection of another test gets it while
    the server is away.
    """
    end = int(RANGE.read_text().split()[0]) if RANGE.exists() else 32_768
    while True:
        port = random.SystemRandom().randrange(FIRST, end) if end > FIRST else 0
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
