"""The verdict on a run's cameras, day by day, on frames that no student learned from, with the teacher at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.site.trust import TrustSettings
from lotwise.cameras.site.view import ViewSettings
from lotwise.cameras.trust.days import camera_days, first_day_reference
from lotwise.cameras.trust.reference import Measured, TrustReference, read_reference
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.trust.sampling import Sampler
from lotwise.cameras.trust.site_days import CameraTrust
from lotwise.cameras.view.health import ViewHealth
from lotwise.cameras.view.thumbnail import thumbnail
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Dataset, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.eval.retrained_on import retrained_on
from lotwise.eval.unlearned import unlearned_frames
from lotwise.students.export.quantize import spread
from lotwise.students.pipeline.footage import open_run_frames
from lotwise.students.pipeline.run import Run
from lotwise.students.trust.cases import teacher_error
from lotwise.teacher.index import Labels, open_labels

USUAL_FRAMES = 6
"""Frames learned from that stand for the usual, for a bundle that carries no reference."""


def run_trust(
    run: Run,
    dataset: Dataset,
    camera: str | None = None,
    settings: TrustSettings | None = None,
    progress: Progress = no_progress,
    read: LoadFrame = load,
) -> list[CameraTrust]:
    """Judge the live bundle of each camera of a run.

    Frames that the teacher has looked at give its word too; on others, such as those of another folder, the bundle's
    own signals speak alone.

    Args:
        run: a run folder with bundles.
        dataset: the run's own frames, or others of the same cameras.
        camera: only this one.
        settings: from which accuracy on a camera is good or bad.
        progress: told of each frame.
        read: gives the pixels of a frame.

    Raises:
        InputError: the run has no bundle of any of the cameras.
    """
    records = {name: record for name, record in run.records().items() if record.live and camera in (None, name)}
    if not set(records) & set(dataset.cameras):
        wanted = camera or ", ".join(dataset.cameras)
        raise InputError(f"{run.folder}: no live bundle of {wanted}; run lotwise adapt first")
    used = settings or TrustSettings(min_frames=1)  # the teacher has looked at a run's own frames
    plan, labels = run.plan(), open_labels(run.knowledge)
    retrained = {name: retrained_on(run, record) for name, record in records.items()}
    unlearned = unlearned_frames(dataset, records, labels, read, retrained)
    found = []
    own: Dataset | None = None
    for name in dataset.cameras:
        if name not in records:
            continue
        folder = run.registry(name).live()
        detector, carried = load_detector(folder), read_reference(folder)
        frames = [frame for frame in unlearned.frames if frame.camera == name and name not in unlearned.learned]
        if run.registry(name).state().live != records[name].baseline:
            # Students that are not live speak of these in the report; the live one has learned from them.
            frames = [frame for frame in frames if frame.name not in unlearned.left_out]
        learned: list[Frame] = []
        if carried is None:
            own = own or open_run_frames(plan)
            learned = [frame for frame in own.of_camera(name) if frame.name in records[name].train]
        reference = carried or _usual(detector, learned, read)
        judged = _Judged(detector, reference, labels, plan.distill.positive_threshold, read)
        samples = judged.samples(frames, progress)
        days = camera_days(name, samples, dict.fromkeys([detector.identity], reference).__getitem__, used)
        found.append(CameraTrust(name, tuple(days), sampled=False))
    return found


class _Judged:
    """Samples of one camera's stored frames."""

    def __init__(
        self, detector: Detector, reference: TrustReference, labels: Labels, threshold: float, read: LoadFrame
    ) -> None:
        self._detector, self._reference, self._labels = detector, reference, labels
        self._threshold, self._read = threshold, read

    def samples(self, frames: Sequence[Frame], progress: Progress) -> list[Sample]:
        """One for each frame that can be read, with the teacher's word where it has looked."""
        view, sampler = ViewHealth(ViewSettings(recover_frames=1)), Sampler()
        found = []
        for number, frame in enumerate(frames):
            progress(f"trust {frame.camera}", number, len(frames), "")
            try:
                image = self._read(frame)
            except UnreadableImage:
                continue
            taken = frame.taken or datetime(1970, 1, 1) + timedelta(seconds=number)
            report = view.check(image, thumbnail(image), taken.replace(tzinfo=UTC))
            if report.verdict != "good":
                found.append(Sample(taken, view=report.verdict, bundle=self._detector.identity, unknown=1.0))
                continue
            sample, seen = sampler.sample(self._detector, self._reference, image, taken)
            if frame.name in self._labels.keys:
                said = self._labels.detections(frame)
                error = teacher_error(seen, said, self._detector, self._detector.slots, self._threshold)
                sample = replace(sample, teacher=error)
            found.append(sample)
        if frames:
            progress(f"trust {frames[0].camera}", len(frames), len(frames), "")
        return found


def _usual(detector: Detector, learned: Sequence[Frame], read: LoadFrame) -> TrustReference:
    """What other cameras taught, around this bundle's signals on frames that it learned from."""
    sampler, samples = Sampler(), []
    for frame in (learned[index] for index in spread(len(learned), USUAL_FRAMES)):
        try:
            samples.append(sampler.sample(detector, TrustReference(), read(frame), datetime(1970, 1, 1))[0])
        except UnreadableImage:
            continue
    measured: Measured = "slots" if detector.slots else "boxes"
    return first_day_reference(samples, detector.identity, measured)
