"""Cameras that learn from each other, against each alone and against all frames in one place.

python benchmarks/federation/compare.py --json docs/federation.json --markdown docs/federation-methods.md \\
    --plot docs/federation.png

One process, one thread; methods run in a loop over nodes, with the same objects as on Flower. What an earlier run
measured is not trained again, so a comparison can be made in parts (--minutes). The truth enters only what is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2
import torch
from rich.console import Console

from benchmarks.federation.cell import Cell, measured
from benchmarks.federation.measure import Looks
from benchmarks.federation.tables import ROWS, lines_of, plot, show, write_markdown
from benchmarks.federation.world import real_world, rendered_world
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("LOTWISE_SHARED", "../shared")))
    parser.add_argument("--world", default="rendered", choices=("rendered", "real"))
    parser.add_argument("--splits", default="own:4,own:2,0.3:4", help="own or an alpha, and frames a node; with commas")
    parser.add_argument("--rows", default=";".join(ROWS), help="names as in the tables, with semicolons")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8, help="of each camera on its own frames in a round")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin nothing new after so long")
    parser.add_argument("--work", type=Path, default=Path("runs/federation"))
    parser.add_argument("--finished", action="store_true", help="train nothing, show all that was measured")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    console = Console()
    try:
        if not options.finished:
            _measure(options, console)
    except InputError as error:
        sys.exit(str(error))
    files = sorted((options.work / "cells").glob("*.json"))
    if not files:
        sys.exit(f"{options.work}: nothing was measured here; run without --finished")
    cells = [json.loads(path.read_text()) for path in files]
    lines = lines_of(cells)
    show(console, lines)
    if options.json:
        write_whole(options.json, (json.dumps({"lines": lines, "cells": cells}, indent=1) + "\n").encode())
    if options.markdown:
        write_markdown(options.markdown, lines)
    if options.plot:
        plot(options.plot, lines)


def _measure(options: argparse.Namespace, console: Console) -> None:
    clock = time.monotonic()
    unknown = [row for row in options.rows.split(";") if row not in ROWS]
    if unknown:
        raise InputError(f"--rows: no row {unknown[0]!r}; there are {'; '.join(ROWS)}")
    if options.world == "rendered":
        world = rendered_world(options.work / "rendered")
    else:
        world = real_world(options.work / "real", options.shared)
    looks = Looks(world)
    for seed in options.seeds.split(","):
        for split in options.splits.split(","):
            kind, _, count = split.partition(":")
            for row in options.rows.split(";"):
                if time.monotonic() - clock > 60 * options.minutes:
                    return
                cell = Cell(world.name, row, kind, int(count), int(seed), options.rounds, options.steps)
                found = measured(cell, world, looks, options.work)
                private, uniform = (f"{found[part]['map50_95']:.3f}" for part in ("private", "uniform"))
                console.print(f"{split} seed {seed} {row}: mAP50-95 own {private}, all {uniform}", highlight=False)


if __name__ == "__main__":
    main()
