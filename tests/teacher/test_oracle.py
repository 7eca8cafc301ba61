"""The oracle: looks map back to the frame, settings tell knowledge apart, latents stay within their bytes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.boxes import iou
from lotwise.datasets.errors import InputError
from lotwise.datasets.load import load
from lotwise.teacher.checkpoint import save_model
from lotwise.teacher.oracle import (
    MAX_DETECTIONS,
    MAX_DISTRIBUTIONS,
    Oracle,
    OracleSettings,
    RawOutputs,
    keep_cells,
    keep_distribution,
)
from lotwise.teacher.tiles import Tile
from tests.models import COCO_LIKE, tiny_yolo

SETTINGS = OracleSettings(scales=(96,), grid=96, latent_bytes=20_000)


@pytest.fixture(scope="module")
def image(site):
    return load(site.frames[1])


def with_perfect_eyes(oracle: Oracle) -> Oracle:
    """The oracle, its network replaced by one that sees a car wherever the picture is bright red."""

    def forward(image, view, mirrored):
        tile, scale = view
        part = image[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
        part = part[:, ::-1] if mirrored else part
        box = Letterbox.around((tile.width, tile.height), scale)
        red = (part[..., 2] > 200) & (part[..., 0] < 50)
        if not red.any():
            return RawOutputs(np.zeros(0), np.zeros((0, 4), np.float32), [], None)
        y, x = np.nonzero(red)
        seen = np.float32([[x.min(), y.min(), x.max() + 1, y.max() + 1]])
        return RawOutputs(np.array([0.9]), box.to_input(seen), [], None)

    oracle._forward = forward
    return oracle


@pytest.mark.parametrize(
    "settings",
    [
        OracleSettings(scales=(320,), grid=0),
        OracleSettings(scales=(160, 320), grid=0),
        OracleSettings(scales=(320,), flip=True, grid=0),
        OracleSettings(scales=(160, 320), flip="mean", grid=0),
        OracleSettings(scales=(320,), tiles=2, grid=0),
        OracleSettings(scales=(160, 320), tiles=3, flip=True, grid=0),
    ],
    ids=["plain", "two scales", "mirrored", "mean", "tiles", "all"],
)
@pytest.mark.parametrize("car", [[200, 30, 260, 60], [0, 100, 40, 140], [120, 60, 180, 110]], ids=["far", "cut", "mid"])
def test_whatever_the_look_a_car_is_where_it_is(weights, settings: OracleSettings, car: list[int]) -> None:
    picture = np.full((180, 300, 3), 120, np.uint8)
    picture[car[1] : car[3], car[0] : car[2]] = (0, 0, 255)
    said = with_perfect_eyes(Oracle(weights.teacher, settings)).predict(picture)
    assert len(said.detections) == 1
    assert np.abs(said.detections.boxes[0] - car).max() < 1.5


def test_a_real_look_says_boxes_in_the_frame_with_falling_scores_of_one_class(weights, image) -> None:
    said = Oracle(weights.teacher, replace(SETTINGS, flip=True, tiles=2)).predict(image)
    found = said.detections
    assert 0 < len(found) <= MAX_DETECTIONS
    assert (np.diff(found.scores) <= 0).all()
    assert found.scores.min() >= SETTINGS.confidence
    assert set(found.labels.tolist()) == {0}
    assert found.boxes.min() >= 0
    assert (found.boxes <= [160, 120, 160, 120]).all()
    assert (said.size, said.input) == ((160, 120), (96, 96))
    assert said.dense is not None
    assert len(said.dense.scores) == 12 * 12 + 6 * 6 + 3 * 3


def test_distributions_over_bins_are_kept_where_a_vehicle_is_seen(weights) -> None:
    anchors = 2000
    generator = np.random.default_rng(0)
    scores = generator.uniform(0, 1, anchors)
    look = RawOutputs(scores, np.zeros((anchors, 4)), [], generator.normal(0, 3, (anchors, 64)))
    kept = keep_distribution(look)
    assert kept is not None
    assert len(kept.anchors) == MAX_DISTRIBUTIONS
    assert scores[kept.anchors].min() > np.delete(scores, kept.anchors).max()
    assert np.allclose(kept.values, look.bins[kept.anchors], atol=0.01)
    few = keep_distribution(replace(look, scores=np.where(np.arange(anchors) < 3, 0.06, 0.04)))
    assert few is not None
    assert few.anchors.tolist() == [0, 1, 2]
    assert keep_distribution(replace(look, bins=None)) is None


def test_by_the_mean_no_box_is_surer_than_by_the_best_of_frame_and_mirror_image(weights, image) -> None:
    best, mean = (
        Oracle(weights.teacher, replace(SETTINGS, grid=0, flip=flip)).predict(image).detections
        for flip in (True, "mean")
    )
    assert 0 < len(mean) <= len(best)
    assert mean.scores.max() <= best.scores.max()
    assert mean.scores.min() >= SETTINGS.confidence


def test_two_looks_at_the_same_frame_say_the_same(weights, image) -> None:
    first, second = (Oracle(weights.teacher, SETTINGS).predict(image) for _ in range(2))
    assert np.array_equal(first.detections.boxes, second.detections.boxes)
    assert np.array_equal(first.latents[0].values, second.latents[0].values)


def test_mirrored_network_boxes_come_back(weights, image) -> None:
    """The mirrored look at a mirrored frame is the plain look, in mirrored places."""
    oracle = Oracle(weights.teacher, replace(SETTINGS, grid=0))
    whole = Tile(0, 0, 160, 120)
    plain = oracle._detections(oracle._forward(image, (whole, 96), False), (160, 120), (whole, 96), False)
    mirrored = oracle._detections(oracle._forward(image[:, ::-1], (whole, 96), True), (160, 120), (whole, 96), True)
    assert np.array_equal(plain.scores, mirrored.scores)
    turned = mirrored.boxes[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + [160, 0, 160, 0]
    assert np.abs(plain.boxes - turned).max() < 0.01


def test_vehicle_classes_are_merged_and_others_left_out(tmp_path: Path, image) -> None:
    save_model(tiny_yolo(names=COCO_LIKE), tmp_path / "w.safetensors")
    settings = replace(SETTINGS, grid=0)
    both = Oracle(tmp_path / "w.safetensors", settings).predict(image).detections
    cars = Oracle(tmp_path / "w.safetensors", replace(settings, classes=("car",))).predict(image).detections
    trucks = Oracle(tmp_path / "w.safetensors", replace(settings, classes=("truck",))).predict(image).detections
    assert set(both.labels.tolist()) == {0}
    assert both.scores.max() == max(cars.scores.max(), trucks.scores.max())
    assert not np.array_equal(cars.scores, trucks.scores)
    best = both.boxes[:1]
    assert max(iou(best, cars.boxes).max(), iou(best, trucks.boxes).max()) > 0.99


def test_a_teacher_that_knows_no_vehicle_is_refused(tmp_path: Path) -> None:
    save_model(tiny_yolo(names={0: "person", 1: "dog"}), tmp_path / "w.safetensors")
    with pytest.raises(InputError, match="knows none of the classes"):
        Oracle(tmp_path / "w.safetensors")


def test_identity_is_of_weights_and_settings_and_not_of_the_path(weights, tmp_path: Path) -> None:
    oracle = Oracle(weights.teacher, SETTINGS)
    copy = tmp_path / "other name.safetensors"
    copy.write_bytes(weights.teacher.read_bytes())
    assert Oracle(copy, SETTINGS).identity == oracle.identity
    others = [
        Oracle(weights.student, SETTINGS),
        *(
            Oracle(weights.teacher, replace(SETTINGS, **change))
            for change in (
                {"scales": (128,)}, {"flip": True}, {"flip": "mean"}, {"tiles": 2}, {"grid": 128}, {"confidence": 0.02},
                {"classes": ("vehicle",)}, {"latent_bytes": 1},
            )
        ),
    ]  # fmt: skip
    assert len({oracle.identity, *(other.identity for other in others)}) == 1 + len(others)


@pytest.mark.parametrize("budget", [0, 1000, 20_000, 10**9])
def test_latents_stay_within_their_bytes_and_are_nearest_to_vehicles(budget: int) -> None:
    rng = np.random.default_rng(0)
    levels, channels = [(20, 30), (10, 15), (5, 8)], (8, 16, 32)
    maps = [rng.normal(0, 1, (c, *level)) for c, level in zip(channels, levels, strict=True)]
    scores = [np.zeros(level) for level in levels]
    for level, (rows, columns) in zip(scores, levels, strict=True):
        level[rows // 2, columns // 2] = 0.9
    kept = keep_cells(maps, np.concatenate([level.ravel() for level in scores]), budget)
    assert sum(latent.values.nbytes + latent.cells.nbytes for latent in kept) <= budget
    for latent, level in zip(kept, maps, strict=True):
        assert latent.grid == level.shape[1:]
        assert (np.diff(latent.cells) > 0).all()
        rows, columns = np.divmod(latent.cells, latent.grid[1])
        away = np.maximum(abs(rows - latent.grid[0] // 2), abs(columns - latent.grid[1] // 2))
        near = min(len(latent.cells), 25)
        assert (away <= 2).sum() >= near or away.max(initial=0) <= 2
        assert np.array_equal(latent.values, level[:, rows, columns].T.astype(np.float16))
    if budget == 10**9:
        assert [len(latent.cells) for latent in kept] == [rows * columns for rows, columns in levels]


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (33, 47)])
def test_frames_of_odd_size_are_looked_at(weights, size: tuple[int, int]) -> None:
    said = Oracle(weights.teacher, SETTINGS).predict(np.zeros((size[1], size[0], 3), np.uint8))
    assert said.size == size
    assert (said.detections.boxes <= [*size, *size]).all()
