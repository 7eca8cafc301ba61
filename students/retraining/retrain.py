"""Retrain one camera of a run: from its live student, with new frames and replayed old ones, through a gate on both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from lotwise.cameras.registry.use import in_use
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Footage, Frame
from lotwise.datasets.frame_cache import FrameCache
from lotwise.datasets.load import LoadFrame
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.students.pipeline.beginning import Beginning
from lotwise.students.pipeline.export import export_bundles
from lotwise.students.pipeline.gate import is_divided
from lotwise.students.pipeline.label import label_frames
from lotwise.students.pipeline.records import CameraRecord
from lotwise.students.pipeline.right_size import right_size_students
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.train import train_students
from lotwise.students.retraining.chain import Retrainings
from lotwise.students.retraining.compare import Gate
from lotwise.students.retraining.cpu_budget import CpuBudget, OutOfBudget
from lotwise.students.retraining.intake import find_new, take_in, taken_frames, thin_out
from lotwise.students.retraining.material import Material, material_of, without_known
from lotwise.students.retraining.not_drift import another_view
from lotwise.students.retraining.records import Comparison, Outcome, RetrainingRecord
from lotwise.students.retraining.start import labelled_frames, live_student, seed_index
from lotwise.teacher.ignored import labels_without_ignored
from lotwise.teacher.index import Labels, open_labels

LEAST_NEW = 6
"""New frames under which nothing is retrained: some must be held out, and two days' light is not learned from two."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a retraining.

    Attributes:
        folder: new frames, a folder for each camera.
        since: with time zone; only frames taken then or later.
        least: new frames under which nothing is done.
        keep_bytes: most that a camera's new frames, learned from before, may take in the run folder.
        shadow: as of :func:`lotwise.students.pipeline.export.export_bundles`.
        replay: whether old frames are learned from again; without, what is forgotten can be measured.
    """

    folder: Path
    since: datetime | None = None
    least: int = LEAST_NEW
    keep_bytes: int = 300_000_000
    shadow: bool | None = None
    replay: bool = True


def retrain_camera(
    run: Run,
    footage: Footage,
    camera: str,
    asked: Asked,
    budget: CpuBudget | None = None,
    progress: Progress = no_progress,
    note: Note = no_note,
    read: LoadFrame | None = None,
) -> Outcome:
    """Retrain one camera, or go on with a retraining that was stopped.

    Args:
        run: its run folder, locked.
        footage: frames of the run, slots and ignore regions as they are now.
        camera: its id.
        asked: what is asked for.
        budget: CPU seconds; once they are used up the work stops between two steps, to be gone on with.
        progress: called after each step.
        note: told, one line each, what a user should know.
        read: gives the pixels of a frame.

    Raises:
        InputError: frames, weights or bundles that cannot be worked with.
    """
    budget, read = budget or CpuBudget(None), read or FrameCache()
    chain, first = Retrainings(run, camera), run.record(camera)
    if first is None:
        raise InputError(f"{run.folder}: no student of camera {camera} here yet; run lotwise adapt first")
    if first.dreams is not None:
        raise InputError(
            f"{run.folder}: camera {camera} has a student of dreams, and a retraining learns from frames; run lotwise "
            "adapt --frames-stay-on-camera with the new frames among the others"
        )
    if is_divided(run.registry(camera)):
        raise InputError(
            f"{run.folder}: the student of camera {camera} is divided over boards, which cannot hold a whole one; run "
            "lotwise adapt with the new frames among the others, and lotwise partition again"
        )
    records = chain.records()
    record = records[-1] if records and not records[-1].finished else None
    if record is None:
        begun = _begin(run, footage, first, chain, records, asked, read)
        if isinstance(begun, Outcome):
            return begun
        record = begun
    start, before, stopped = budget.used, record.cpu_s, False
    try:
        _work(run, footage, first, chain, record, asked, budget, progress, note, read)
    except OutOfBudget:
        stopped = True
    finally:
        # What a failed try has cost counts too.
        record = chain.records()[-1].model_copy(update={"cpu_s": round(before + budget.used - start, 1)})
        chain.save(record)
    if stopped or record.outcome is None:
        left = "the CPU budget is used up; the next call goes on from here"
        return Outcome(camera=camera, word="out of budget", why=left, record=record)
    return Outcome(camera=camera, word=record.outcome, why=record.why, record=record)


def _begin(
    run: Run,
    footage: Footage,
    first: CameraRecord,
    chain: Retrainings,
    records: Sequence[RetrainingRecord],
    asked: Asked,
    read: LoadFrame,
) -> RetrainingRecord | Outcome:
    """Take new frames in, where they are worth a retraining."""
    camera, registry = first.camera, run.registry(first.camera)
    if (waiting := registry.state().shadow) is not None and in_use(registry.folder):
        why = f"bundle {waiting} still runs in the shadow of the live one"
        return Outcome(camera=camera, word="waits", why=why)
    used = {source for record in records for source in record.sources}
    found = find_new(asked.folder, camera, asked.since, used)
    if len(found) < asked.least:
        many = f"{len(found)} new frame{'' if len(found) == 1 else 's'}" if found else "no new frames"
        wanted = f", {asked.least} are wanted" if found else ""
        return Outcome(camera=camera, word="nothing new", why=f"{many}{wanted}")
    old = footage.of_camera(camera)
    masks = old[0].masks if old else ()
    shown = [Frame(camera, one.source, one.file, one.taken, masks=masks) for one in found]
    learned = [frame for frame in old if frame.name in set(first.train)]
    if why := another_view(learned, shown, _usual_size(run, learned), read):
        return Outcome(camera=camera, word="asks for slots", why=why)
    names = take_in(found, camera, chain.frames)
    record = RetrainingRecord(
        camera=camera,
        # Not by how many there are: the folder of one that was broken may be deleted.
        number=max((one.number for one in records), default=0) + 1,
        begun=datetime.now(UTC),
        new=tuple(names),
        sources=tuple(one.source for one in found),
    )
    chain.save(record)
    return record


def _work(
    run: Run,
    footage: Footage,
    first: CameraRecord,
    chain: Retrainings,
    record: RetrainingRecord,
    asked: Asked,
    budget: CpuBudget,
    progress: Progress,
    note: Note,
    read: LoadFrame,
) -> None:
    """All stages of one retraining; whatever an earlier try has done is not done again."""
    camera, own = chain.camera, chain.run(record.number)
    plan, watched = run.plan(), budget.watched(progress)
    material = _material(footage, first, chain, record, plan.holdout)
    # What is labelled is listed here, so no choice of frames takes place any more.
    own.begin(plan.model_copy(update={"cameras": (camera,), "frames": None}))
    seed_index(run, own)
    ours = replace(footage, frames=material.frames)
    labels = labels_without_ignored(label_frames(own, ours, watched, read), ours)
    record = record.model_copy(update={"looked": record.looked + labels.predicted})
    chain.save(record)
    keys = {name: one.key for name, one in labelled_frames(run, own).items()} | dict(labels.keys)
    material, known = _fresh(footage, first, chain, record, plan.holdout, keys)
    material = _labelled(material, labels)
    if not (material.new_train and material.new_test):
        if known:
            pictures = _pictures(known, len(record.new))
            why = f"{pictures} known already, so that too little is new to learn from and measure on"
        else:
            why = f"too few of the {len(record.new)} new frames can be read to learn from some and measure on others"
        # Left unfinished, it would be gone on with for ever, and frames that come later would never be learned from.
        chain.save(record.model_copy(update={"finished": True, "known": known, "outcome": "kept", "why": why}))
        chain.tidy()
        return
    notes = _notes(material)
    if known:
        notes.append(f"{_pictures(known, len(record.new))} known already and left out")
    before = live_student(run, chain, own, notes)
    for line in notes:
        note(f"{camera}: {line}")
    split = material.split(asked.replay)
    said = {
        "retraining": record.number,
        "continues": before.bundle,
        "new_frames": len(material.new_train),
        "replayed": len(material.replayed) if asked.replay else 0,
    }
    learned = before.learned
    if learned is None:
        learned = frozenset(keys[frame.name] for frame in material.old_train if frame.name in keys)
    begin = {camera: Beginning(before.weights, split, said, learned)}
    train_students(own, ours, labels, watched, read, note, begin)
    # This camera shares the machine with the others of its run, which are not of this retraining.
    right_size_students(own, ours, labels, watched, read, note, share=len(run.records()))

    def keep(compared: Comparison, live: str) -> None:
        known = chain.records()[-1]
        if known.was_live is None:  # else a try was killed after this, and the new bundle may be live by now
            chain.save(known.model_copy(update={"compared": compared, "was_live": live}))

    gate = Gate({frame.name for frame in material.new_test}, keep)
    export_bundles(own, ours, labels, watched, read, asked.shadow, gate)
    record = chain.records()[-1]
    done = own.record(camera)
    if done is None or done.gate is None:
        raise InputError(f"{own.folder}: the retraining has left no bundle; delete this folder and run again")
    finished = record.model_copy(
        update={
            "finished": True,
            "learned": tuple(frame.path.name for frame in material.new_train),
            "held_out": tuple(frame.path.name for frame in material.new_test),
            "known": known,
            "replayed": said["replayed"],
            "winner": done.gate.winner,
            "bundle": done.bundle if done.gate.winner == "student" else done.baseline,
            "outcome": done.gate.outcome,
            "why": done.gate.why,
            "notes": tuple(notes),
        }
    )
    chain.save(finished)
    chain.tidy()
    thin_out(chain.frames, asked.keep_bytes, spared=record.new)


def _pictures(known: int, new: int) -> str:
    return f"{known} of the {new} new frames show{'s' if known == 1 else ''} pictures that are"


def _fresh(
    footage: Footage,
    first: CameraRecord,
    chain: Retrainings,
    record: RetrainingRecord,
    holdout: float,
    keys: Mapping[str, str],
) -> tuple[Material, int]:
    """What is to be worked with, without new frames whose very picture is known, and how many of those there are."""
    material = _material(footage, first, chain, record, holdout)
    new = sorted((*material.new_train, *material.new_test), key=lambda frame: frame.name)
    fresh = without_known(new, (*material.old_train, *material.old_test), keys)
    known = len(new) - len(fresh)
    if not known:
        return material, 0
    names = {frame.path.name for frame in fresh}
    kept = record.model_copy(update={"new": tuple(name for name in record.new if name in names)})
    return _material(footage, first, chain, kept, holdout), known


def _material(
    footage: Footage, first: CameraRecord, chain: Retrainings, record: RetrainingRecord, holdout: float
) -> Material:
    frames = footage.of_camera(chain.camera)
    masks = frames[0].masks if frames else ()

    def taken(names: Sequence[str]) -> list[Frame]:
        return taken_frames(chain.frames, chain.camera, names, masks)

    before = [one for one in chain.records() if one.finished]
    earlier = [(taken(one.learned), taken(one.held_out)) for one in before]
    return material_of(footage, first, earlier, taken(record.new), holdout)


def _labelled(material: Material, labels: Labels) -> Material:
    """What of it the teacher has looked at: frames that cannot be read any more are left out."""

    def seen(frames: Sequence[Frame]) -> tuple[Frame, ...]:
        return tuple(frame for frame in frames if frame.name in labels.keys)

    return replace(
        material,
        new_train=seen(material.new_train),
        new_test=seen(material.new_test),
        old_train=seen(material.old_train),
        old_test=seen(material.old_test),
    )


def _notes(material: Material) -> list[str]:
    notes = []
    if not material.old_train:
        notes.append("not one old frame can be read any more, so nothing is replayed")
    if not material.old_test:
        notes.append("no old frame is held out, so what it forgets cannot be measured")
    elif material.known:
        notes.append("the first student learned from the old frames that are measured on too, and is flattered there")
    return notes


def _usual_size(run: Run, frames: Sequence[Frame]) -> tuple[int, int]:
    """(width, height) of most of these frames when they were labelled."""
    index = open_labels(run.knowledge).index
    sizes = Counter(index.frames[frame.name].size for frame in frames if frame.name in index.frames)
    return sizes.most_common(1)[0][0] if sizes else (0, 0)
