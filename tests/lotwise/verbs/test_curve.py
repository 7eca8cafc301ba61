"""The curve: table, verdict and picture."""

import json
import shutil
from pathlib import Path

from tests.lotwise.running import refused, run


def test_curve_prints_a_table_a_verdict_and_the_picture(adapted: Path, tmp_path: Path, capsys) -> None:
    folder = shutil.copytree(adapted, tmp_path / "run")
    arguments = ("curve", folder, "--camera", "C1", "--counts", "1,2", "--json", tmp_path / "c.json")
    assert run(*arguments) == 0
    said = capsys.readouterr()
    (curve,) = json.loads((tmp_path / "c.json").read_text())
    assert [point["frames"] for point in curve["points"]] == [0, 1, 2]
    assert curve["verdict"] in said.out
    assert all(f"{point['agreement']:.3f}" in said.out for point in curve["points"])
    assert Path(said.out.partition("Picture: ")[2].strip()).is_file()
    assert "train C1 with 2" in said.err
    assert "no camera C7" in refused(capsys, "curve", folder, "--camera", "C7")
