"""Which frames would be chosen, and that label then labels those."""

import json
from pathlib import Path

from tests.lotwise.running import label_options, run


def test_frames_are_chosen_with_reasons_and_label_labels_them(frames, weights, tmp_path: Path, capsys) -> None:
    broken = frames / "gate" / "2.jpg"
    broken.write_bytes(b"")
    assert run("frames", "--dataset", "folder", "--root", frames, "--frames", 1, "--json", tmp_path / "f.json") == 0
    said = capsys.readouterr()
    assert "gate: 1 of 2 training frames" in said.out
    assert f"note: Skipped: {broken}: " in said.err
    (chosen,) = json.loads((tmp_path / "f.json").read_text())["gate"]["chosen"]
    assert chosen["why"] == "first"
    assert chosen["name"] in said.out
    assert run(*label_options(frames, weights, tmp_path / "run"), "--frames", 1) == 0
    said = capsys.readouterr()
    assert "2 frames labelled (2 new), 1 skipped" in said.out
    assert Path(chosen["name"]).with_suffix(".txt").name in {
        path.name for path in (tmp_path / "run" / "labels" / "gate").iterdir()
    }
