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

from benchmarks.few_frames.cameras import KINDS, SIZE, STEPS, Camera, open_camera
from benchmarks.few_frames.cells import Cell, looked
from benchmarks.few_frames.figures import figures_of
from benchmarks.few_frames.tables import lines_of, plot, show, write_markdown
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole
from lotwise.students.few_frames.settings import FewFramesSettings


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("LOTWISE_SHARED", "../shared")))
    parser.add_argument("--cameras", default="C1,C3,PUCPR,UFPR05,R1")
    parser.add_argument("--counts", type=numbers, default=(1, 2, 3, 5, 8))
    parser.add_argument("--seeds", type=numbers, default=(0, 1, 2))
    parser.add_argument("--recipes", default="own,held", help="own, held, sisters, nano; with commas")
    parser.add_argument("--work", type=Path, default=Path("runs/few-frames"))
    parser.add_argument("--finished", action="store_true", help="train nothing, show all that was measured")
    parser.add_argument("--again", action="store_true", help="measure anew what was trained and measured before")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path, help="page whose marked table is replaced")
    parser.add_argument("--plot", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    console = Console(stderr=True)
    cameras: dict[str, Camera] = {}
    asked_cells = [
        Cell(name, count, seed, recipe)
        for seed in asked.seeds
        for count in asked.counts
        for name in asked.cameras.split(",")
        for recipe in asked.recipes.split(",")
        if (recipe != "held" or count > FewFramesSettings().pictures) and (recipe != "nano" or count == 1)
    ]
    if asked.finished:
        found = [path.stem.split("-") for path in sorted((asked.work / "figures").glob("*.json"))]
        asked_cells = [Cell(name, int(count), int(seed), recipe) for name, count, seed, recipe in found]
    cells = []
    for cell in asked_cells:
        if cell.camera not in KINDS:
            raise InputError(f"--cameras {cell.camera}: no such camera; one of {', '.join(KINDS)}")
        path = asked.work / "figures" / f"{cell.name}.json"
        if asked.again or not path.is_file():
            if cell.camera not in cameras:
                cameras[cell.camera] = open_camera(cell.camera, asked.shared, asked.work)
            camera = cameras[cell.camera]
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, json.dumps(figures_of(camera, looked(cell, camera, asked.work)), indent=1).encode())
            console.print(f"{cell.name} is measured")
        cells.append(json.loads(path.read_text()))
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
