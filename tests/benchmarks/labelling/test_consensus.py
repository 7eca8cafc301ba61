"""The table before and after the consensus, on a few real frames with boxes written by hand."""

import json
from pathlib import Path

import pytest

from benchmarks.labelling.consensus import known_store, main
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections
from lotwise.datasets.images import content_key
from lotwise.datasets.load import load
from lotwise.datasets.readers.cnr_ext import read_cnr_ext
from lotwise.teacher.knowledge import Knowledge
from lotwise.teacher.store import KnowledgeStore


@pytest.fixture
def knowledge(shared: Path, tmp_path: Path) -> Path:
    """Of camera 4's two frames: boxes on every slot in the first, none in the second."""
    dataset = read_cnr_ext(shared / "data" / "cnr_ext", ["C4"])
    store = KnowledgeStore.open(tmp_path / "store", "teacher", {})
    boxes = [slot.box(1000, 750) for slot in dataset.slots["C4"]]
    for frame, found in zip(dataset.frames, (boxes, []), strict=True):
        store.add(content_key(load(frame)), Knowledge((1000, 750), Detections.of(found, [0.9] * len(found))))
    return tmp_path / "store"


@pytest.mark.shared
def test_rows_before_and_after(knowledge, shared, tmp_path, capsys) -> None:
    result, audit = tmp_path / "out.json", tmp_path / "audit"
    main(
        ["--root", str(shared / "data" / "cnr_ext"), "--cameras", "4", "--knowledge", str(knowledge),
         "--json", str(result), "--audit", str(audit)]
    )  # fmt: skip
    before, after = json.loads(result.read_text())["rows"]
    assert (before["labels"], after["labels"]) == ("teacher", "consensus")
    assert before["slots"] == after["slots"] > 0
    assert after["errors_half_covered_0.25"] <= before["errors_half_covered_0.25"]
    assert len((audit / "C4.jsonl").read_text().splitlines()) == sum(after["reasons"].values())
    assert "consensus" in capsys.readouterr().out


@pytest.mark.shared
def test_knowledge_must_be_of_one_oracle_and_these_frames(knowledge, shared, tmp_path) -> None:
    root = shared / "data" / "cnr_ext"
    assert len(known_store(knowledge, read_cnr_ext(root, ["C4"]).frames)[1]) == 2
    with pytest.raises(InputError, match="knows nothing of"):
        known_store(knowledge, read_cnr_ext(root, ["C5"]).frames)
    with pytest.raises(InputError, match="knowledge of 0 oracles"):
        known_store(tmp_path / "nothing", ())
