"""What models between nano and student say of frames: written to a file and read again."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from lotwise.datasets.frame import Detections
from lotwise.datasets.whole_file import write_whole

Said = Mapping[float, Mapping[str, Detections]]
"""Boxes in pixels of the frame, by share of the way from nano to student and by frame name."""


def write_said(path: Path, identity: str, said: Said) -> None:
    """Write what was said, whole or not at all.

    Args:
        path: of the file, an ``.npz``.
        identity: of whatever it depends on.
        said: boxes of low score too.
    """
    arrays: dict[str, Any] = {}
    places = [(share, name) for share, found in said.items() for name in found]
    for place, (share, name) in enumerate(places):
        one = said[share][name]
        arrays |= {f"{place}.boxes": one.boxes, f"{place}.scores": one.scores, f"{place}.labels": one.labels}
    head = json.dumps({"identity": identity, "places": places})
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, head=np.array(head), **arrays)
    write_whole(path, buffer.getvalue())


def read_said(path: Path) -> tuple[str, Said] | None:
    """Identity and what was said; None where there is no such file, or a broken one."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            head = json.loads(str(arrays["head"]))
            said: dict[float, dict[str, Detections]] = {}
            for place, (share, name) in enumerate(head["places"]):
                one = Detections(*(arrays[f"{place}.{field}"] for field in ("boxes", "scores", "labels")))
                said.setdefault(float(share), {})[name] = one
            return head["identity"], said
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):  # the last two where a power cut has left it torn
        return None
