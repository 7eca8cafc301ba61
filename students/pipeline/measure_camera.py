"""A camera's new bundles, and the live one, on frames that its student did not learn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from lotwise.cameras.detection.bundle import BundleRole
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.slots import SlotRule
from lotwise.datasets.frame import Frame
from lotwise.datasets.load import LoadFrame
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.quantize import spread
from lotwise.students.pipeline.camera_job import CameraJob
from lotwise.students.pipeline.expectation import expected_vehicles
from lotwise.students.pipeline.expected_f1 import Expected
from lotwise.students.pipeline.leave_out import counted_of, left_out_detections
from lotwise.students.pipeline.live_gate import JudgedFrame
from lotwise.students.pipeline.measure import Measured, Said, live_f1, measure, say
from lotwise.students.pipeline.readable import readable_frames
from lotwise.students.pipeline.slot_threshold import SlotsTold, tell_slots
from lotwise.students.pipeline.tune import tune, untuned
from lotwise.teacher.index import Labels

EXPECTED_FRAMES = 60
"""Most frames that the student learned from which help to tell what is expected of the others: more show nothing new of
what never leaves."""


def measure_camera(job: CameraJob, folders: Mapping[BundleRole, Path], live: Detector | None) -> Measured:
    """Judge each new bundle, and the live one, and choose how the new ones are to be run.

    Of a student that learned from all frames, students speak that each left some of them out; where there are none,
    only the untouched nano is measured, which has learned from no frame.

    Args:
        job: of the camera.
        folders: of the new bundles, by role.
        live: the live bundle; None where none can be loaded.
    """
    detectors: dict[BundleRole, Detector] = {role: load_detector(folder) for role, folder in folders.items()}
    frames = [frame for frame, _ in readable_frames(job.unlearned, job.read)]
    said: dict[BundleRole, Said] = {}
    if job.record.left_out is not None:
        frames = [frame for frame, _ in readable_frames(job.test, job.read)]
        student = left_out_detections(job.run, job.record)
        said["student"] = {frame.name: counted_of(job.labels, frame.name, student[frame.name]) for frame in frames}
        del detectors["student"]
    elif not frames:
        frames = [frame for frame, _ in readable_frames(job.train, job.read)]
        del detectors["student"]
    expected = expected_of(frames, job.train, job.labels, job.plan.distill, job.read)
    shown = ((frame, job.read(frame)) for frame in frames)
    named: dict[str, Detector] = dict(detectors.items())
    if live is not None:
        named["live"] = live
    found = say(named, shown, job.ignored)
    said |= {role: found[role] for role in detectors}
    slots = _slots_told(job, frames, detectors["baseline"].slot_rule) if job.slots else None
    few = job.record.left_out is not None
    tunings = measure(said, expected, tune if job.plan.export.tune else untuned, slots, raised=few)
    if live is None:
        return Measured(tunings, said, expected)
    said_live = {name: one[one.scores >= live.confidence] for name, one in found["live"].items()}
    return Measured(tunings, said, expected, said_live, live_f1(found["live"], expected, live.confidence))


def judged_frames(job: CameraJob, measured: Measured) -> Iterator[JudgedFrame]:
    """What is reported of each frame that a camera's student is measured on, where a bundle is live.

    Args:
        job: of the camera.
        measured: its bundles.
    """
    for name, live in measured.live.items():
        student, nano = (measured.tunings[role].reported(measured.said[role][name]) for role in ("student", "baseline"))
        yield JudgedFrame(job.labels.keys[name], measured.expected[name], student, nano, live)


def _slots_told(job: CameraJob, frames: Sequence[Frame], rule: SlotRule) -> SlotsTold:
    """The teacher's word on the slots of these frames."""
    told = {frame.name: job.labels.detections(frame) for frame in frames}
    sizes = {frame.name: job.labels.index.frames[frame.name].size for frame in frames}
    return tell_slots(told, sizes, job.slots, rule, job.plan.distill.positive_threshold)


def expected_of(
    measured: Sequence[Frame], learned: Sequence[Frame], labels: Labels, settings: DistillSettings, read: LoadFrame
) -> dict[str, Expected]:
    """What is expected of frames that are measured on, of their camera's others too.

    Args:
        measured: frames that can be read.
        learned: the camera's other frames; some of them help to tell what never leaves.
        labels: what the teacher said.
        settings: of the distillation.
        read: gives the pixels of a frame.
    """
    known = {frame.name for frame in measured}
    others = [learned[index] for index in spread(len(learned), EXPECTED_FRAMES)]
    beside = [frame for frame, _ in readable_frames(others, read) if frame.name not in known]
    ordered = sorted([*measured, *beside], key=lambda frame: (frame.taken or datetime.max, frame.name))
    return expected_vehicles(ordered, labels, settings, read)
