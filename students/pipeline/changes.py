"""What a run folder loses when it is begun again with another plan: said before it happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lotwise.students.distillation.checkpoint import LOG
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run

SETTINGS = ("oracle", "distill", "synthesis")
"""Parts of a plan whose every change is another student."""
SOURCES = ("dataset", "root", "teacher", "student", "holdout", "test_days", "frames")
"""Parts of a plan that say where frames and weights lie: they may be the same at another place."""


def lost_work(run: Run, plan: Plan) -> list[str]:
    """What was learned in a run folder that this plan cannot go on with; one line for the user, or none.

    Args:
        run: where an earlier plan may lie.
        plan: what is asked for now.
    """
    if not run.begun:
        return []
    before = run.plan()
    settings, sources = (
        [line for name in names for line in _differences(name, _plain(before, name), _plain(plan, name))]
        for names in (SETTINGS, SOURCES)
    )
    learned = _epochs(run)
    if not learned or not settings + sources:
        return []
    epochs = ", ".join(f"{camera} {count}" for camera, count in learned.items())
    anew = (
        "students are trained anew" if settings else "where frames or labels change by that, students are trained anew"
    )
    return [
        f"{run.folder}: {'; '.join(settings + sources)}: {anew}, and the epochs learned so far ({epochs}) are given "
        "up; stop now and give another --out to keep them"
    ]


def _plain(plan: Plan, name: str) -> Any:
    return plan.model_dump(mode="json", include={name})[name]


def _differences(name: str, before: Any, now: Any) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted({*before, *now}):
            # Settings are named as in a settings file, without the part of the plan in which they lie.
            within = key if name in ("distill", "oracle") else f"{name}.{key}"
            yield from _differences(within, before.get(key), now.get(key))
    elif before != now:
        yield f"{name} was {before}, is {now}"


def _epochs(run: Run) -> dict[str, int]:
    """Epochs learned, by camera."""
    own, dreamt = (sorted(run.folder.glob(f"cameras/*/{at}train/{LOG}")) for at in ("", "dreams/"))
    logs = {path.parents[1].name: path for path in own} | {path.parents[2].name: path for path in dreamt}
    counts = {camera: sum(1 for _ in path.open("rb")) for camera, path in logs.items()}
    return {camera: count for camera, count in counts.items() if count}
