import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections
from lotwise.students.distillation.samples import Sample
from lotwise.students.ensemble.regions import WindowSamples, regions_of
from lotwise.students.losses.targets import SampleTargets


@pytest.mark.parametrize("size", [(640, 384), (384, 640)], ids=["wide", "tall"])
@pytest.mark.parametrize("count", [0, 60], ids=["nothing seen", "cars seen"])
def test_territories_cover_the_view_once_and_windows_hold_them(size: tuple[int, int], count: int) -> None:
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 300, (count, 2))
    boxes = np.concatenate([corners, corners + 40], axis=1).astype(np.float32)
    regions = regions_of(size, boxes, 3)
    covered = np.zeros((size[1], size[0]), int)
    for region in regions:
        left, top, right, bottom = region.territory
        covered[top:bottom, left:right] += 1
        window = region.window
        assert window[0] <= left and window[1] <= top and window[2] >= right and window[3] >= bottom
        assert all(side % 32 == 0 for side in window)
    assert (covered == 1).all()


def test_a_car_on_a_seam_is_seen_whole_by_the_board_that_answers_for_it() -> None:
    boxes = np.float32([[x, 0, x + 50, 30] for x in range(0, 580, 10)])
    for region in regions_of((640, 384), boxes, 3):
        left, _, right, _ = region.territory
        for box in boxes:
            if left <= (box[0] + box[2]) / 2 < right:
                assert region.window[0] <= box[0] and box[2] <= region.window[2]


def test_more_boards_than_parts_are_refused() -> None:
    with pytest.raises(InputError, match="give at most 2 boards"):
        regions_of((64, 64), np.zeros((0, 4), np.float32), 3)


class One:
    """One sample."""

    identity = "one"
    image = np.arange(64 * 96 * 3, dtype=np.uint8).reshape(64, 96, 3)

    def __len__(self) -> int:
        return 1

    def __getitem__(self, i: int) -> Sample:
        boxes = Detections.of([[0, 0, 20, 20], [40, 0, 60, 20], [28, 10, 36, 20]], [0.9, 0.8, 0.7])
        return Sample(self.image, SampleTargets(boxes, (), np.float32([[30, 0, 60, 60]])))

    def latent_channels(self) -> list[int]:
        return [1]


def test_a_part_is_taught_what_lies_in_it() -> None:
    samples = WindowSamples(One(), (32, 0, 96, 64))
    sample = samples[0]
    assert np.array_equal(sample.image, One.image[:, 32:])
    assert sample.targets.detections.boxes.tolist() == [[8, 0, 28, 20], [0, 10, 4, 20]]  # half a car is taught too
    assert sample.targets.ignore.tolist() == [[0, 0, 28, 60]]
    assert samples.latent_channels() == []
    assert samples.identity != WindowSamples(One(), (0, 0, 96, 64)).identity
