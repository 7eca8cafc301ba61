"""The job behind the published table: own students, one for all, and the table by every protocol there is truth for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Footage
from lotwise.datasets.frame_cache import FrameCache
from lotwise.datasets.load import LoadFrame
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.datasets.split import common_test_days
from lotwise.datasets.whole_file import write_whole
from lotwise.eval.collect import collect
from lotwise.eval.live import live_sentence
from lotwise.eval.reproduction.extent import Extent
from lotwise.eval.reproduction.published import published
from lotwise.eval.reproduction.table import ProtocolTable, tables
from lotwise.students.pipeline.adapt import Adapted, adapt
from lotwise.students.pipeline.footage import open_run_frames
from lotwise.students.pipeline.one_for_all import one_for_all
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run

TABLE = "reproduction.json"
PAGE = "reproduction.html"
AdaptCameras = Callable[[Run, Plan, Progress, Note, LoadFrame], Adapted]
"""Labels the frames of a run and makes its cameras' own students: :func:`lotwise.students.pipeline.adapt.adapt`, or
whatever does the same on several machines."""
SAME_DAYS = "A day is measured on all cameras or learned from on all, where the days allow it: {days}."


@dataclass(frozen=True)
class Reproduction:
    """The finished table.

    Attributes:
        extent: how much of the data set it rests on.
        tables: by each protocol there is truth for.
        notes: what the reader must know of all of them, a sentence each.
        models: names of teacher and student, and how they were used, for people.
        seconds: that this call took.
        estimated_seconds: that it was to take at most, as told before; None where nothing was told.
    """

    extent: Extent
    tables: tuple[ProtocolTable, ...]
    notes: tuple[str, ...]
    models: str
    seconds: float
    estimated_seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "extent": self.extent.to_json(),
            "models": self.models,
            "seconds": self.seconds,
            "estimated_seconds": self.estimated_seconds,
            "notes": list(self.notes),
            "published": {"source": published().source, "caveats": list(published().caveats)},
            "tables": [table.to_json(self.extent.rendered) for table in self.tables],
        }


def read_reproduction(path: Path) -> Reproduction:
    """A table that was written as JSON.

    Raises:
        InputError: there is none, or it is broken.
    """
    try:
        said = json.loads(path.read_bytes())
        extent = Extent(**{name: value for name, value in said["extent"].items() if name != "line"})
        found = tuple(ProtocolTable.from_json(table) for table in said["tables"])
        return Reproduction(
            extent, found, tuple(said["notes"]), said["models"], said["seconds"], said["estimated_seconds"]
        )
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); run lotwise reproduce first") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not written by lotwise reproduce ({error!r}); run it again") from error


def reproduction_plan(plan: Plan, footage: Footage) -> Plan:
    """The plan with days that are measured on all cameras alike.

    Of a camera with few frames none are left out in turn: the one for all could not be measured so.
    """
    days = common_test_days(footage.frames, plan.holdout) if plan.holdout else ()
    few = plan.few_frames.model_copy(update={"pictures": 1})
    return plan.model_copy(update={"test_days": days or None, "few_frames": few})


def reproduce(
    run: Run,
    plan: Plan,
    extent: Extent,
    progress: Progress = no_progress,
    note: Note = no_note,
    adapt_cameras: AdaptCameras = adapt,
) -> Reproduction:
    """Label, train own students and one for all, export, measure. What was done before is not done again.

    Args:
        run: where everything is written.
        plan: of :func:`reproduction_plan`.
        extent: of its frames.
        progress: called after each step with its stage, how much is done, of how much, and a note.
        note: told, one line each, what a user should know before work is given up for it.
        adapt_cameras: makes the cameras' own students; one after the other in this process by default.

    Raises:
        InputError: frames, weights or settings that cannot be worked with.
    """
    begun, read = time.monotonic(), FrameCache()
    adapted = adapt_cameras(run, plan, progress, note, read)
    rival = one_for_all(run, adapted.footage, adapted.labels, progress, read)
    # Only the evaluation is handed the truth.
    dataset = open_run_frames(plan)
    own = collect(run, dataset, progress=progress, read=read)

    def told(stage: str, done: int, total: int, words: str) -> None:
        progress(f"{stage} one for all", done, total, words)

    shared = collect(rival, dataset, progress=told, read=read)
    notes = [SAME_DAYS.format(days=", ".join(str(day) for day in plan.test_days))] if plan.test_days else []
    notes += [live_sentence(own.live), *adapted.footage.notes]
    made = Reproduction(extent, tables(own, shared), tuple(notes), _models(plan), time.monotonic() - begun)
    return replace(made, seconds=round(made.seconds, 1))


def write_reproduction(path: Path, found: Reproduction) -> None:
    """Write the table as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(found.to_json(), indent=1) + "\n").encode())


def _models(plan: Plan) -> str:
    scales = " and ".join(str(scale) for scale in plan.oracle.scales)
    teacher, student = Path(plan.teacher).name, Path(plan.student).name
    return f"teacher {teacher} at {scales} px, students {student} at {plan.distill.size} px, seed {plan.distill.seed}"
