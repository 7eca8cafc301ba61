"""Names of the files in a node's state folder that others read too."""

from __future__ import annotations

JOURNAL = "history.sqlite"
HEARTBEAT_FILE = "heartbeat"
"""Touched while the node runs: until when the states in the journal are known to have held."""
