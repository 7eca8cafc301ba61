"""Speed, memory and accuracy of the camera node beside Ultralytics, each in a process of its own.

python benchmarks/node_speed/compare.py --run RUN [--full FULL] [--rounds 3] [--seconds 20] [--json F] [--markdown F]

RUN is a run folder of ``lotwise adapt --dataset cnr-ext``; its cameras' live students run in every system. FULL is
another one, of the same cameras at the full size: with it Ultralytics and the node are measured at both sizes, so that
a reader sees what is size and what is engineering. Each measurement is kept in the folder of ``--work``: the same
command goes on where it was stopped, and measures rounds that are not there yet. All see the
same streams, made of the cameras' real frames and mapped into memory, so neither decoding nor disk is measured, and
the streams' own pixels do not count as memory. Latency is from taking a frame to its slot states, of detected frames.
Memory is the peak of PSS over a process and its children, from its start on. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

os.environ.update(YOLO_OFFLINE="true", YOLO_VERBOSE="false", OPENVINO_TELEMETRY_OPT_OUT="1")
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.progress import track

from benchmarks.node_speed.machine import machine
from benchmarks.node_speed.measurement import Prediction
from benchmarks.node_speed.memory_streams import write_streams
from benchmarks.node_speed.system_runs import Setting, measure, measured
from benchmarks.node_speed.systems import BY_KEY, FLOAT, FULL_ROWS, INT8, SYSTEMS, RunName, System, full_size
from benchmarks.node_speed.table import PROFILE, Row, cells, headings, markdown, profile_lines, refused, show, targets
from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.bundle import read_manifest
from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.open import open_dataset
from lotwise.eval.metrics.slot_counts import count_slots

VARIANTS_A_FRAME = 6
"""Noisy pictures made of each real frame: more would not fit the memory of the machine beside the systems."""


def cameras_of(run: Path) -> list[str]:
    """Ids of the cameras that a run has bundles of.

    Raises:
        InputError: it has none.
    """
    cameras = sorted(path.parent.name for path in (run / "cameras").glob("*/bundles"))
    if not cameras:
        raise InputError(f"{run}: no bundles in cameras/*/bundles; name a run folder of lotwise adapt")
    return cameras


def live_bundles(run: Path, cameras: Sequence[str]) -> dict[str, Path]:
    """Folder of each camera's live bundle.

    Raises:
        InputError: a camera has none.
    """
    return {camera: Registry(run / "cameras" / camera / "bundles").live() for camera in cameras}


def possible(systems: Sequence[System], bundles: Mapping[str, Path]) -> tuple[list[System], list[str]]:
    """The systems that these bundles can run, and a sentence where some cannot."""
    lacking = [camera for camera, bundle in bundles.items() if "int8" not in read_manifest(bundle).models]
    if not lacking:
        return list(systems), []
    kept = [system for system in systems if system.precision != "int8"]
    return kept, [f"no INT8 rows: the live bundles of {', '.join(lacking)} hold no int8 model"] * (
        kept != list(systems)
    )


def right(dataset: Dataset, said: Mapping[str, Prediction]) -> tuple[int, int]:
    """(right, all) slot readings over the labelled slots of all frames."""
    found = [0, 0]
    for frame in dataset.frames:
        truth = dataset.truth.get(frame.name)
        labels = {slot: state for slot, state in ((truth.slots if truth else None) or {}).items() if state != "unknown"}
        readings = said[frame.name].readings
        counts = count_slots({slot: state for slot, state in labels.items() if slot in readings}, readings)
        found[0] += counts.occupied_right + counts.free_right
        found[1] += counts.occupied + counts.free
    return found[0], found[1]


def compare(setting: Setting, systems: Sequence[System], rounds: int, console: Console) -> list[Row]:
    """Measure every system once a round, one after the other."""
    found: dict[str, list[Mapping[str, Any]]] = {system.key: [] for system in systems}
    said: dict[str, Mapping[str, Prediction]] = {}
    turns = [(number, system) for number in range(rounds) for system in systems]
    for number, system in track(turns, "measuring", console=console, disable=not console.is_terminal):
        figures, readings = measured(setting, system, number)
        found[system.key].append(figures)
        if number == 0:
            said[system.key] = readings
    return [row(setting.dataset, system, found[system.key], said) for system in systems]


def row(
    dataset: Dataset, system: System, rounds: Sequence[Mapping[str, Any]], said: Mapping[str, Mapping[str, Prediction]]
) -> Row:
    mine, floating = said[system.key], said.get(full_size(BY_KEY[FLOAT]).key, said.get(FLOAT))
    same = None if floating is None else agreement((mine[name].found, floating[name].found) for name in mine)
    return Row(system, rounds, *right(dataset, mine), same)


def sizes(bundles: Mapping[str, Path]) -> dict[str, str]:
    """What is fed, and how large the models are, mean over the cameras."""
    manifests = {camera: read_manifest(bundle) for camera, bundle in bundles.items()}
    inputs = {f"{manifest.input[0]}x{manifest.input[1]}" for manifest in manifests.values()}
    found = {"input": ", ".join(sorted(inputs))}
    for precision in ("float", "int8"):
        files = [
            file
            for camera, manifest in manifests.items()
            if precision in manifest.models
            for file in bundles[camera].glob(f"{Path(manifest.models[precision]).stem}.*")
        ]
        if files:
            found[f"{precision} model"] = f"{sum(file.stat().st_size for file in files) / len(bundles) / 1e6:.1f} MB"
    return found


def report(
    asked: argparse.Namespace, rows: Sequence[Row], about: Mapping[str, str], parts: Any, notes: list[str]
) -> None:
    """On the screen, as JSON and as Markdown."""
    reached = targets(rows)
    notes = [*notes, *refused(rows)]
    lines = [cells(one) for one in rows]
    verdicts = [[t.what, t.wanted, t.found, "reached" if t.reached else "missed"] for t in reached]
    head = ("target", "wanted", "found", "")
    timed = profile_lines(parts)
    # Wide enough for every column: a table in a log is read too.
    console = Console(width=240)
    title = f"{about['cameras']} cameras, {about['frames']}; {about['processor']}, {about['cores']} cores"
    show(console, title, headings(), lines)
    show(console, "targets", head, verdicts)
    show(console, f"where the time of a frame goes: {about['profile']}", PROFILE, timed)
    for note in notes:
        console.print(note)
    if asked.markdown:
        texts = [markdown(headings(), lines), markdown(head, verdicts), markdown(PROFILE, timed)]
        told = [f"- {key}: {value}" for key, value in about.items()] + [f"- {note}" for note in notes]
        asked.markdown.write_text("\n".join([*texts, *told]) + "\n")
    if asked.json:
        found = {
            "about": dict(about),
            "rows": [
                {**asdict(one), "accuracy": one.accuracy, "rounds": [dict(figures) for figures in one.rounds]}
                for one in rows
            ],
            "targets": [asdict(target) for target in reached],
            "profile": parts,
            "notes": notes,
        }
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("LOTWISE_SHARED", "../shared"))
    parser.add_argument("--run", type=Path, required=True, help="run folder of lotwise adapt")
    parser.add_argument("--full", type=Path, help="run folder of the same cameras at the full size")
    parser.add_argument("--dataset", default="cnr-ext")
    parser.add_argument("--root", type=Path, default=shared / "data" / "cnr_ext")
    parser.add_argument("--cameras", help="such as 1,3; by default all of the run")
    parser.add_argument("--systems", help=f"of {','.join(system.key for system in SYSTEMS)}; all by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0, help="counted in each measurement")
    parser.add_argument("--warmup", type=float, default=3.0, help="seconds before that")
    parser.add_argument("--hold", type=int, default=100, help="looks at one real frame")
    parser.add_argument("--profile", choices=[system.key for system in SYSTEMS if not system.ultralytics])
    parser.add_argument(
        "--work", type=Path, default=Path("runs/node"), help="streams and Ultralytics' models are kept here"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--quick", action="store_true", help="two cameras, one round of a second: does it all work?")
    asked = parser.parse_args(arguments)
    if asked.quick:
        asked.rounds, asked.seconds, asked.warmup = 1, 1.0, 0.0
    return asked


def main(arguments: Sequence[str] | None = None) -> None:
    asked = parse(arguments)
    chosen = asked.cameras.split(",") if asked.cameras else cameras_of(asked.run)
    dataset = open_dataset(asked.dataset, asked.root, chosen)
    if asked.quick:
        dataset = open_dataset(asked.dataset, asked.root, dataset.cameras[:2])
    wanted = [system for system in SYSTEMS if asked.systems is None or system.key in asked.systems.split(",")]
    bundles: dict[RunName, Mapping[str, Path]] = {"run": live_bundles(asked.run.absolute(), dataset.cameras)}
    systems, notes = possible(wanted, bundles["run"])
    if asked.full:
        bundles["full"] = live_bundles(asked.full.absolute(), dataset.cameras)
        full, more = possible([system for system in wanted if system.key in FULL_ROWS], bundles["full"])
        systems, notes = [*map(full_size, full), *systems], notes + more
    if not systems:
        raise InputError(
            f"--systems {asked.systems}: nothing to measure; there are {', '.join(s.key for s in SYSTEMS)}"
        )
    work = asked.work.absolute()
    setting = Setting(dataset, work, bundles, asked.seconds, asked.warmup, asked.hold)
    write_streams(dataset.frames, VARIANTS_A_FRAME, setting.streams)
    rows = compare(setting, systems, asked.rounds, Console())
    nodes = {row.system.key: row.system for row in rows if not row.system.ultralytics}
    profiled = nodes.get(asked.profile or INT8) or next(iter(nodes.values()), None)
    parts = measure(setting, profiled, profile=True)[0]["parts"] if profiled else {}
    size = image_size(dataset.frames[0].path)
    about = {
        "cameras": str(len(dataset.cameras)),
        "frames": f"{len(dataset.frames)} real frames of {size[0]}x{size[1]}, {asked.hold} looks at each",
        **sizes(bundles["run"]),
        **({f"full size: {name}": said for name, said in sizes(bundles["full"]).items()} if asked.full else {}),
        "rounds": f"{asked.rounds} of {asked.seconds:g} s after {asked.warmup:g} s",
        "profile": profiled.name if profiled else "-",
        **machine(),
    }
    report(asked, rows, about, parts, notes)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
