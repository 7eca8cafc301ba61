"""Students of one to eight frames against the untouched nano, on days that they never saw.

python benchmarks/few_frames/compare.py --json docs/few-frames.json --markdown docs/few-frames.md \\
    --plot docs/few-frames.png

For each camera, number of frames and seed, frames of some days are drawn and a run's own training stage is given them.
One process, one thread; what an earlier run measured is not trained again. The truth enters only what is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2
import torch
from rich.console import Console

from benchmarks.few_frames.cameras import KINDS, SIZE, STEPS, open_camera
from benchmarks.few_frames.cells import Cell, measured
from benchmarks.few_frames.tables import lines_of, plot, show, write_markdown
from lotwise.datasets.errors import InputError


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("LOTWISE_SHARED", "../shared")))
    parser.add_argument("--cameras", default="C1,C3,PUCPR,UFPR05,R1")
    parser.add_argument("--counts", type=numbers, default=(1, 2, 3, 5, 8))
    parser.add_argument("--seeds", type=numbers, default=(0, 1, 2))
    parser.add_argument("--recipes", default="own,sisters")
    parser.add_argument("--work", type=Path, default=Path("runs/few-frames"))
    parser.add_argument("--finished", action="store_true", help="train nothing, show all that was measured")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path, help="page whose marked table is replaced")
    parser.add_argument("--plot", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    console = Console(stderr=True)
    if not asked.finished:
        for name in asked.cameras.split(","):
            if name not in KINDS:
                raise InputError(f"--cameras {name}: no such camera; one of {', '.join(KINDS)}")
            camera = open_camera(name, asked.shared, asked.work)
            for seed in asked.seeds:
                for recipe in asked.recipes.split(","):
                    for count in asked.counts:
                        cell = Cell(name, count, seed, recipe)
                        measured(cell, camera, asked.work)
                        console.print(f"{cell.name} is measured")
    cells = [json.loads(path.read_text()) for path in sorted((asked.work / "cells").glob("*.json"))]
    if not cells:
        raise InputError(f"{asked.work}: nothing is measured yet; run without --finished")
    lines = lines_of(cells)
    show(lines)
    if asked.json:
        asked.json.write_text(
            json.dumps({"size": SIZE, "steps": STEPS, "lines": lines, "cells": cells}, indent=1) + "\n"
        )
    if asked.markdown:
        write_markdown(lines, asked.markdown)
    if asked.plot:
        plot(lines, asked.plot)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
