"""What a node of a federation has, whatever carries its messages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Node:
    """What a node has.

    Attributes:
        run: run folder in which its camera is labelled.
        camera: the camera.
        reference: folder of its copy of the reference set; None where it has none.
    """

    run: Path
    camera: str
    reference: Path | None = None
