"""How a node starts Python processes of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path(__file__).parents[2]
"""Where the package ``lotwise`` lies."""
_PASSED_VARIABLES = (
    "PATH",
    "LANG",
    "TZ",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "PYTHONPATH",
    "PYTHONHOME",
)
"""Variables of the environment that a child gets; the rest may hold passwords and is not handed on."""


def child_command(module: str) -> list[str]:
    """Arguments after Python's own that run the function ``main`` of a module, wherever the package lies."""
    return ["-c", f"import sys; sys.path.insert(0, sys.argv[1]); from {module} import main; main()", str(_ROOT)]


def child_environment(more: Mapping[str, str]) -> dict[str, str]:
    """Environment of a child: what it needs of this process's, and more variables."""
    return {name: os.environ[name] for name in _PASSED_VARIABLES if name in os.environ} | dict(more)
