"""The comparison of slot rules, on a small site written by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.slots.rules import centre_inside, main, overlaps, read_detections
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Slot
from lotwise.datasets.synthetic import read_synthetic
from tests.cameras.slots.lots import SIZE, slots_of, view, watch

SQUARE = Slot("1", np.array([[0.1, 0.1], [0.3, 0.1], [0.3, 0.3], [0.1, 0.3]], np.float32))


@pytest.mark.parametrize(
    ("box", "centre", "overlap"),
    [
        ([10, 10, 30, 30], "occupied", "occupied"),
        ([12, 0, 28, 34], "occupied", "occupied"),  # stands up from the ground
        ([25, 10, 45, 30], "free", "free"),  # a car of the next slot
        ([15, 5, 75, 65], "free", "free"),  # a lorry that covers half of it
        ([18, 18, 22, 22], "occupied", "free"),  # a speck
    ],
)
def test_rules_by_hand(box, centre, overlap) -> None:
    seen = Detections.of([box], [0.8])
    assert centre_inside(seen, [SQUARE], (100, 100), 0.25)["1"].state == centre
    assert overlaps(seen, [SQUARE], (100, 100), 0.25)["1"].state == overlap
    assert centre_inside(seen, [SQUARE], (100, 100), 0.9)["1"].state == "free"


def test_no_detections_no_cars() -> None:
    for rule in (centre_inside, overlaps):
        assert rule(Detections.empty(), [SQUARE], (100, 100), 0.25)["1"].state == "free"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A synthetic site of one low camera, without pictures, and detections on it."""
    root = tmp_path_factory.mktemp("site")
    camera = view(5)
    frames = {f"C1/2026-03-02/{800 + number:04}.jpg": seen for number, seen in enumerate(watch(camera, 9))}
    images = [{"id": number, "file_name": name, "camera": "C1"} for number, name in enumerate(frames)]
    slots = [{"id": slot.id, "polygon": slot.polygon.tolist()} for slot in slots_of(camera)]
    for name, content in (
        ("site.json", {}),
        ("slots.json", {"C1": slots}),
        ("vehicles.json", {"images": images, "annotations": [], "categories": []}),
        ("states.json", {name: seen.states for name, seen in frames.items()}),
    ):
        (root / name).write_text(json.dumps(content))
    rows = [
        {
            "file": str(root / name),
            "width": SIZE[0],
            "height": SIZE[1],
            "boxes": [
                [*map(float, box), float(score), 0]
                for box, score in zip(seen.detections.boxes, seen.detections.scores, strict=True)
            ],
        }
        for name, seen in frames.items()
    ]
    out = root / "out.json"
    out.write_text(json.dumps(rows))
    return root, out


def test_all_rules_side_by_side(site, tmp_path, capsys) -> None:
    root, detections = site
    result = tmp_path / "rules.json"
    main(["--dataset", "synthetic", "--root", str(root), "--detections", str(detections), "--json", str(result)])
    lines = {(line["rule"], line["camera"]): line for line in json.loads(result.read_text())}
    errors = {
        rule: line["false_occupied"] + line["false_free"] for (rule, camera), line in lines.items() if camera == "all"
    }
    assert set(errors) == {"half covered", "centre inside", "IoU 0.3", "learned", "learned, held out"}
    assert errors["learned, held out"] < 0.6 * min(errors[r] for r in ("half covered", "centre inside", "IoU 0.3"))
    for line in lines.values():
        right = line["readings"] - line["false_occupied"] - line["false_free"]
        assert line["accuracy"] == pytest.approx(right / line["readings"])
    assert "| all | learned |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no json", "not the JSON of lotwise detect"),
        ('[{"file": "a.jpg"}]', "not the JSON of lotwise detect"),
        ('[{"file": "a.jpg", "width": 9, "height": 9, "boxes": []}]', "none of its files"),
    ],
)
def test_a_wrong_file_is_named(site, tmp_path, text, complaint) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(text)
    with pytest.raises(InputError, match=complaint) as error:
        read_detections(wrong, read_synthetic(site[0]))
    assert str(wrong) in str(error.value)


def test_detections_are_needed_for_real_frames(tmp_path) -> None:
    with pytest.raises(InputError, match="--detections"):
        (tmp_path / "C1").mkdir()
        (tmp_path / "C1" / "0800.jpg").write_bytes(b"")
        main(["--dataset", "folder", "--root", str(tmp_path)])
