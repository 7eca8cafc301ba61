"""The gate of a retraining: the new bundle against the live one on recent and on old frames, each for itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lotwise.cameras.detection.bundle import parse_manifest, write_manifest
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.detection.frame_result import FrameReader, FrameResult
from lotwise.cameras.ignore.region import without_ignored
from lotwise.cameras.registry.expected_difference import AGAINST_LIVE, Difference, difference
from lotwise.datasets.frame import Detections, SlotState
from lotwise.students.pipeline.camera_job import CameraJob
from lotwise.students.pipeline.expected_f1 import Expected, judge
from lotwise.students.pipeline.gate import Decision
from lotwise.students.pipeline.measure_camera import expected_of
from lotwise.students.pipeline.readable import readable_frames
from lotwise.students.retraining.records import Comparison, FrameChange, Score, score
from lotwise.students.retraining.vehicles import vehicle_gains
from lotwise.students.trust.cases import teacher_states

FORGOTTEN = 0.01
"""Expected F1, and share of slots, by which a new bundle may be worse on old frames: one vehicle or slot in a hundred.
Chosen: what is new may cost so much of what is old."""
CHANCE = 0.05
"""A loss counts if bundles that are as good would make as large a one less often than this (docs/retraining.md)."""
MOST_LOST = 0.2
"""A loss from here up counts whatever chance may do: so few places that nothing can be told are no reason to lose a
fifth of them."""


class Gate:
    """Holds a retrained bundle to what the live one does, on recent and on old frames; keeps what it has found.

    Meets :data:`lotwise.students.pipeline.export.HoldTo`.

    Args:
        recent: names of the new frames that are held out; all other held-out frames are old ones.
        keep: told the comparison and the live bundle's identity before anything is promoted, so that a kill after
            that does not lose what was live before.
    """

    def __init__(self, recent: Collection[str], keep: Callable[[Comparison, str], None]) -> None:
        self._recent, self._keep = frozenset(recent), keep

    def __call__(self, job: CameraJob, folder: Path, live: Detector, decision: Decision) -> Decision:
        """The decision, or a refusal where the new bundle is worse on recent frames or has forgotten old ones."""
        compared, apart = compare(job, load_detector(folder), live, self._recent)
        self._keep(compared, live.identity)
        manifest = parse_manifest(folder)
        measured = {**manifest.measured, AGAINST_LIVE: apart.to_json()}
        write_manifest(folder, manifest.model_copy(update={"measured": measured}))
        if decision.outcome == "kept":
            return decision
        if why := refusal(compared):
            return replace(decision, outcome="kept", why=why)
        return replace(decision, why=in_words(compared))


def compare(job: CameraJob, new: Detector, live: Detector, recent: Collection[str]) -> tuple[Comparison, Difference]:
    """Both bundles, as they run, on the held-out frames of a camera; the teacher's word is the measure.

    Besides, by how much they differ on the new frames, whoever is right: the node will see no less of that.

    Args:
        job: of the camera.
        new, live: the bundles.
        recent: names of the new frames.
    """
    frames = [frame for frame, _ in readable_frames(job.unlearned, job.read)]
    expected = expected_of(frames, job.train, job.labels, job.plan.distill, job.read)
    # The slots of today, as a node reads them, by both: an id may have been another slot when the live one was made.
    readers = FrameReader(live, given_slots=new.slots), FrameReader(new)
    changes: list[FrameChange] = []
    states_read: list[tuple[SlotState, SlotState]] = []
    pairs: dict[bool, list[tuple[Expected, Detections, Detections]]] = {True: [], False: []}
    for frame, image in readable_frames(frames, job.read):
        results = [reader(image, frame.name) for reader in readers]
        size = results[0].size
        found = [
            one.detections if job.ignored is None else without_ignored(one.detections, job.ignored, size)
            for one in results
        ]
        said, is_recent = expected[frame.name], frame.name in recent
        if is_recent:
            states_read += [
                (result.state, results[1].readings[slot].state) for slot, result in results[0].readings.items()
            ]
        pairs[is_recent].append((said, found[0], found[1]))
        told = teacher_states(job.labels.detections(frame), new, new.slots, size) if new.slots else {}
        before, after = (judge([(one, said)]).f1(0.0) for one in found)
        wrong = [_wrong(result, told) for result in results]
        changes.append(
            FrameChange(
                frame=frame.name,
                recent=is_recent,
                before=before,
                after=after,
                slots=len(told),
                wrong_before=wrong[0],
                wrong_after=wrong[1],
            )
        )
    recent_score, old_score = (_score([one for one in changes if one.recent == of], pairs[of]) for of in (True, False))
    compared = Comparison(recent=recent_score, old=old_score, frames=tuple(changes))
    return compared, difference(live.identity, [(before, after) for _, before, after in pairs[True]], states_read)


def _score(frames: Sequence[FrameChange], pairs: Sequence[tuple[Expected, Detections, Detections]]) -> Score | None:
    before = judge((found, said) for said, found, _ in pairs).f1(0.0)
    after = judge((found, said) for said, _, found in pairs).f1(0.0)
    return score(frames, before, after, vehicle_gains(pairs) if pairs else None)


def _wrong(result: FrameResult, told: Mapping[str, SlotState]) -> tuple[str, ...]:
    """Slots that are read otherwise than by the teacher."""
    return tuple(slot for slot, state in told.items() if result.readings[slot].state != state)


def refusal(compared: Comparison) -> str:
    """Why a new bundle may not take the live one's place; empty where it may.

    On recent frames it may not be worse, on old ones by no more than ``FORGOTTEN``; and what chance may make of two
    bundles that are as good is no loss.
    """
    for age, found, allowed in (("recent", compared.recent, 0.0), ("old", compared.old, FORGOTTEN)):
        if found is None:
            continue
        if worse(found.before - found.after, allowed, found.chance):
            return (
                f"it agrees less with the teacher on the {found.frames} {age} frames, by {found.after:.3f} where the "
                f"live bundle does by {found.before:.3f}{_not_chance(found.chance)}"
            )
        if found.slots_before is None or found.slots_after is None:
            continue
        if worse(found.slots_before - found.slots_after, allowed, found.slots_chance):
            return (
                f"it reads {found.slots_after:.1%} of the slots as the teacher on the {found.frames} {age} frames, the "
                f"live bundle {found.slots_before:.1%}{_not_chance(found.slots_chance)}"
            )
    return ""


def worse(loss: float, allowed: float, chance: float | None) -> bool:
    """Whether a loss, as a share, is one that refuses a bundle.

    Args:
        loss: below 0 for a gain.
        allowed: what may be lost.
        chance: how likely bundles that are as good differ by so much; None where nobody can tell, so that it counts.
    """
    return loss > allowed and (loss >= MOST_LOST or chance is None or chance < CHANCE)


def _not_chance(chance: float | None) -> str:
    """How rare such a loss is among bundles that are as good, in words."""
    if chance is None or chance >= CHANCE:
        return ""
    return f"; of bundles that are as good fewer than {'one' if chance < 0.01 else 'five'} in a hundred lose so much"


def in_words(compared: Comparison) -> str:
    """Both bundles on recent and on old frames, in one line."""
    parts = [
        f"{found.after:.3f} instead of {found.before:.3f} on {found.frames} {age} frame{'s'[: found.frames - 1]}"
        + (
            f" (slots {found.slots_after:.1%} instead of {found.slots_before:.1%})"
            if found.slots_before is not None and found.slots_after is not None
            else ""
        )
        for age, found in (("recent", compared.recent), ("old", compared.old))
        if found is not None
    ]
    if not parts:
        return "no frame is held out"
    lost = any(found is not None and _lost(found) for found in (compared.recent, compared.old))
    return f"it agrees with the teacher by {' and '.join(parts)}{'; no more is lost than may be' if lost else ''}"


def _lost(found: Score) -> bool:
    slots = found.slots_before is not None and found.slots_after is not None and found.slots_after < found.slots_before
    return slots or found.after < found.before
