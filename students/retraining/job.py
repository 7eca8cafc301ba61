"""Retrain the cameras of a run: the worst first, within a CPU budget, and none of them stops the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.site_bundles import bundles_of
from lotwise.cameras.site.settings import Site
from lotwise.cameras.trust.log import log_file, read_log
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.trust.site_days import last_verdict
from lotwise.cameras.trust.verdict import Verdict
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Footage
from lotwise.datasets.frame_cache import FrameCache
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.cpu_budget import CpuBudget
from lotwise.students.retraining.not_drift import turned_by_samples
from lotwise.students.retraining.order import worst_first
from lotwise.students.retraining.records import Outcome
from lotwise.students.retraining.retrain import Asked, retrain_camera

Done = Callable[[Footage, Outcome], None]
"""Told of each camera once it is done."""


def retrain(
    run: Run,
    asked: Asked,
    site: Site | None = None,
    cameras: Sequence[str] | None = None,
    budget: CpuBudget | None = None,
    progress: Progress = no_progress,
    note: Note = no_note,
    done: Done | None = None,
) -> list[Outcome]:
    """Retrain every camera of which there is something new.

    Args:
        run: a run folder of ``lotwise adapt``.
        asked: what is asked for.
        site: of the node that has sampled the cameras: its verdicts give the order, its views tell who was turned.
        cameras: ids; None for all of the run.
        budget: CPU seconds for all of them together; None for no end.
        progress, note: as of :func:`retrain_camera`.
        done: told of each camera once it is done, in the order in which they are worked on.

    Raises:
        InputError: no run here, no such camera, or another process works in the folder.
    """
    with run.lock():
        plan, records = run.plan(), run.records()
        names = _asked_cameras(run, list(records), cameras)
        samples = {name: _samples(site, name) for name in names}
        verdicts = {name: _verdict(site, name, found) for name, found in samples.items()}
        footage, budget = open_footage(plan), budget or CpuBudget(None)
        outcomes: list[Outcome] = []
        for name in worst_first(names, verdicts):
            found = _one(run, footage, name, asked, site, samples[name], budget, progress, note)
            outcomes.append(found)
            if done is not None:
                done(footage, found)
    return outcomes


def _one(
    run: Run,
    footage: Footage,
    camera: str,
    asked: Asked,
    site: Site | None,
    samples: Sequence[Sample],
    budget: CpuBudget,
    progress: Progress,
    note: Note,
) -> Outcome:
    if budget.over:
        why = "the CPU budget was used up by the cameras before it"
        return Outcome(camera=camera, word="out of budget", why=why)
    if turned := turned_by_samples(samples):
        return Outcome(camera=camera, word="asks for slots", why=turned)
    try:
        _same_bundles(run, site, camera)
        return retrain_camera(run, footage, camera, asked, budget, progress, note, FrameCache())
    except (InputError, OSError) as error:
        return Outcome(camera=camera, word="failed", why=str(error))
    except Exception as error:  # whatever goes wrong with one camera must not stop the others
        return Outcome(camera=camera, word="failed", why=f"{type(error).__name__}: {error}")


def _asked_cameras(run: Run, known: Sequence[str], asked: Sequence[str] | None) -> list[str]:
    if not known:
        raise InputError(f"{run.folder}: no student here yet; run lotwise adapt first")
    for name in asked or ():
        if name not in known:
            raise InputError(f"{run.folder}: no student of camera {name} here; there are {', '.join(known)}")
    return [name for name in known if asked is None or name in asked]


def _samples(site: Site | None, camera: str) -> list[Sample]:
    """What the node has sampled; nothing where that cannot be read, which harms the order alone."""
    if site is None or camera not in site.cameras:
        return []
    try:
        return read_log(log_file(site.state, camera))
    except InputError:
        return []


def _verdict(site: Site | None, camera: str, samples: Sequence[Sample]) -> Verdict | None:
    if site is None or camera not in site.cameras:
        return None
    try:
        return last_verdict(site, camera, samples)
    except InputError:
        return None


def _same_bundles(run: Run, site: Site | None, camera: str) -> None:
    """Refuse a camera whose node runs bundles of another folder: it would never see the new one.

    Raises:
        InputError: it does.
    """
    if site is None or camera not in site.cameras:
        return
    found = bundles_of(site, camera)
    folder = found.folder if isinstance(found, Registry) else Path(found)
    if folder.resolve() != run.registry(camera).folder.resolve():
        raise InputError(f"camera {camera}: the site runs bundles of {folder}; retrain the run that they belong to")
