"""Signals, published predictors and true errors of every frame of every world, one JSON line each; goes on where it
was stopped.

python benchmarks/trust/samples.py --out samples.jsonl --year 0:runs/demo0:year0 --real cnr-ext:runs/cnr:ROOT
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2
import numpy as np

from benchmarks.trust.published import bos, ccs, pcr
from benchmarks.trust.worlds import World, real_worlds, rendered_worlds, student_worlds
from lotwise.cameras.trust.patches.reader import PatchReader
from lotwise.cameras.trust.signals.frame_signals import frame_signals
from lotwise.cameras.trust.signals.look import look
from lotwise.cameras.trust.signals.picture import picture_look
from lotwise.cameras.view import ViewHealth, ViewSettings, thumbnail
from lotwise.datasets.disturbances import KINDS
from lotwise.datasets.frame import Frame, Image, SlotState
from lotwise.datasets.images import read_image
from lotwise.students.trust.cases import DEGREES, UNDISTURBED, teacher_states
from lotwise.students.trust.patch_examples import patch_examples, unseen_readers
from lotwise.teacher.oracle import Oracle, OracleSettings

FIRST = datetime(2026, 1, 1)
"""Of frames that say no time."""


def rows_of(
    world: World, disturb: bool, published: bool, teacher: Oracle | None = None, each: int = 3
) -> Iterator[dict[str, Any]]:
    """Of frames not learned from as they are, and of frames whose teacher is known under disturbances too."""
    rng = np.random.default_rng(0)
    health = _health(world)
    every = [(kind, degree) for kind in KINDS for degree in DEGREES]
    taught = ((frame, read_image(frame.path), world.said[frame.path]) for frame in world.taught)
    readers = unseen_readers(patch_examples(taught, world.detector))
    taught_paths = {frame.path for frame in world.taught}  # frames of another site may have the same names
    jobs: list[tuple[Frame, bool]] = [(frame, False) for frame in world.frames]
    if disturb:
        jobs += [(frame, True) for frame in world.learned]
    for frame, disturbed in jobs:
        image = read_image(frame.path)
        report = health.check(image, thumbnail(image), (frame.taken or FIRST).replace(tzinfo=UTC))
        view = report.verdict if frame in world.frames else "good"
        own = picture_look(image).light
        lights = [light for light in world.lights if np.abs(own - np.array(light)).max() > 1e-4]
        drawn = [every[index] for index in rng.permutation(len(every))[:each].tolist()] if disturbed else []
        for kind, degree in [(UNDISTURBED, 0.0), *drawn]:
            if disturbed and kind == UNDISTURBED and frame in world.frames:
                continue
            shown = image if kind == UNDISTURBED else KINDS[kind](degree)(image, rng)
            reader = readers(kind, frame.name if frame.path in taught_paths else "")
            row = _row(world, frame, kind, degree, shown, lights, reader, published and not disturbed)
            if teacher is not None and row["truth_error"] is not None:
                row["look_error"] = _look_error(world, row.pop("states"), shown, teacher)
            row.pop("states", None)
            yield {**row, "view": view}


def _health(world: World) -> ViewHealth:
    """That has seen the camera before."""
    health = ViewHealth(ViewSettings(recover_frames=1))
    for frame in world.before:
        image = read_image(frame.path)
        health.check(image, thumbnail(image), (frame.taken or FIRST).replace(tzinfo=UTC))
    return health


def _row(
    world: World,
    frame: Frame,
    kind: str,
    degree: float,
    image: Image,
    lights: Sequence[Sequence[float]],
    reader: PatchReader | None,
    published: bool,
) -> dict[str, Any]:
    detector = world.detector
    seen = look(detector, image)
    states = {slot: reading.state for slot, reading in seen.readings.items()}
    said = world.said.get(frame.path)
    teacher = teacher_states(said, detector, detector.slots, seen.size) if said is not None else None
    row: dict[str, Any] = {
        "world": world.name,
        "lot": world.lot,
        "frame": frame.name,
        "day": f"{frame.taken:%Y-%m-%d}" if frame.taken else "",
        "condition": world.conditions.get(frame.path, ""),
        "kind": kind,
        "degree": degree,
        "signals": frame_signals(seen, picture_look(image), lights, reader(image, detector.slots) if reader else None),
        "slots": len(states),
        "states": states,
        "truth_error": _differing(states, world.truth.get(frame.path)),
        "teacher_error": _differing(states, teacher),
    }
    if published:
        row["published"] = {
            "PCR": pcr(seen.candidates, seen.reported),
            "CCS": ccs(detector, image, seen),
            "BoS": bos(world.folder, image, detector),
        }
    return row


def _look_error(world: World, states: dict[str, SlotState], shown: Image, teacher: Oracle) -> float | None:
    """Share of slots that the teacher reads otherwise on the very picture that the bundle saw."""
    detector, (height, width) = world.detector, shown.shape[:2]
    said = teacher.predict(shown).detections
    return _differing(states, teacher_states(said, detector, detector.slots, (width, height)))


def _differing(states: dict[str, SlotState], others: Any) -> float | None:
    known = {slot: state for slot, state in (others or {}).items() if slot in states and state != "unknown"}
    return float(np.mean([states[slot] != state for slot, state in known.items()])) if known else None


def _worlds(asked: argparse.Namespace) -> Iterator[tuple[World, bool]]:
    for text in asked.year:
        seed, run, year = text.split(":")
        yield from ((world, True) for world in rendered_worlds(Path(run), Path(year), int(seed)))
    for text in asked.real:
        kind, run, root = text.split(":")
        yield from ((world, True) for world in real_worlds(Path(run), asked.scratch, kind, Path(root)))
    for text in asked.students:
        yield from ((world, True) for world in student_worlds(Path(text)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--year", action="append", default=[], help="SEED:RUN:FOLDER of the rendered year")
    parser.add_argument("--real", action="append", default=[], help="KIND:RUN:ROOT of frames that were labelled")
    parser.add_argument("--students", action="append", default=[], help="RUN of lotwise adapt on real frames")
    parser.add_argument("--look", help="a teacher that looks at every picture itself, as disturbed as it is")
    parser.add_argument("--scratch", type=Path, default=Path("trust-bundles"))
    parser.add_argument("--no-published", action="store_true")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    teacher = None if asked.look is None else Oracle(asked.look, OracleSettings())
    done = set()
    if asked.out.is_file():
        done = {json.loads(line)["world"] for line in asked.out.read_text().splitlines()}
    for world, disturb in _worlds(asked):
        if world.name in done:
            continue
        rows = [json.dumps(row) for row in rows_of(world, disturb, not asked.no_published, teacher)]
        with asked.out.open("a") as file:  # a world is there wholly or not at all
            file.write("".join(f"{row}\n" for row in rows))
        print(f"{world.name}: {len(rows)} rows", flush=True)


if __name__ == "__main__":
    main()
