"""The main job on real frames: what the product promises."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.shared
def test_a_student_beats_the_nano_it_started_from_on_frames_it_did_not_learn_from(shared: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    subprocess.run(
        [
            *(
                sys.executable,
                ROOT / "lotwise" / "command_line.py",
                "adapt",
                "--dataset",
                "cnr-ext",
                "--root",
                shared / "data" / "cnr_ext",
            ),
            *("--cameras", "1", "--teacher", shared / "weights" / "yolov8m.pt"),
            *("--student", shared / "weights" / "yolov8n.pt", "--out", run),
        ],
        check=True,
        capture_output=True,
        env=os.environ | {"OMP_NUM_THREADS": "2"},
    )
    learned = json.loads((run / "cameras" / "C1" / "camera.json").read_text())
    rows = {row["role"]: row for row in json.loads((run / "report.json").read_text())["rows"] if row["camera"] == "C1"}
    assert rows["student"]["images"] == 3
    assert not set(learned["train"]) & set(learned["test"])
    # The nano's slots are read from a score of its own, which brings it to 0.92 (97 of 105); the student reads 3 or 5
    # more rightly, as the processor has it.
    assert rows["student"]["accuracy"] > rows["baseline"]["accuracy"]
    assert learned["live"] == learned["bundle"]
