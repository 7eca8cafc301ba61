"""How well N frames that ``lotwise collect`` keeps of a stream show all of its light and occupancy.

python benchmarks/collection/coverage.py [--frames days/UFPR05] [--counts 4,8,12,16,24] [--json F]

The frames of a real day come one after the other, as from a camera; the budget on disk has room for about N of them.
Beside it, with as many frames: every k-th, and those that came first. For each frame of the day the distance to the
nearest kept one is measured (0.2: the same to the eye); the mean says how well the day is covered, the largest what was
missed. The choice from all frames at once (``lotwise frames``) is what could be reached.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from lotwise.cameras.collection.kept_frames import JPEG_QUALITY, Budget, KeptFrames
from lotwise.cameras.frame_selection.appearance import describe
from lotwise.cameras.frame_selection.farthest_point import choose
from lotwise.cameras.frame_selection.survey import Survey, survey
from lotwise.datasets.images import read_image, reduced
from lotwise.datasets.readers.folder import read_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--frames", default="days/UFPR05", help="folder of LOTWISE_SHARED with one camera's frames")
    parser.add_argument("--counts", default="4,8,12,16,24", help="numbers of frames, with commas between them")
    parser.add_argument("--json", type=Path, help="write everything here")
    options = parser.parse_args()
    shared = Path(os.environ.get("LOTWISE_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    frames = sorted(read_folder(shared / options.frames).frames, key=lambda frame: str(frame.taken))
    images = [read_image(frame.path) for frame in frames]
    sizes = [len(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]) for image in images]
    seen = survey(frames)
    rows = []
    for wanted in map(int, options.counts.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            budget = round(wanted * float(np.mean(sizes)))
            kept = KeptFrames(Path(folder), {"C": ()}, Budget(budget, budget))
            for index, image in enumerate(images):
                kept.offer("C", image, describe(reduced(image, 8)), f"{index:06d}")
            found = sorted(int(file.stem) for file in (Path(folder) / "C").glob("*.jpg"))
        count = len(found)
        ways = {
            "collect": found,
            "every k-th": np.linspace(0, len(frames) - 1, count).round().astype(int).tolist(),
            "the first": list(range(count)),
            "from all at once": list(choose(seen, count).indices),
        }
        rows += [{"frames": count, "way": way, **covered(seen, chosen)} for way, chosen in ways.items()]
    show(rows, len(frames))
    if options.json:
        options.json.write_text(json.dumps({"of": len(frames), "from": options.frames, "rows": rows}, indent=1) + "\n")


def covered(seen: Survey, chosen: Sequence[int]) -> dict[str, float]:
    """Distances of all fit frames to the nearest chosen one, by light, occupancy and both."""
    fit = np.array([index for index in range(len(seen.exposure)) if index not in {*seen.unreadable, *seen.unfit}])
    occupancy, light = (np.array(part)[:, fit] for part in zip(*map(seen.distances, chosen), strict=True))
    both = np.hypot(occupancy, light)
    return {
        "mean": round(float(both.min(axis=0).mean()), 3),
        "largest": round(float(both.min(axis=0).max()), 3),
        "mean_light": round(float(light.min(axis=0).mean()), 3),
        "largest_light": round(float(light.min(axis=0).max()), 3),
        "mean_occupancy": round(float(occupancy.min(axis=0).mean()), 3),
        "largest_occupancy": round(float(occupancy.min(axis=0).max()), 3),
    }


def show(rows: Sequence[dict[str, Any]], total: int) -> None:
    table = Table("frames", "way", "mean", "largest", "light: mean", "largest", "occupancy: mean", "largest")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console(width=120).print(f"of {total} frames", table)


if __name__ == "__main__":
    main()
