"""What jobs of these tests do in place of learning, in processes of their own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Note, Progress

WORDS = "words.txt"
"""Beside the hub file: what becomes of the next jobs, a line each."""


def say(arguments: Mapping[str, Any], progress: Progress, note: Note) -> dict[str, Any]:
    """End as the next line says, and drop that line."""
    path = Path(arguments["hub"]).with_name(WORDS)
    first, *rest = path.read_text().splitlines()
    path.write_text("".join(f"{line}\n" for line in rest))
    if first == "failed":
        raise InputError("not one frame can be read")
    return {"word": first, "why": f"{arguments['kind']} of {arguments['camera']}"}
