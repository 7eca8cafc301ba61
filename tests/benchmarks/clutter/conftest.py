"""A small yard that several tests look at."""

import pytest

from lotwise.datasets.frame import Dataset
from lotwise.datasets.synthetic import render_site


@pytest.fixture(scope="session")
def yard_site(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    root = tmp_path_factory.mktemp("yard")
    return render_site(
        root, cameras=1, days=2, frames_per_day=3, width=160, height=120, seed=3, clutter=0.5, residents=0.1
    )
