"""What several federations are tried on."""

from pathlib import Path

import pytest

from lotwise.datasets.synthetic import render_site
from tests.conftest import Weights


@pytest.fixture(scope="session")
def four(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of four rendered cameras whose frames are labelled, and no more. Its files are read only."""
    from lotwise.command_line import main

    folder = tmp_path_factory.mktemp("four")
    site = render_site(folder / "site", cameras=4, days=2, frames_per_day=1, width=128, height=96, seed=5)
    settings = "{size: 64, epochs: 1, min_steps: 1, batch: 1, few_frames: {pictures: 1}, export: {int8: false}}"
    (folder / "settings.yaml").write_text(settings)
    with pytest.raises(SystemExit) as end:
        main(
            [
                "label", "--dataset", "synthetic", "--root", str(site.root), "--teacher", str(weights.teacher),
                "--student", str(weights.student), "--settings", str(folder / "settings.yaml"),
                "--scales", "64", "--holdout", "0.5", "--out", str(folder / "run"),
            ]
        )  # fmt: skip
    assert end.value.code == 0
    return folder / "run"
