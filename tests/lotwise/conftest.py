"""What several verbs are tried on."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def frames(site, tmp_path: Path) -> Path:
    """A plain folder of one camera with four frames."""
    folder = tmp_path / "frames [1]"  # brackets are no markup
    for number, frame in enumerate(site.frames[:4]):
        (folder / "gate").mkdir(parents=True, exist_ok=True)
        shutil.copy(frame.path, folder / "gate" / f"{number}.jpg")
    return folder
