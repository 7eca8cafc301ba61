import numpy as np

from lotwise.cameras.detection.boards.join import join, unread
from lotwise.cameras.detection.ensemble import EnsembleEntry
from lotwise.datasets.frame import Detections
from tests.cameras.detection.boards.divided import entry

SCALES = EnsembleEntry(by="scale", modules=(entry(1), entry(2)))
REGIONS = EnsembleEntry(
    by="region", modules=(entry(1, (0, 0, 40, 64), (0, 0, 32, 64)), entry(2, (24, 0, 64, 64), (32, 0, 64, 64)))
)
ON_THE_SEAM = Detections.of([[24, 10, 38, 20]], [0.9])  # its centre, 31, is the first one's


def boxes(found: Detections) -> list[list[float]]:
    return found.boxes.tolist()


def test_modules_that_see_the_whole_frame_are_read_together() -> None:
    one, other = Detections.of([[0, 0, 9, 9]], [0.9]), Detections.of([[30, 30, 40, 40]], [0.4])
    assert boxes(join(SCALES, [one, other], None)) == [[0, 0, 9, 9], [30, 30, 40, 40]]
    assert boxes(join(SCALES, [None, other], None)) == [[30, 30, 40, 40]]


def test_a_lost_module_costs_no_sight_where_others_see_the_whole_frame() -> None:
    assert unread(SCALES, [None, Detections.empty()]) == ()
    assert unread(SCALES, [None, None]) == ((0, 0, 64, 64), (0, 0, 64, 64))


def test_without_a_module_that_is_needed_nothing_is_known() -> None:
    needed = entry(1).model_copy(update={"needed": True})
    ensemble = EnsembleEntry(by="scale", modules=(needed, entry(2)))
    assert unread(ensemble, [None, Detections.empty()]) == ((0, 0, 64, 64),)
    assert unread(ensemble, [Detections.empty(), None]) == ()


def test_a_car_on_the_seam_is_told_by_the_board_that_answers_for_it() -> None:
    assert len(join(REGIONS, [ON_THE_SEAM, ON_THE_SEAM], None)) == 1


def test_a_neighbour_tells_what_it_sees_of_a_lost_ones_part() -> None:
    assert boxes(join(REGIONS, [None, ON_THE_SEAM], None)) == boxes(ON_THE_SEAM)
    assert unread(REGIONS, [None, ON_THE_SEAM]) == ((0, 0, 32, 64),)


def test_channels_of_a_lost_module_are_nothing_to_the_head() -> None:
    modules = tuple(entry(number).model_copy(update={"channels": (2,), "strides": (32,)}) for number in (1, 2))
    given: list[np.ndarray] = []

    def head(maps) -> Detections:
        given.extend(maps)
        return Detections.empty()

    ensemble = EnsembleEntry(by="channel", modules=modules, head="head.onnx")
    join(ensemble, [None, (np.ones((2, 2, 2), np.float16),)], head)
    assert [level.shape for level in given] == [(4, 2, 2)]
    assert given[0][:2].sum() == 0
    assert given[0][2:].tolist() == np.ones((2, 2, 2)).tolist()
