"""What the teacher said of a frame, on disk and back."""

import numpy as np
import pytest

from lotwise.datasets.frame import Detections
from lotwise.teacher.knowledge import Dense, Distribution, Knowledge, Latent, decode, encode
from lotwise.teacher.oracle import MAX_DETECTIONS, OracleSettings, keep_cells

RNG = np.random.default_rng(0)


def soft(count: int) -> Detections:
    corner = RNG.uniform(0, 900, (count, 2))
    boxes = np.concatenate([corner, corner + RNG.uniform(5, 90, (count, 2))], axis=1)
    return Detections.of(boxes, np.sort(RNG.uniform(0.01, 1, count))[::-1])


def whole(channels: tuple[int, ...], grid: tuple[int, int], count: int) -> Knowledge:
    """As of a teacher of these neck widths at an input of ``grid`` (width, height)."""
    levels = [(grid[1] // stride, grid[0] // stride) for stride in (8, 16, 32)]
    anchors = sum(rows * columns for rows, columns in levels)
    scores = RNG.uniform(0, 1, anchors)
    maps = [RNG.normal(0, 3, (c, *level)) for c, level in zip(channels, levels, strict=True)]
    told = Distribution(np.arange(3, dtype=np.int32), RNG.normal(0, 3, (3, 64)).astype(np.float16))
    dense = Dense(scores.astype(np.float16), RNG.uniform(0, 640, (anchors, 4)).astype(np.float16), told)
    return Knowledge((1000, 750), soft(count), grid, keep_cells(maps, scores, OracleSettings().latent_bytes), dense)


def test_round_trip_keeps_boxes_exactly_and_the_rest_in_half_precision() -> None:
    said = whole((16, 24, 32), (160, 96), 7)
    read = decode(encode(said))
    assert (read.size, read.input) == (said.size, said.input)
    assert np.array_equal(read.detections.boxes, said.detections.boxes)
    assert np.abs(read.detections.scores - said.detections.scores).max() < 5e-4
    assert read.detections.scores.dtype == np.float32
    for mine, theirs in zip(read.latents, said.latents, strict=True):
        assert mine.grid == theirs.grid
        assert mine.values.dtype == np.float16
        assert np.array_equal(mine.cells, theirs.cells)
        assert np.array_equal(mine.values, theirs.values)
    assert read.dense is not None and said.dense is not None
    assert np.array_equal(read.dense.scores, said.dense.scores)
    assert np.array_equal(read.dense.boxes, said.dense.boxes)
    assert read.dense.distribution is not None and said.dense.distribution is not None
    assert np.array_equal(read.dense.distribution.anchors, said.dense.distribution.anchors)
    assert np.array_equal(read.dense.distribution.values, said.dense.distribution.values)


@pytest.mark.parametrize("count", [0, 1])
def test_a_frame_of_which_there_is_little_to_say(count: int) -> None:
    read = decode(encode(Knowledge((640, 480), soft(count))))
    assert (len(read.detections), read.input, read.latents, read.dense) == (count, None, (), None)


def test_a_grid_of_many_cells_keeps_their_numbers() -> None:
    latent = Latent((300, 300), np.array([0, 70_000, 89_999], np.int32), np.ones((3, 4), np.float16))
    read = decode(encode(Knowledge((1, 1), soft(1), (2400, 2400), (latent,))))
    assert read.latents[0].cells.tolist() == [0, 70_000, 89_999]


def test_size_with_the_latents_of_yolov8m_is_within_a_megabyte_and_a_half() -> None:
    size = len(encode(whole((192, 384, 576), (640, 480), MAX_DETECTIONS)))
    assert 1_000_000 < size <= 1_500_000


def test_size_without_latents_is_under_20_kilobytes() -> None:
    assert len(encode(Knowledge((1000, 750), soft(MAX_DETECTIONS)))) < 20_000


@pytest.mark.parametrize("kept", [0, 4, 8, 100, 0.5, 0.999])
def test_bytes_cut_short_are_no_knowledge(kept: float) -> None:
    data = encode(whole((16, 24, 32), (96, 96), 5))
    with pytest.raises(ValueError, match="not a stored knowledge"):
        decode(data[: int(kept if kept > 1 else kept * len(data))])


def test_broken_headers_never_surprise() -> None:
    data = encode(Knowledge((640, 480), soft(3)))
    rng = np.random.default_rng(1)
    for _ in range(300):
        broken = bytearray(data)
        for place in rng.integers(0, 300, 3):
            broken[place] = rng.integers(0, 256)
        try:
            decode(bytes(broken))
        except ValueError:
            continue
