"""The loss over the epochs, as a picture."""

import json
from pathlib import Path

import pytest

from datasets.images import read_image
from students.plot import plot_log


@pytest.mark.parametrize("epochs", [1, 30])
def test_a_log_becomes_a_picture(tmp_path: Path, epochs: int) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(
        "".join(json.dumps({"epoch": e, "seconds": e, "score": 1 / e, "box": 0}) + "\n" for e in range(1, epochs + 1))
    )
    plot_log(log, tmp_path / "loss.png", "C1")
    assert read_image(tmp_path / "loss.png").std() > 5
