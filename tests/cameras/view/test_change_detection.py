"""Change detection: noise, light and codecs are let pass, a car in the smallest slot never is."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from lotwise.cameras.site.change_detection import ChangeDetectionSettings
from lotwise.cameras.view import thumbnail
from lotwise.cameras.view.change_detection import ChangeDetector
from lotwise.datasets.disturbances import brighter, noisy, recoded
from lotwise.datasets.frame import Image, Slot
from lotwise.datasets.images import read_image
from lotwise.datasets.readers.open import open_dataset
from tests.cameras.view.scenes import at, scene

RNG = np.random.default_rng
FAR = Slot("far", np.float32([[0.500, 0.30], [0.522, 0.30], [0.522, 0.32], [0.500, 0.32]]))


def parked(image: Image, grey: int) -> Image:
    """With a car in the far slot."""
    out = image.copy()
    cv2.rectangle(out, (502, 226), (520, 239), (grey, grey, grey), -1)
    cv2.rectangle(out, (505, 228), (516, 231), (30, 30, 30), -1)
    return out


def gate_after(
    image: Image, settings: ChangeDetectionSettings | None = None, slots: tuple[Slot, ...] = (FAR,)
) -> ChangeDetector:
    detector = ChangeDetector(settings or ChangeDetectionSettings(), slots)
    assert detector.verdict(thumbnail(image), at(0)) == "first"
    detector.detected(thumbnail(image), at(0))
    return detector


def test_noise_codec_and_a_little_light_are_no_change() -> None:
    detector = gate_after(scene(noise=2, seed=1))
    for i in range(20):
        frame = recoded(noisy(brighter(1 + 0.01 * (i - 10))(scene(noise=0, seed=1), RNG(i)), RNG(i), 2), 85)
        assert detector.verdict(thumbnail(frame), at(i)) == "same"


@pytest.mark.parametrize("grey", [15, 60, 180, 250])
def test_a_car_in_a_slot_of_twenty_pixels_is_seen(grey: int) -> None:
    before = scene(seed=1)
    detector = gate_after(before)
    assert detector.verdict(thumbnail(parked(scene(seed=1), grey)), at(1)) == "changed"


def test_what_passes_beside_the_slots_is_no_change_unless_there_are_none() -> None:
    before, after = scene(seed=1), scene(seed=1)
    cv2.rectangle(after, (100, 600), (200, 660), (250, 250, 250), -1)
    assert gate_after(before).verdict(thumbnail(after), at(1)) == "same"
    assert gate_after(before, slots=()).verdict(thumbnail(after), at(1)) == "changed"


def test_slots_are_watched_where_a_shifted_view_shows_them() -> None:
    before, after = scene(seed=1), scene(seed=1)
    cv2.rectangle(after, (602, 226), (620, 239), (250, 250, 250), -1)
    detector = gate_after(before)
    assert detector.verdict(thumbnail(after), at(1)) == "same"
    assert detector.verdict(thumbnail(after), at(1), shift=(0.1, 0.0)) == "changed"


def test_slow_change_adds_up_because_only_detected_frames_are_compared_with() -> None:
    detector = gate_after(scene(noise=0, seed=1))
    verdicts = []
    for step in range(20):
        mixed = cv2.addWeighted(
            parked(scene(noise=0, seed=1), 250), step / 20, scene(noise=0, seed=1), 1 - step / 20, 0
        )
        verdicts.append(detector.verdict(thumbnail(np.asarray(mixed, np.uint8)), at(step)))
    assert verdicts[1] == "same"
    assert verdicts[-1] == "changed"


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [(59, "same"), (60, "heartbeat"), (3600, "heartbeat"), (-30, "heartbeat")],  # the last: a clock set back
)
def test_the_heartbeat(seconds: float, verdict: str) -> None:
    image = scene(seed=1)
    assert gate_after(image).verdict(thumbnail(image), at(seconds)) == verdict


def test_off_with_one_setting() -> None:
    image = scene(seed=1)
    assert gate_after(image, ChangeDetectionSettings(enabled=False)).verdict(thumbnail(image), at(1)) == "changed"


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError):
        ChangeDetectionSettings.model_validate({"treshold": 1})


@pytest.mark.shared
@pytest.mark.parametrize(("kind", "folder", "camera"), [("cnr-ext", "cnr_ext", "C1"), ("cnr-ext", "cnr_ext", "C3")])
def test_no_real_slot_change_is_missed(shared: Path, kind: str, folder: str, camera: str) -> None:
    """Each slot watched alone, so that nothing else that changed in the frame can wake the detector for it."""
    dataset = open_dataset(kind, shared / "data" / folder, (camera,))
    frames = dataset.of_camera(camera)
    thumbs = [thumbnail(read_image(frame.path)) for frame in frames]
    states = [dataset.truth[frame.name].slots or {} for frame in frames]
    changes = 0
    for slot in dataset.slots[camera]:
        for before, after in zip(range(len(frames)), range(1, len(frames)), strict=False):
            if {slot.id} <= states[before].keys() & states[after].keys() and (
                states[before][slot.id] != states[after][slot.id]
            ):
                detector = ChangeDetector(ChangeDetectionSettings(), (slot,))
                detector.detected(thumbs[before], at(0))
                changes += 1
                assert detector.verdict(thumbs[after], at(1)) == "changed", (slot.id, frames[after].name)
    assert changes > 30
