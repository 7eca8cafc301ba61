"""A camera has one reservoir, whoever offers frames to it."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from lotwise.cameras.site.settings import Site
from lotwise.cameras.trust.new_frames import FOLDER
from lotwise.datasets.errors import InputError
from lotwise.node.trust.reservoirs import Reservoirs
from tests.cameras.view.scenes import scene
from tests.node.nodes import NOON


def test_it_is_one_and_the_same(tmp_path: Path) -> None:
    cameras = {"C1": {"source": "x"}, "C2": {"source": "y", "privacy_masks": tmp_path / "gone.json"}}
    reservoirs = Reservoirs(Site.model_validate({"name": "lot", "state": tmp_path, "cameras": cameras}))
    image = cv2.resize(scene(), (200, 150))
    assert reservoirs.of("C1").offer(image, NOON, ("new light",))
    assert not reservoirs.of("C1").offer(image, NOON, ("first frames",))
    assert reservoirs.of("C1").count == 1 and (tmp_path / FOLDER / "C1").is_dir()
    with pytest.raises(InputError, match="privacy masks cannot be read"):
        reservoirs.of("C2")
