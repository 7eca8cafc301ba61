"""What jobs of these tests do, in processes of their own."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Note, Progress


def count(arguments: Mapping[str, Any], progress: Progress, note: Note) -> dict[str, Any]:
    """Count up in a file, on from where it stands; wait at a number until a file says that it may go on."""
    path, gate = Path(arguments["file"]), Path(arguments["gate"])
    begun = number = int(path.read_text()) if path.exists() else 0
    while number < arguments["to"]:
        number += 1
        path.with_suffix(".part").write_text(str(number))
        path.with_suffix(".part").rename(path)
        progress("count", number, arguments["to"], str(os.getpid()))
        while number == arguments["wait_at"] and not gate.exists():
            time.sleep(0.02)
    return {"begun": begun, "counted": number}


def refuse(arguments: Mapping[str, Any], progress: Progress, note: Note) -> dict[str, Any]:
    """Bad input."""
    raise InputError("not one frame can be read")
