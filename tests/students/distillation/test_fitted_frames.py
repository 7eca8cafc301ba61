"""Frames at the input's size: decoded once for consensus and samples, and which are kept."""

from pathlib import Path

import numpy as np

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.load import load
from lotwise.students.distillation.fitted_frames import FittedFrames, input_size


class Counted:
    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, frame: Frame) -> Image:
        self.read.append(frame.name)
        return load(frame)


def test_what_was_looked_at_whole_is_not_decoded_for_its_fitted_form(site) -> None:
    read = Counted()
    fitted = FittedFrames((96, 96), read)
    for frame in site.frames[:3]:
        assert np.array_equal(fitted.whole(frame), load(frame))
    for frame in site.frames[:3]:
        image, box = fitted(frame)
        assert (box.frame, box.input) == ((160, 120), (96, 96))
        assert np.array_equal(image, Letterbox((160, 120), (96, 96)).image(load(frame)))
    assert read.read == [frame.name for frame in site.frames[:3]]


def test_of_too_many_frames_the_first_are_kept_in_whatever_order_they_come(site) -> None:
    read = Counted()
    fitted = FittedFrames((96, 96), read, most=2)
    frames = site.frames[:4]
    for order in (frames, frames[::-1], frames):
        for frame in order:
            fitted(frame)
    assert read.read.count(frames[0].name) == read.read.count(frames[1].name) == 1
    assert read.read.count(frames[2].name) == read.read.count(frames[3].name) == 3


def test_the_first_frame_tells_the_input() -> None:
    assert input_size([(1280, 720), (720, 1280)], 640) == (640, 384)


def test_a_frame_that_cannot_be_read_is_not_kept(tmp_path: Path) -> None:
    pictures: dict[str, Image] = {}
    frame = Frame("C1", "a", tmp_path / "a")
    fitted = FittedFrames((32, 32), lambda frame: pictures[frame.name])
    for _ in range(2):
        try:
            fitted(frame)
        except KeyError:
            pictures["a"] = np.full((32, 32, 3), 7, np.uint8)
    assert fitted(frame)[0].max() == 7
