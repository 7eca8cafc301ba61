"""Names of the files in a node's state folder that others read too."""

from __future__ import annotations

JOURNAL = "history.sqlite"
AGREEMENT = "agreement.json"
"""How cameras agree that see the same places."""
HEARTBEAT_FILE = "heartbeat"
"""Touched while the node runs: until when the states in the journal are known to have held."""
