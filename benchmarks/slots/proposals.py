"""Slot proposals against drawn slots: recall and precision by centre and IoU, against the number of frames.

python benchmarks/slots/proposals.py [--shared ../shared] [--work DIR] [--only GROUPS] [--json F] [--plots F]

The teacher looks at each frame once (about 125 real and 450 rendered ones). All that was labelled and measured is kept
in WORK, and a run that was stopped goes on; delete WORK/measured-* to measure anew. Beside our proposals stands what
is usually done: every place where a box comes back is a slot.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.table import Table

from benchmarks.slots.slot_agreement import MEASURES, Agreement, agreement
from lotwise.cameras.site.slot_entry import PROPOSALS
from lotwise.cameras.site.slot_file import read_slot_file
from lotwise.cameras.slots.proposals.propose import propose_slots
from lotwise.cameras.slots.proposals.seen_frames import SeenFrames
from lotwise.cameras.slots.recurring_boxes import car_size, find_recurring_boxes
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.datasets.synthetic import render_site
from lotwise.datasets.whole_file import write_whole
from lotwise.students.pipeline.adapt import label
from lotwise.students.pipeline.demo import demo_plan
from lotwise.students.pipeline.footage import open_frames
from lotwise.students.pipeline.job import Job
from lotwise.students.pipeline.options import plan_of
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.teacher_boxes import teacher_boxes

COUNTS = (3, 6, 12, 30, 65)
"""Numbers of frames, evenly taken of those there are; all frames are always measured, and they alone where thresholds
were chosen on rendered sites."""
RENDERED = {0: "tuned on", 1: "tuned on", 2: "tuned on", 3: "held out", 4: "held out"}
"""Seeds of rendered sites, and whether thresholds were chosen on them."""
TUNED = {("ufpr05", "UFPR05"), ("cnr", "C1"), ("pucpr", "PUCPR")}
"""Real cameras that thresholds were chosen on, or that were looked at meanwhile."""
SYSTEMS = ("proposals", "recurring boxes")
Found = tuple[list[NDArray[np.float32]], list[float], dict[str, int]]
"""Polygons of slots in pixels, the score of each, and entries by status."""
MIN_RECURRENCES = 2
"""Frames in which a box must come back to be a slot, of the usual way."""


@dataclass(frozen=True)
class Subject:
    """Frames of a camera with the teacher's boxes, and its drawn slots."""

    group: str
    camera: str
    seen: SeenFrames
    slots: tuple[Slot, ...]

    @property
    def part(self) -> str:
        if self.group.startswith("synth"):
            return RENDERED[int(self.group.removeprefix("synth"))]
        return "tuned on" if (self.group, self.camera) in TUNED else "held out"


def subjects(shared: Path, work: Path, only: Sequence[str]) -> Iterator[Subject]:
    """All cameras of these groups, labelled where they are not yet; of all groups where none is named."""
    weights, data = shared / "weights", shared / "data"
    usual_job = Job(teacher=str(weights / "yolov8m.pt"), student=str(weights / "yolov8n.pt"), scales="1280")
    day = sorted((data / "pklot" / "UFPR05" / "2013-04-15").glob("*.xml"))[0]
    jobs = {
        "ufpr05": replace(usual_job, dataset="folder", root=shared / "days" / "UFPR05"),
        "ufpr05-days": replace(usual_job, dataset="pklot", root=data / "pklot", cameras="UFPR05"),
        "pucpr": replace(usual_job, dataset="pklot", root=data / "pklot", cameras="PUCPR"),
        "cnr": replace(usual_job, dataset="cnr-ext", root=data / "cnr_ext"),
    }
    for group, job in jobs.items():
        if only and group not in only:
            continue
        plan = plan_of(job)
        slots = dict(open_frames(plan.dataset, plan.root, plan.cameras).slots)
        for camera, seen in _labelled(work / group, plan):
            yield Subject(group, camera, seen, slots[camera] if camera in slots else read_slot_file(day))
    for seed in RENDERED:
        root = work / f"synth{seed}"
        if only and root.name not in only:
            continue
        site = render_site(root / "frames", cameras=3, days=3, frames_per_day=10, width=960, height=720, seed=seed)
        for camera, seen in _labelled(root, demo_plan(root / "frames", seed)):
            yield Subject(f"synth{seed}", camera, seen, site.slots[camera])


def _labelled(folder: Path, plan: Plan) -> Iterator[tuple[str, SeenFrames]]:
    run = Run(folder)
    if not run.begun or run.plan().labelling != plan.labelling or not (run.knowledge / "index.json").is_file():
        label(run, plan)
    return teacher_boxes(run)


def thinned(seen: SeenFrames, count: int) -> SeenFrames:
    """So many of the frames, evenly."""
    keep = np.unique(np.linspace(0, len(seen.frames) - 1, count).round().astype(int))
    return SeenFrames(
        tuple(seen.frames[index] for index in keep), tuple(seen.detections[index] for index in keep), seen.size
    )


def ours(seen: SeenFrames) -> Found:
    found = propose_slots(seen.detections, [frame.taken for frame in seen.frames], seen.size)
    entries = [entry for entry in found.entries if entry.status in PROPOSALS]
    counts: dict[str, int] = {entry.status: found.count(entry.status) for entry in found.entries}
    polygons = [np.asarray(np.array(entry.polygon) * seen.size, np.float32) for entry in entries]
    return polygons, [entry.evidence.score if entry.evidence else 0.0 for entry in entries], counts


