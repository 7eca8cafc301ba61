"""The way from the untouched nano to a student: what models on it say of frames, and which of them a camera gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.students.few_frames.blend import blend
from lotwise.students.few_frames.choice import DEFAULT_MARGIN, ENOUGH, NANO, choose_share, needed_gain
from lotwise.students.few_frames.said import Said
from lotwise.students.model.deployed import candidates, deployed_form, reported
from lotwise.students.pipeline.expected_f1 import Expected, judge
from lotwise.students.pipeline.inventions import may_be_invented
from lotwise.students.pipeline.tune import tune, untuned


@dataclass(frozen=True)
class Weighed:
    """How far a student goes.

    Attributes:
        agreement: expected F1 by share of the way, each at its own best threshold; the nano is at 0.
        share: the one that was chosen.
        margin: by how much it must agree more than the nano.
    """

    agreement: Mapping[float, float]
    share: float
    margin: float


def look_on_the_way(
    nano: DetectionModel,
    student: DetectionModel,
    shares: Iterable[float],
    frames: Sequence[Frame],
    size: tuple[int, int],
    read: LoadFrame = load,
) -> dict[float, dict[str, Detections]]:
    """All boxes of the nano and of what lies on its way to a student, by share and frame name, in pixels of the frame.

    Args:
        nano: what the student started from.
        student: what it has become.
        shares: of the way, above 0.
        frames: looked at.
        size: width and height of the network's input, px.
        read: gives the pixels of a frame.

    Raises:
        UnreadableImage: a frame cannot be read.
    """
    images = {}
    for frame in frames:
        image = read(frame)
        fitted = Letterbox((image.shape[1], image.shape[0]), size)
        images[frame.name] = fitted.image(image), fitted
    said: dict[float, dict[str, Detections]] = {}
    for share in (NANO, *shares):
        form = deployed_form(blend(nano, student, share))
        said[share] = {
            name: reported(candidates(form, image), fitted, MIN_REPORTED_SCORE)
            for name, (image, fitted) in images.items()
        }
    return said


def weigh(
    said: Said, expected: Mapping[str, Expected], tuned: bool, margin: float = DEFAULT_MARGIN, enough: float = ENOUGH
) -> Weighed:
    """Choose how far from the nano a student shall lie, by what was said of frames that it did not learn from.

    Each point on the way is measured as it would run: at its own best threshold, where thresholds are chosen, raised
    until it draws hardly more than the nano where the teacher has nothing. Points that do so from no score up come
    into question only where all do.

    Args:
        said: things that are ignored left out.
        expected: of each frame.
        tuned: whether each bundle's thresholds are chosen for its camera.
        margin: least gain in expected F1 over the nano that counts.
        enough: share of the best one's gain over the nano with which a nearer one is taken.
    """
    judged = {share: judge((one, expected[name]) for name, one in found.items()) for share, found in said.items()}
    nano = tune(judged[NANO]) if tuned else untuned(judged[NANO])
    tunings = {
        share: (tune if tuned else untuned)(one, of_nano=None if share == NANO else nano.invented)
        for share, one in judged.items()
    }
    agreement = {share: one.expected_f1 for share, one in tunings.items()}
    told = {
        share: agreement[share]
        for share, one in tunings.items()
        if share == NANO or one.invented <= may_be_invented(one.boxes, nano.invented)
    }
    needed = needed_gain(margin, sum(len(one.taught) for one in expected.values()))
    share = choose_share(told if len(told) > 1 else agreement, needed, enough)
    return Weighed(agreement, share, needed)
