"""Labelling, training, exporting and reporting, each alone."""

import json
from pathlib import Path

from tests.lotwise.running import label_options, refused, run


def test_the_stages_alone_do_what_adapt_does(frames, weights, tmp_path: Path, capsys) -> None:
    folder = tmp_path / "run"
    (tmp_path / "s.yaml").write_text("{size: 64, epochs: 1, min_steps: 1, batch: 4}\n")
    assert run(*label_options(frames, weights, folder), "--settings", tmp_path / "s.yaml") == 0
    assert "no student here yet" in refused(capsys, "export", "--run", folder)
    assert "no bundle" in refused(capsys, "report", "--run", folder)
    assert run("train", "--run", folder) == 0
    assert "gate: 1 steps" in capsys.readouterr().out
    assert run("export", "--run", folder) == 0
    said = capsys.readouterr().out
    (live,) = [line for line in said.splitlines() if line.startswith("gate: live is the")]
    assert Path(live.split(", ")[-1]).is_dir()
    assert [line for line in said.splitlines() if line.startswith("gate: INT8 ")]
    assert run("report", "--run", folder, "--json", tmp_path / "r.json") == 0
    assert json.loads((tmp_path / "r.json").read_text())["protocol"] == "teacher"
