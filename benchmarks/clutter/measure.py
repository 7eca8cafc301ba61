"""Furniture that is called a vehicle, and vehicles that are found: on rendered yards and on real frames.

python benchmarks/clutter/measure.py --json docs/clutter.json --plots docs
python benchmarks/clutter/measure.py --quick
python benchmarks/clutter/measure.py --places "yard, high" UFPR05 --rows default "exponent 1" --clips 12x1 --seeds 1

Every cell (a row on a place) is a process of its own on one core with one thread, at most ``--jobs`` side by side. A
cell that an earlier run finished with the same settings is not done again; after a change of the code, give another
``--work`` or remove the rows' folders there. Rows are in ``recipes.py``, places in ``places.py``. All figures are at
the model's deployed threshold, on frames of other days than the clip's where the data have them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.progress import Progress

from benchmarks.clutter.cell import Job, Outcome, clip_frames, read_outcome, teacher_settings
from benchmarks.clutter.clips import clip_root
from benchmarks.clutter.places import CLIPS, DENSITIES, LOT, Place, cnr_ext, pklot, yards
from benchmarks.clutter.recipes import RECIPES, ROWS, UNTRAINED
from benchmarks.clutter.scores import Counts, count
from benchmarks.clutter.tables import lines_of, plot, show
from benchmarks.clutter.worlds import World, real_world, yard_world
from benchmarks.distillation.compare import run_job, slug
from benchmarks.distillation.training_job import teacher_store
from lotwise.cameras.slots import SlotRule, learn_slot_model, slot_rule
from lotwise.datasets.errors import InputError
from lotwise.datasets.images import image_size

REAL = ("CNR-EXT", "CNR-EXT other days", "CNR-EXT whole lot", "CNR-EXT one frame", "UFPR05", "UFPR05 one day", "PUCPR")
QUICK_ROWS = (*UNTRAINED, "default")


def places_of(asked: argparse.Namespace) -> list[Place]:
    """The places that were asked for, rendered where they are not there yet.

    Raises:
        InputError: a name that is none.
    """
    names = [*(f"yard, {density}" for density in DENSITIES), *REAL]
    unknown = [name for name in asked.places if name != "yard" and name not in names]
    if unknown:
        raise InputError(f"--places {unknown[0]!r}: no such place; one of yard, {'; '.join(names)}")
    try:
        clips = [tuple(map(int, clip.split("x"))) for clip in asked.clips]
        known = {(frames, days): None for frames, days in CLIPS}
        wrong = [clip for clip in clips if clip not in known]
    except ValueError:
        clips, wrong = [], [asked.clips]
    if wrong:
        raise InputError(f"--clips {' '.join(asked.clips)}: expected FRAMESxDAYS of {CLIPS}, such as 12x1")
    densities = [d for d in DENSITIES if ("yard" in asked.places and d != "none") or f"yard, {d}" in asked.places]
    with Progress(console=Console(stderr=True)) as bars:
        task = bars.add_task("rendering", total=None)
        found = yards(
            asked.work, densities, [(clip[0], clip[1]) for clip in clips], asked.seeds,
            lambda stage, done, total, note: bars.update(task, completed=done, total=total),
        )  # fmt: skip
    if any(name in REAL for name in asked.places):
        real = [*cnr_ext(asked.shared, asked.seeds, asked.work), *pklot(asked.shared, asked.seeds)]
        found += [place for place in real if place.group.removesuffix(f" {place.camera}") in asked.places]
    return found


def jobs_of(places: Sequence[Place], asked: argparse.Namespace) -> dict[tuple[str, str], tuple[Path, Job]]:
    """By row and place: the folder that a cell works in, and its job. What is not trained has no seed to differ by."""
    found: dict[tuple[str, str], tuple[Path, Job]] = {}
    worlds: dict[tuple[bool, bool], World] = {}
    for place in places:
        kind = (place.real, place.camera == LOT)
        if kind not in worlds:
            worlds[kind] = real_world(asked.shared, *kind[1:]) if place.real else yard_world(asked.work)
        for row in asked.rows:
            if place.real and row in UNTRAINED and not place.name.endswith("-0"):
                continue  # it would say the same again
            job = Job(row, RECIPES.get(row, {}), place, worlds[kind])
            found[row, place.name] = (asked.work / slug(row) / place.name, job)
    return found


def prepare(places: Sequence[Place], cells: dict[tuple[str, str], tuple[Path, Job]], asked: argparse.Namespace) -> None:
    """Clips, and the teacher's word on them, once for all rows of a place."""
    with Progress(console=Console(stderr=True)) as bars:
        for place in bars.track(places, description="clips, teacher"):
            clip_root(place, asked.work)
            world = next(job.world for _, job in cells.values() if job.place.real == place.real)
            teacher_store(world.teacher, teacher_settings(world), clip_frames(place), asked.work)


