"""A run's student over several boards, by the command line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.bundle import read_manifest
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.command_line import main
from lotwise.students.pipeline.partition import without


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["partition", *arguments])
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.fixture
def copy(adapted: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(adapted, tmp_path / "run"))


@pytest.mark.parametrize("by", ["scale", "region", "channel"])
def test_from_a_run_to_a_bundle_of_modules_within_the_budget(copy: Path, tmp_path: Path, by: str) -> None:
    registry = Registry(copy / "cameras" / "C1" / "bundles")
    live = registry.state().live
    table = tmp_path / "table.json"
    options = ["--by", by, "--boards", "3", "--parameters", "40000", "--allowed", "0", "--cameras", "C1"]
    assert run(str(copy), *options, "--effort", "0.5", "--json", str(table)) == 0
    (found,) = json.loads(table.read_text())
    manifest = read_manifest(registry.folder / found["bundle"])
    assert manifest.ensemble is not None and manifest.ensemble.by == by
    assert len(manifest.ensemble.modules) == 3
    assert all(module.parameters <= 40000 for module in manifest.ensemble.modules)
    assert all(
        module.bytes == (registry.folder / found["bundle"] / module.file).stat().st_size
        for module in manifest.ensemble.modules
    )
    assert set(found["losses"]) == {"none", "1", "2", "3"}
    page = (copy / f"boards-3-by-{by}.html").read_text()
    assert page.count("<img") == 4  # the same frame with all boards, and without each
    assert found["bundle"] in page and "Without board 3" in page
    if found["outcome"] == "kept":  # what loses more than is allowed does not go live by itself
        assert registry.state().live == live
        registry.promote(found["bundle"])
    detector = load_detector(registry.live())
    image = np.full((120, 160, 3), 90, np.uint8)
    detector([image], 0.01)
    assert detector.unread((image.shape[1], image.shape[0])) == ()
    lost = without(detector, {1})
    lost([image], 0.01)
    # In a view as small as this one the margins of regions reach over all of it.
    unread = lost.unread((image.shape[1], image.shape[0]))
    windows = [module.window for module in manifest.ensemble.modules[1:]]
    needed = manifest.ensemble.modules[0].needed
    assert len(unread) == (0 if (0, 0, *manifest.input) in windows and not needed else 1)


def test_what_cannot_be_divided_is_said(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(copy), "--boards", "4", "--cameras", "C1") == 2
    assert "give at most 3 boards" in " ".join(capsys.readouterr().err.split())
    assert run(str(copy), "--budget", "1kB", "--cameras", "C1") == 2
    assert "is too little" in " ".join(capsys.readouterr().err.split())
    assert run(str(copy), "--cameras", "C9") == 2
    assert "no student of camera C9" in " ".join(capsys.readouterr().err.split())
