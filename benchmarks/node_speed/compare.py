"""Speed, memory and accuracy of the camera node beside Ultralytics, each in a process of its own.

python benchmarks/node_speed/compare.py --run RUN [--rounds 3] [--seconds 20] [--json F] [--markdown F]

RUN is a run folder of ``lotwise adapt --dataset cnr-ext``; its cameras' live students run in every system. All see the
same streams, made of the cameras' real frames and mapped into memory, so neither decoding nor disk is measured, and
the streams' own pixels do not count as memory. Latency is from taking a frame to its slot states, of detected frames.
Memory is the peak of PSS over a process and its children, from its start on. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

os.environ.update(YOLO_OFFLINE="true", YOLO_VERBOSE="false", OPENVINO_TELEMETRY_OPT_OUT="1")
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.progress import track

from benchmarks.node_speed.machine import machine
from benchmarks.node_speed.measurement import COUNTED, JOB, LOG, PREDICTIONS, RESULT, Prediction, read_predictions
from benchmarks.node_speed.memory_streams import POOL, write_streams
from benchmarks.node_speed.process_memory import Memory, memory
from benchmarks.node_speed.systems import FLOAT, INT8, SYSTEMS, Job, System
from benchmarks.node_speed.table import PROFILE, Row, cells, headings, markdown, profile_lines, refused, show, targets
from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.bundle import read_manifest
from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.open import open_dataset
from lotwise.eval.metrics.slot_counts import count_slots

ROOT = Path(__file__).resolve().parents[2]
MEMORY_SAMPLE_PERIOD_S = 0.5
"""Seconds between two looks at a system's memory; its peak lasts longer than that."""
OVERHEAD_TIMEOUT_S = 600.0
"""Seconds for starting, reading all real frames once, and stopping."""
VARIANTS_A_FRAME = 6
"""Noisy pictures made of each real frame: more would not fit the memory of the machine beside the systems."""


@dataclass(frozen=True)
class Setting:
    """What all measurements of one comparison share."""

    dataset: Dataset
    work: Path
    bundles: Mapping[str, Path]
    seconds: float
    warmup: float
    hold: int

    @property
    def streams(self) -> Path:
        return self.work / "streams"


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


def measure(
    setting: Setting, system: System, accuracy: bool = False, profile: bool = False
) -> tuple[Mapping[str, Any], Mapping[str, Prediction]]:
    """Run one system once; its figures and, where asked for, what it said of each real frame.

    Raises:
        InputError: its process failed, or its node could not run a bundle.
    """
    from benchmarks.node_speed.ultralytics_predict import make_model

    folder = setting.work / ("profile" if profile else "measurements") / system.key
    folder.mkdir(parents=True, exist_ok=True)
    for left in (COUNTED, RESULT, PREDICTIONS):
        (folder / left).unlink(missing_ok=True)
    models: dict[str, str] = {}
    if system.ultralytics:
        for camera, bundle in setting.bundles.items():
            models[camera] = str(make_model(bundle, setting.work / "models" / bundle.name, system.ultralytics))
    job = Job(
        system,
        {camera: str(bundle) for camera, bundle in setting.bundles.items()},
        models,
        str(setting.streams),
        str(setting.work / "state" / system.key),
        setting.warmup,
        setting.seconds,
        setting.hold,
        accuracy,
        profile,
    )
    # Ultralytics takes all cores by default; whoever started this may have told it otherwise.
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    replace(job, started=time.monotonic()).write(folder / JOB)
    most = Memory(0, 0)
    with (folder / LOG).open("w") as log:
        command = [sys.executable, "-m", "benchmarks.node_speed.measurement", str(folder.resolve())]
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            # The process watches its own time too, but a deadlock would stop that as well.
            until = time.monotonic() + OVERHEAD_TIMEOUT_S + setting.warmup + setting.seconds
            while child.poll() is None and time.monotonic() < until:
                if not (folder / COUNTED).exists():
                    most = most.most(memory(child.pid, POOL))
                time.sleep(MEMORY_SAMPLE_PERIOD_S)
        finally:
            child.kill()
            child.wait()
    if child.returncode or not (folder / RESULT).is_file():
        lines = (folder / LOG).read_text().strip().splitlines()
        raise InputError(f"{folder / LOG}: {system.name} failed ({lines[-1] if lines else 'it said nothing'})")
    result: dict[str, Any] = json.loads((folder / RESULT).read_text())
    said = read_predictions(folder)
    if result.get("problems"):
        raise InputError(f"{folder / LOG}: {system.name}: {result['problems'][0]}")
    del result["readings"]
    return {**result, "pss_mb": most.pss, "rss_mb": most.rss}, said


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
        figures, readings = measure(setting, system, accuracy=number == 0)
        found[system.key].append(figures)
        if number == 0:
            said[system.key] = readings
    return [row(setting.dataset, system, found[system.key], said) for system in systems]


def row(
    dataset: Dataset, system: System, rounds: Sequence[Mapping[str, Any]], said: Mapping[str, Mapping[str, Prediction]]
) -> Row:
    mine, floating = said[system.key], said.get(FLOAT)
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
    bundles = live_bundles(asked.run.absolute(), dataset.cameras)
    systems, notes = possible(wanted, bundles)
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
        **sizes(bundles),
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
