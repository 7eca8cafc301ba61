"""The teacher's knowledge without what is no vehicle."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.datasets.frame import Detections, Footage, Frame
from lotwise.teacher.ignored import ignored_in, labels_without_ignored, taught_identity
from lotwise.teacher.index import LabelIndex, LabelledFrame, Labels
from lotwise.teacher.knowledge import Dense, Knowledge
from lotwise.teacher.store import KnowledgeStore

KEYS = {"C1/a.jpg": "aa" + "0" * 30, "C2/b.jpg": "bb" + "0" * 30}
CAGE, CAR = [40, 40, 80, 80], [200, 100, 300, 200]
SAID = Detections.of([CAGE, CAR, [42, 41, 79, 82]], [0.8, 0.7, 0.05])
# A frame of 400 x 200 in an input of 200 x 200: half the size, 50 pixels of padding above.
DENSE = Dense(
    np.array([0.8, 0.7, 0.1], np.float16),
    np.array([[20, 70, 40, 90], [100, 100, 150, 150], [0, 0, 200, 200]], np.float16),
)
REGIONS = np.array([[0.1, 0.2, 0.2, 0.4]], np.float32)


@pytest.fixture
def labels(tmp_path: Path) -> Labels:
    store = KnowledgeStore.open(tmp_path, "oracle", {})
    for key in KEYS.values():
        store.add(key, Knowledge((400, 200), SAID, (200, 200), dense=DENSE))
    frames = {name: LabelledFrame(key=key, size=(400, 200), stamp=None) for name, key in KEYS.items()}
    return Labels(LabelIndex(oracle="oracle", frames=frames), store)


def footage(**ignored: np.ndarray) -> Footage:
    frames = tuple(Frame(name[:2], name, Path(name)) for name in KEYS)
    return Footage("folder", Path(), frames, ignored=ignored)


def test_a_thing_is_background_to_all_who_read_and_stays_on_the_disk(labels: Labels) -> None:
    read = labels_without_ignored(labels, footage(C1=REGIONS))
    first, second = (read.store.get(key) for key in KEYS.values())
    assert first.detections.boxes.tolist() == [CAR]
    assert first.dense is not None
    assert first.dense.scores.tolist() == pytest.approx([0, 0.7, 0.1], abs=1e-3)
    assert len(second.detections) == 3  # another camera
    assert second.dense is not None
    assert second.dense.scores[0] > 0
    assert len(labels.store.get(KEYS["C1/a.jpg"]).detections) == 3
    frame = footage().frames[0]
    assert read.detections(frame).boxes.tolist() == [CAR]


def test_what_a_student_says_of_it_is_left_out_too(labels: Labels) -> None:
    read = labels_without_ignored(labels, footage(C1=REGIONS)).store
    assert ignored_in(read, KEYS["C1/a.jpg"], SAID, (400, 200)).tolist() == [True, False, True]
    assert not ignored_in(read, KEYS["C2/b.jpg"], SAID, (400, 200)).any()
    assert not ignored_in(labels.store, KEYS["C1/a.jpg"], SAID, (400, 200)).any()


def test_what_is_taught_changes_its_identity_with_the_regions_and_only_then(labels: Labels) -> None:
    read = labels_without_ignored(labels, footage(C1=REGIONS))
    other = labels_without_ignored(labels, footage(C1=REGIONS + np.float32(0.01)))
    identities = {taught_identity(one, "C1/a.jpg") for one in (labels, read, other)}
    assert len(identities) == 3
    assert taught_identity(read, "C2/b.jpg") == KEYS["C2/b.jpg"]
    assert labels_without_ignored(labels, footage()) is labels
