"""The teacher's word as label files that other tools read."""

import json
from pathlib import Path

from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.readers.coco import vehicle_truth_from_coco
from lotwise.datasets.readers.yolo import read_boxes
from lotwise.teacher.knowledge import Knowledge
from lotwise.teacher.pseudo_labels import write_pseudo_labels
from lotwise.teacher.store import KnowledgeStore

FRAMES = [Frame("C1", f"C1/{name}.jpg", Path(f"/nowhere/{name}.jpg")) for name in ("a", "b", "torn")]


def test_boxes_above_the_confidence_are_written_with_scores_in_both_forms(tmp_path: Path) -> None:
    store = KnowledgeStore.open(tmp_path / "k", "o", {})
    store.add("00a", Knowledge((200, 100), Detections.of([[20, 10, 60, 50], [0, 0, 9, 9]], [0.75, 0.2])))
    store.add("00b", Knowledge((200, 100), Detections.empty()))
    folder = write_pseudo_labels(tmp_path / "out", FRAMES, {"C1/a.jpg": "00a", "C1/b.jpg": "00b"}, store, 0.25)

    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    assert files == ["C1/a.txt", "C1/b.txt", "pseudo_labels.json"]
    line = (folder / "C1/a.txt").read_text().split()
    assert [float(value) for value in line] == [0, 0.2, 0.3, 0.2, 0.4, 0.75]
    assert read_boxes(folder / "C1/a.txt", (200, 100), {0})[0].round(3).tolist() == [[20, 10, 60, 50]]
    assert (folder / "C1/b.txt").read_text() == ""

    coco = json.loads((folder / "pseudo_labels.json").read_text())
    assert [annotation["score"] for annotation in coco["annotations"]] == [0.75]
    truth, _ = vehicle_truth_from_coco(folder / "pseudo_labels.json", ["C1/a.jpg", "C1/b.jpg"])
    assert truth["C1/a.jpg"].boxes.tolist() == [[20, 10, 60, 50]]
    assert len(truth["C1/b.jpg"].boxes) == 0