def run_cells(cells: Sequence[tuple[Path, Job]], asked: argparse.Namespace) -> None:
    """Do what is still to be done, each cell on a core of its own; what fails is told and the others go on."""
    left = [(folder, job) for folder, job in cells if read_outcome(folder, job) is None]
    cores: Queue[int] = Queue()
    for core in sorted(os.sched_getaffinity(0))[: max(1, asked.jobs)]:
        cores.put(core)

    def one(folder: Path, job: Job) -> None:
        core = cores.get()
        try:
            run_job(folder, job, core, "benchmarks.clutter.cell")
        except SystemExit as error:
            print(error, file=sys.stderr)
        finally:
            cores.put(core)

    with ThreadPoolExecutor(cores.qsize()) as pool, Progress(console=Console(stderr=True)) as bars:
        for _ in bars.track(pool.map(lambda pair: one(*pair), left), len(left), description="cells"):
            pass


def rule_of(place: Place, world: World, asked: argparse.Namespace) -> SlotRule:
    """How a place's slots are read: as learned from the teacher's boxes on the clip, for all rows alike."""
    if place.camera == LOT:
        return slot_rule(None)
    dataset, _ = place.tests[0].frames()
    frames = clip_frames(place)
    store, keys = teacher_store(world.teacher, teacher_settings(world), frames, asked.work)
    said = [store.get(keys[frame.name]).detections for frame in frames]
    slots = dataset.slots.get(place.tests[0].camera, ())
    return slot_rule(learn_slot_model(said, slots, image_size(frames[0].path)))


def measured(
    places: Sequence[Place], cells: dict[tuple[str, str], tuple[Path, Job]], asked: argparse.Namespace
) -> list[dict[str, Any]]:
    """A mapping for each finished cell: what and where it is, its counts and what it took."""
    found = []
    for place in places:
        rule: SlotRule | None = None
        for row in asked.rows:
            if (row, place.name) not in cells:
                continue
            folder, job = cells[row, place.name]
            outcome = read_outcome(folder, job)
            if outcome is None:
                continue
            rule = rule or rule_of(place, job.world, asked)
            counts = count(place, outcome.said, outcome.confidence, rule, outcome.slot_confidence)
            found.append(told(row, place, outcome, counts))
    return found


def told(row: str, place: Place, outcome: Outcome, counts: Counts) -> dict[str, Any]:
    """A cell for the JSON file."""
    return {
        "row": row,
        "group": place.group,
        "clip": place.clip,
        "place": place.name,
        "seed": place.seed,
        "learned_from": len(place.train),
        "confidence": outcome.confidence,
        "live": outcome.live,
        "gate": outcome.gate,
        "seconds": round(outcome.seconds, 1),
        "memory": round(outcome.memory),
        "counts": {**vars(counts), "on": dict(counts.on)},
        "figures": counts.figures(),
    }


def machine() -> dict[str, Any]:
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": 1,
        "python": sys.version.split()[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--places", nargs="+", default=["yard", *REAL], help="yard for all densities, or names of groups"
    )
    parser.add_argument("--rows", nargs="+", default=list(ROWS), help="only these rows")
    parser.add_argument("--clips", nargs="+", default=[f"{frames}x{days}" for frames, days in CLIPS])
    parser.add_argument("--seeds", type=int, default=3, help="lots of a yard, and repeats of real places")
    parser.add_argument("--jobs", type=int, default=2, help="cells side by side, a core each")
    parser.add_argument("--quick", action="store_true", help="one yard, one clip, untrained models and the default")
    parser.add_argument("--finished", action="store_true", help="run nothing, show what is done")
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("LOTWISE_SHARED", "../shared")))
    parser.add_argument("--work", type=Path, default=Path("runs/clutter"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plots", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    if asked.quick:
        asked.places, asked.clips, asked.seeds = ["yard, mid"], ["12x1"], 1
        asked.rows = list(QUICK_ROWS) if asked.rows == list(ROWS) else asked.rows
    for row in asked.rows:
        if row not in ROWS:
            raise InputError(f"--rows {row!r}: no such row; one of {', '.join(ROWS)}")
    asked.work = asked.work.resolve()
    places = places_of(asked)
    cells = jobs_of(places, asked)
    if not asked.finished:
        prepare(places, cells, asked)
        run_cells(list(cells.values()), asked)
    done = measured(places, cells, asked)
    lines = lines_of(done)
    show(lines)
    if asked.json:
        sizes = {job.place.group: job.world.size for _, job in cells.values()}
        seeds = {"seeds": asked.seeds, "clips": asked.clips, "student_px": sizes}
        recipes = {row: RECIPES[row] for row in asked.rows if row in RECIPES}
        content = {"machine": machine(), **seeds, "recipes": recipes, "lines": lines, "cells": done}
        asked.json.write_text(json.dumps(content, indent=1) + "\n")
    if asked.plots:
        plot(lines, asked.plots)
    missing = len(cells) - len(done)
    if missing:
        print(f"{missing} of {len(cells)} cells are not done", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