def usual(seen: SeenFrames) -> Found:
    """Every place where a box comes back."""
    sizes = car_size(seen.detections)
    if sizes is None:
        return [], [], {}
    found = find_recurring_boxes(seen.detections, sizes, seen.size)
    keep = found.frames >= MIN_RECURRENCES
    corners = found.boxes[keep][:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2).astype(np.float32)
    return list(corners), found.support[keep].tolist(), {}


def measure(subject: Subject, count: int, system: str) -> dict[str, Any]:
    seen = thinned(subject.seen, count)
    polygons, scores, counts = (ours if system == "proposals" else usual)(seen)
    drawn = [slot.polygon * np.array(subject.seen.size, np.float32) for slot in subject.slots]
    found = agreement(polygons, scores, drawn)
    return {
        "group": subject.group, "camera": subject.camera, "part": subject.part, "system": system, "frames": count,
        "days": len({frame.taken.date() for frame in seen.frames if frame.taken}), "counts": counts,
        **{name: asdict(one) for name, one in found.items()},
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("LOTWISE_SHARED", "../shared")))
    parser.add_argument("--work", type=Path, default=Path("runs/slot-proposals"))
    parser.add_argument("--only", default="", help="groups with commas, such as ufpr05,cnr,synth0; all by default")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plots", type=Path, help="picture of recall and precision against frames")
    asked = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    for subject in subjects(asked.shared, asked.work, asked.only.split(",") if asked.only else ()):
        every = len(subject.seen.frames)
        part = asked.work / f"measured-{subject.group}-{subject.camera}.json"
        done = {row["key"]: row for row in json.loads(part.read_text())} if part.is_file() else {}
        fewer = () if subject.group.startswith("synth") and subject.part == "tuned on" else COUNTS
        for count in sorted({count for count in fewer if count < every} | {every}):
            for system in SYSTEMS if count == every else SYSTEMS[:1]:
                key = f"{count} {system}"
                if key not in done:
                    done[key] = {"key": key, **measure(subject, count, system)}
                    write_whole(part, json.dumps(list(done.values())).encode())
                    print(subject.group, subject.camera, key, flush=True)
                rows.append({name: value for name, value in done[key].items() if name != "key"})
    show(rows)
    if asked.json:
        write_whole(asked.json, (json.dumps(rows, indent=1) + "\n").encode())
    if asked.plots:
        plot(rows, asked.plots)


def joined(rows: Sequence[Mapping[str, Any]], measured: str) -> Agreement:
    """Several cameras as one; the average precision is their mean."""
    found = [Agreement(**row[measured]) for row in rows]
    return Agreement(
        sum(one.found for one in found),
        sum(one.drawn for one in found),
        sum(one.proposed for one in found),
        sum(one.unjudged for one in found),
        float(np.mean([one.average_precision for one in found])) if found else 0.0,
    )


def sets_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Rows by the set that they are told with: rendered sites by part, CNR-EXT by camera."""
    sets: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        group, camera = row["group"], row["camera"]
        name = {"ufpr05": "UFPR05, one day", "ufpr05-days": "UFPR05, 7 days", "pucpr": "PUCPR"}.get(group)
        name = name or (f"CNR-EXT {camera}" if group == "cnr" else f"rendered, {row['part']}")
        sets.setdefault(name, []).append(row)
    return sets


def show(rows: Sequence[Mapping[str, Any]]) -> None:
    table = Table(title="Slot proposals from all frames; precision where slots are drawn (everywhere)")
    for heading in ("set", "system", "cameras", "frames", "slots", "proposed"):
        table.add_column(heading, justify="left" if heading in ("set", "system") else "right")
    for name in MEASURES:
        table.add_column(f"{name}: recall", justify="right")
        table.add_column("precision", justify="right")
        table.add_column("AP", justify="right")
    for name, ours_of in sets_of(rows).items():
        for system in SYSTEMS:
            last = last_rows([row for row in ours_of if row["system"] == system])
            first = joined(last, "centre")
            cells = [name, system, str(len(last)), _range(last), str(first.drawn), str(first.proposed)]
            for measured in MEASURES:
                one = joined(last, measured)
                cells += [f"{one.recall:.3f}", f"{one.precision:.3f} ({one.precision_everywhere:.3f})"]
                cells.append(f"{one.average_precision:.3f}")
            table.add_row(*cells)
    Console(width=190).print(table)


def last_rows(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of each camera the row with most frames."""
    most: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:
        place = row["group"], row["camera"]
        if place not in most or row["frames"] > most[place]["frames"]:
            most[place] = row
    return list(most.values())


def _range(rows: Sequence[Mapping[str, Any]]) -> str:
    low, high = min(row["frames"] for row in rows), max(row["frames"] for row in rows)
    return str(low) if low == high else f"{low} to {high}"


def plot(rows: Sequence[Mapping[str, Any]], picture: Path) -> None:
    """Recall and precision against the number of frames."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for name, ours_of in sets_of([row for row in rows if row["system"] == "proposals"]).items():
        counts = sorted({row["frames"] for row in ours_of})
        if len(counts) < 2:
            continue
        by_count = [joined([row for row in ours_of if row["frames"] == count], "centre") for count in counts]
        left.plot(counts, [one.recall for one in by_count], marker="o", label=name)
        right.plot(counts, [one.precision for one in by_count], marker="o", label=name)
    for axes, title in ((left, "recall by centre"), (right, "precision by centre, where slots are drawn")):
        axes.set(xlabel="frames", title=title, ylim=(0, 1.02), xscale="log")
        axes.set_xticks(COUNTS, labels=[str(count) for count in COUNTS], minor=False)
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    left.legend(frameon=False, fontsize=8)
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
