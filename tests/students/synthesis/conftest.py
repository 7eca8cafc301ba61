"""A small rendered lot that the embedded nano has looked at as if it were a teacher, and what it tells of it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from lotwise.datasets.frame import Frame
from lotwise.datasets.synthetic import render_site
from lotwise.students.pretrained import NANO
from lotwise.students.synthesis.make_metadata import make_metadata
from lotwise.students.synthesis.metadata import Metadata
from lotwise.students.synthesis.settings import MetadataSettings
from lotwise.teacher.label import label
from lotwise.teacher.oracle import Oracle, OracleSettings
from lotwise.teacher.store import KnowledgeStore

SIZE = 160
CLASSES = ("vehicle",)
THRESHOLD = 0.3


@dataclass(frozen=True)
class Lot:
    """Frames of one camera and what the nano says of them."""

    frames: tuple[Frame, ...]
    keys: dict[str, str]
    store: KnowledgeStore

    def metadata(self, **changed) -> Metadata:
        settings = MetadataSettings(**changed)
        return make_metadata("C1", self.frames, self.keys, self.store, str(NANO), CLASSES, THRESHOLD, settings)


@pytest.fixture(scope="session")
def lot(tmp_path_factory: pytest.TempPathFactory) -> Lot:
    folder: Path = tmp_path_factory.mktemp("dreams")
    site = render_site(folder / "site", cameras=1, days=2, frames_per_day=3, width=320, height=240, seed=7)
    oracle = Oracle(NANO, OracleSettings(scales=(SIZE, 320), classes=CLASSES, grid=SIZE))
    store = KnowledgeStore.open(folder / "knowledge", oracle.identity, oracle.description)
    return Lot(site.frames, dict(label(site.frames, oracle, store).keys), store)


@pytest.fixture(scope="session")
def metadata(lot: Lot) -> Metadata:
    return lot.metadata(background="picture")
