"""AP against figures by hand and against an independent computation."""

import json

import numpy as np
import pytest

from lotwise.datasets.frame import Detections, VehicleTruth
from lotwise.eval.metrics.average_precision import average_precision
from tests.eval.lots import box, vehicles

THRESHOLDS = np.linspace(0.5, 0.95, 10)


def overlaps(frame: VehicleTruth, boxes: np.ndarray) -> list[list[float]]:
    """Per detection and truth box: IoU with a vehicle, share of the detection inside an ignore region."""
    a, b = boxes.astype(float)[:, None], frame.boxes.astype(float)[None]
    width = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    height = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    both = width.clip(0) * height.clip(0)
    own, other = ((x[..., 2] - x[..., 0]) * (x[..., 3] - x[..., 1]) for x in (a, b))
    return np.where(frame.ignore, both / own, both / (own + other - both)).tolist()


def brute_force_ap(truth: dict[str, VehicleTruth], seen: dict[str, Detections], threshold: float) -> float:
    """101-point interpolated AP from its definition, box by box; shares no code with the evaluator."""
    verdicts = []  # (score, right) of every detection that counts
    for name, frame in truth.items():
        taken = set()
        overlap = overlaps(frame, seen[name].boxes)
        for index in sorted(range(len(seen[name])), key=lambda i: -seen[name].scores[i]):
            reached = [j for j, value in enumerate(overlap[index]) if value >= threshold]
            free = [j for j in reached if not frame.ignore[j] and j not in taken]
            if free:
                taken.add(max(free, key=lambda j: overlap[index][j]))
            if free or not any(frame.ignore[j] for j in reached):
                verdicts.append((seen[name].scores[index], bool(free)))
    instances = sum(int((~frame.ignore).sum()) for frame in truth.values())
    verdicts.sort(key=lambda v: -v[0])
    right = np.cumsum([v[1] for v in verdicts])
    recall, precision = right / instances, right / np.arange(1, len(verdicts) + 1)
    points = [precision[recall >= r].max(initial=0) for r in np.linspace(0, 1, 101)]
    return float(np.mean(points))


def crowded_lot(seed: int) -> tuple[dict[str, VehicleTruth], dict[str, Detections]]:
    rng = np.random.default_rng(seed)
    truth, seen = {}, {}
    for name in ("a/1", "a/2", "b/1"):
        corner = rng.uniform(0, 600, (130, 2))
        cars = np.hstack([corner, corner + rng.uniform(20, 40, (130, 2))])
        regions = [[0, 0, 150, 120], [400, 400, 470, 520]]
        clutter = rng.uniform(0, 600, (60, 2))
        boxes = np.vstack([cars[:110] + rng.normal(0, 2, (110, 4)), np.hstack([clutter, clutter + 30])])
        truth[name] = vehicles(cars.tolist(), regions)
        seen[name] = Detections.of(boxes, rng.permutation(170) / 170 * 0.5 + np.repeat([0.4, 0], [110, 60]))
    return truth, seen


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_an_independent_computation(seed: int) -> None:
    truth, seen = crowded_lot(seed)
    groups = {"a": ["a/1", "a/2"], "b": ["b/1"], "all": list(truth)}
    result = average_precision(truth, seen, groups)
    for group, names in groups.items():
        of_group = {name: truth[name] for name in names}
        by_hand = [brute_force_ap(of_group, seen, t) for t in THRESHOLDS]
        assert 0.3 < by_hand[0] < 0.95
        assert result[group].map50 == pytest.approx(by_hand[0], abs=1e-6)
        assert result[group].map50_95 == pytest.approx(np.mean(by_hand), abs=1e-6)
        assert (result[group].images, result[group].instances) == (len(names), 130 * len(names))


@pytest.mark.parametrize(
    ("boxes", "scores", "truth", "expected"),
    [
        ([box(0), box(1)], [0.9, 0.8], [box(0), box(1)], 1.0),  # perfect, with the very first truth box found
        ([box(0)], [0.9], [box(0), box(1)], 51 / 101),  # one of two missed: recall points 0 ... 0.50
        ([box(5), box(0)], [0.9, 0.8], [box(0)], 0.5),  # a false one on top halves precision everywhere
        ([box(0), box(5)], [0.9, 0.8], [box(0)], 1.0),  # a false one below costs nothing
        ([], [], [box(0)], 0.0),  # nothing detected
    ],
)
def test_known_values(boxes, scores, truth, expected) -> None:
    result = average_precision({"a": vehicles(truth)}, {"a": Detections.of(boxes, scores)}, {"all": ["a"]})["all"]
    assert result.map50 == pytest.approx(expected)
    assert result.map50_95 == pytest.approx(expected)
    assert result.curve.precision.mean() == pytest.approx(expected)
    assert result.curve.recall.shape == result.curve.precision.shape == (101,)


def test_a_full_lot_of_more_than_a_hundred_cars_can_be_perfect() -> None:
    cars = [box(column, row) for column in range(20) for row in range(20)]
    seen = Detections.of(cars, np.linspace(0.9, 0.3, 400))
    result = average_precision({"a": vehicles(cars)}, {"a": seen}, {"all": ["a"]})["all"]
    assert (result.instances, result.map50) == (400, pytest.approx(1.0))


@pytest.mark.parametrize("truth", [vehicles([]), vehicles([], [[0, 0, 50, 50]])])
def test_no_vehicle_means_no_figure_rather_than_zero(truth: VehicleTruth) -> None:
    seen = Detections.of([box(0)], [0.9])
    result = average_precision({"a": truth}, {"a": seen}, {"all": ["a"]})["all"]
    assert (result.images, result.instances, result.map50, result.map50_95, result.curve) == (
        1,
        0,
        None,
        None,
        None,
    )


def test_false_boxes_on_a_frame_without_vehicles_count_against_the_whole() -> None:
    truth = {"full": vehicles([box(0)]), "empty": vehicles([])}
    seen = {"full": Detections.of([box(0)], [0.5]), "empty": Detections.of([box(0)], [0.9])}
    result = average_precision(truth, seen, {"all": ["full", "empty"], "full": ["full"]})
    assert (result["all"].map50, result["full"].map50) == pytest.approx((0.5, 1.0))


def test_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    average_precision({"a": vehicles([box(0)])}, {"a": Detections.empty()}, {"all": ["a"]})
    assert capsys.readouterr().out == ""


def test_no_frames_at_all() -> None:
    assert average_precision({}, {}, {}) == {}


@pytest.mark.shared
def test_real_lot_found_whole_is_perfect_though_ignore_regions_overlap_vehicles(shared) -> None:
    data = json.loads((shared / "data/cnr_ext/vehicles.json").read_text())
    truth, seen = {}, {}
    for image in data["images"]:
        boxes = [a for a in data["annotations"] if a["image_id"] == image["id"]]
        xywh = np.array([a["bbox"] for a in boxes], np.float32)
        xyxy = np.hstack([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]])
        ignore = np.array([a["iscrowd"] == 1 for a in boxes])
        truth[image["file_name"]] = VehicleTruth(xyxy, ignore)
        seen[image["file_name"]] = Detections.of(xyxy, np.where(ignore, 0.9, 0.5))  # regions are boxed too
    result = average_precision(truth, seen, {"all": list(truth)})["all"]
    assert (result.images, result.instances) == (9, 302)
    assert result.map50_95 > 0.99
