"""The message that cameras exchange: its exact size, what survives it, what is refused."""

import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.federation.method import Parcel
from lotwise.students.federation.predictions.soft_detections import (
    DenseDetections,
    SoftDetections,
    anchor_count,
    best,
    mean,
    message_bytes,
)


def said(pictures=2, anchors=84, seed=0):
    generator = np.random.default_rng(seed)
    scores = generator.random((pictures, anchors), np.float32)
    return DenseDetections(
        scores, scores[..., None] * generator.uniform(0, 9, (pictures, anchors, 4)).astype(np.float32)
    )


@pytest.mark.parametrize(
    ("size", "keep", "each"),
    [
        ((64, 64), 10, 12),
        ((640, 640), 100, 12),
        ((1280, 960), 100, 12),
        ((1600, 1600), 100, 14),  # 52,500 anchors: an index takes four bytes
        ((64, 64), 500, 12),  # more than there are
    ],
)
def test_a_message_is_as_large_as_the_docs_say(size, keep, each):
    anchors = anchor_count(size)
    message = Parcel({"soft": best(said(2, anchors), keep).arrays()})
    assert message.bytes() == message_bytes(2, keep, size) == 2 * min(keep, anchors) * each


def test_the_best_anchors_survive():
    dense = said()
    sent = best(dense, 10)
    again = SoftDetections.of_arrays(sent.arrays(), 2, 84).dense(84)
    for picture in range(2):
        top = np.argsort(-dense.scores[picture])[:10]
        np.testing.assert_allclose(again.scores[picture, top], dense.scores[picture, top], rtol=1e-3)
        np.testing.assert_allclose(again.distances[picture, top], dense.distances[picture, top], rtol=2e-3, atol=1e-3)
        assert np.count_nonzero(again.scores[picture]) == 10


def test_a_mean_weighs_boxes_by_their_scores():
    sure, unsure = (
        DenseDetections(np.array([[score]], np.float32), np.full((1, 1, 4), score * side, np.float32))
        for score, side in ((0.9, 2.0), (0.1, 7.0))
    )
    both = mean([sure, unsure])
    assert both.scores[0, 0] == pytest.approx(0.5)
    np.testing.assert_allclose(both.distances[0, 0], 2.5)


def test_a_mean_of_higher_power_follows_the_surer_ones():
    sure, unsure = (
        DenseDetections(np.array([[score]], np.float32), np.full((1, 1, 4), score * side, np.float32))
        for score, side in ((0.8, 2.0), (0.2, 7.0))
    )
    both = mean([sure, unsure], power=2)
    assert both.scores[0, 0] == pytest.approx(np.sqrt((0.64 + 0.04) / 2))
    np.testing.assert_allclose(both.distances[0, 0], (0.64 * 2 + 0.04 * 7) / 0.68, rtol=1e-5)
    nobody = DenseDetections(np.zeros((1, 1), np.float32), np.zeros((1, 1, 4), np.float32))
    assert mean([nobody, nobody], power=2).scores[0, 0] == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"score": None}, "have index, score and box"),
        ({"index": np.zeros((3, 10), np.int16)}, "of 2 pictures expected"),
        ({"score": np.full((2, 10), np.nan, np.float16)}, "not finite"),
        ({"index": np.full((2, 10), 84, np.int16)}, "beyond the 84"),
        ({"index": np.full((2, 10), -1, np.int16)}, "beyond the 84"),
        ({"index": np.zeros((2, 10), np.float32)}, "whole numbers"),
        ({"box": np.zeros((2, 10), np.float16)}, "of 2 pictures expected"),
        ({"index": np.int16(3)}, "of 2 pictures expected"),
    ],
)
def test_what_is_no_message_is_refused(change, why):
    arrays = dict(best(said(), 10).arrays()) | change
    arrays = {name: array for name, array in arrays.items() if array is not None}
    with pytest.raises(InputError, match=why):
        SoftDetections.of_arrays(arrays, 2, 84)
