"""How often each frame is decoded in one ``lotwise adapt`` with its report, by stage, and the peak of memory.

python benchmarks/pipeline/decodes.py [--cameras 3] [--frames-per-day 6] [--cache-mib 128] [--int8] [--budget N]
    [--json F]

The site is the demo's, rendered; the students learn for one epoch, as decoding does not depend on how long they learn
while a camera has fewer frames than are kept. ``--cache-mib 0`` shows a run whose frames do not fit into the cache.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2
from rich.console import Console
from rich.table import Table

from lotwise.datasets.frame_cache import FrameCache
from lotwise.datasets.synthetic import render_site
from lotwise.eval.collect import collect
from lotwise.eval.make_report import make_report, write_page
from lotwise.students.export.settings import ExportSettings
from lotwise.students.pipeline.adapt import adapt
from lotwise.students.pipeline.demo import DAYS, HEIGHT_PX, WIDTH_PX, demo_plan
from lotwise.students.pipeline.footage import open_frames
from lotwise.students.pipeline.run import Run

STAGES = {
    "survey": "choose",
    "label_frames": "label",
    "train_students": "train",
    "_fit": "train",  # of the samples, in a thread of its own
    "export_bundles": "export",
    "collect": "report",
    "write_page": "page",
}
"""Stage by the function that runs it; the innermost one counts."""
ORDER = ("choose", "label", "train", "export", "report", "page")

Decodes = Counter[tuple[str, str]]
"""How often each (stage, file) was decoded."""


@contextmanager
def counted_decodes(root: Path) -> Iterator[Decodes]:
    """Count each decoding of an image below a folder; reduced ones, for choosing frames, count too."""
    found: Decodes = Counter()
    decode = cv2.imdecode

    def counting(*given: Any) -> Any:
        if (path := _file(sys._getframe(1))) is not None and path.is_relative_to(root):
            found[_stage(sys._getframe(1)), path.relative_to(root).as_posix()] += 1
        return decode(*given)

    cv2.imdecode = counting  # type: ignore[assignment]
    try:
        yield found
    finally:
        cv2.imdecode = decode


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _file(frame: FrameType) -> Path | None:
    reading = (caller for caller in _callers(frame) if caller.f_code.co_name == "read_image")
    return next((Path(caller.f_locals["path"]) for caller in reading), None)


def _stage(frame: FrameType) -> str:
    names = (caller.f_code.co_name for caller in _callers(frame))
    return next((STAGES[name] for name in names if name in STAGES), "other")


def per_frame(decodes: Decodes, names: Mapping[str, set[str]]) -> dict[str, dict[str, float]]:
    """Mean decodings of a frame, by kind of frame and stage, with the sum over all stages.

    Args:
        decodes: as counted.
        names: of the frames of each kind.
    """
    result: dict[str, dict[str, float]] = {}
    for kind, of_kind in names.items():
        stages = {
            stage: sum(n for (where, name), n in decodes.items() if where == stage and name in of_kind) / len(of_kind)
            for stage in sorted({where for where, _ in decodes}, key=[*ORDER, "other"].index)
        }
        result[kind] = {**stages, "all": sum(stages.values())}
    return result


def measure(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Adapt and report on a rendered site in a folder; what was decoded, and the peak of memory in MiB."""
    root = folder / "frames"
    render_site(
        root,
        cameras=asked.cameras,
        days=DAYS,
        frames_per_day=asked.frames_per_day,
        width=WIDTH_PX,
        height=HEIGHT_PX,
        seed=0,
    )
    plan = demo_plan(root, 0)
    short = plan.distill.model_copy(update={"epochs": 1, "min_steps": 1})
    plan = plan.model_copy(update={"distill": short, "export": ExportSettings(int8=asked.int8), "frames": asked.budget})
    run, read = Run(folder / "run"), FrameCache(asked.cache_mib << 20)
    with counted_decodes(root.resolve()) as decodes:
        adapt(run, plan, read=read)
        collected = collect(run, open_frames(plan.dataset, plan.root), read=read)
        write_page(folder / "report.html", make_report(collected, None), collected, read)
    records = run.records().values()
    names = {
        "training frame": {name for record in records for name in record.train},
        "test frame": {name for record in records for name in record.test},
        "unchosen frame": {name for record in records for name in record.unchosen},
    }
    return {
        "settings": {name: value for name, value in vars(asked).items() if name != "json"},
        "frames": {kind: len(of_kind) for kind, of_kind in names.items()},
        "decodes": per_frame(decodes, {kind: of_kind for kind, of_kind in names.items() if of_kind}),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def table(found: Mapping[str, Any]) -> Table:
    result = Table(title=f"decodings of a frame, peak memory {found['peak_mib']} MiB", title_justify="left")
    stages = list(next(iter(found["decodes"].values())))
    for heading in ("", *stages):
        result.add_column(heading, justify="right" if heading else "left")
    for kind, counts in found["decodes"].items():
        result.add_row(f"{kind} ({found['frames'][kind]})", *(f"{counts[stage]:.2f}" for stage in stages))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=3)
    parser.add_argument("--frames-per-day", type=int, default=6)
    parser.add_argument("--cache-mib", type=int, default=128)
    parser.add_argument("--int8", action="store_true")
    parser.add_argument("--budget", type=int, help="label at most so many training frames a camera")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = measure(Path(scratch), asked)
    Console(width=120).print(table(found))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
