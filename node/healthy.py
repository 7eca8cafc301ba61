"""Whether a site's node runs and looks at its cameras, asked from another process: the health check of a container."""

from __future__ import annotations

import time
from pathlib import Path

from lotwise.node.state_folder import HEARTBEAT_FILE

MAX_SILENCE_S = 30.0
"""Seconds without a heartbeat from which on a node counts as hanging; it writes one every five while its loop turns."""


def why_unhealthy(state: Path, now: float | None = None) -> str | None:
    """Why a node needs a restart, in one line; None where it does not.

    Nothing is asked of the node itself, so that this holds with any API settings, or none.

    Args:
        state: the site's state folder.
        now: seconds since 1970; the clock's by default.
    """
    try:
        beat = (state / HEARTBEAT_FILE).stat().st_mtime
    except OSError:
        return f"{state}: no node has run here yet"
    silence = (time.time() if now is None else now) - beat
    if silence > MAX_SILENCE_S:
        return f"{state}: the node has not looked at its cameras for {silence:.0f} seconds"
    return None
