"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared_folder() -> Path:
    """Where the real frames and weights lie: ``LOTWISE_SHARED``, else ``../shared`` beside the repository."""
    return Path(os.environ.get("LOTWISE_SHARED", ROOT.parent / "shared")).resolve()


@pytest.fixture(scope="session")
def shared() -> Path:
    folder = shared_folder()
    if not (folder / "data").is_dir():
        pytest.skip(f"no real frames at {folder}; set LOTWISE_SHARED to the folder that holds data/ and weights/")
    return folder
