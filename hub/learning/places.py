"""Where the students of one recipe are made of a camera, and which recipe a bundle comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lotwise.cameras.registry.registry import Registry
from lotwise.hub.bundle_files import bundle_registry
from lotwise.hub.folders import HubFolders
from lotwise.hub.learning.material import FIRST, SITE
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import Retrainings


class RecipeRun(Run):
    """A run of a rollout's recipe: its bundles and its knowledge go to where those of the camera's first run are.

    So the gate compares with the live bundle, whatever recipe that is of, and a teacher that has looked at a frame
    does not look at it again.
    """

    def __init__(self, folder: Path, first: Run, registry: Registry) -> None:
        super().__init__(folder)
        self._first, self._registry = first, registry

    @property
    def store(self) -> Path:
        return self._first.store

    def registry(self, camera: str) -> Registry:
        return self._registry


@dataclass(frozen=True)
class Place:
    """Where the students of one recipe are made of a camera.

    Attributes:
        folders: of the hub's data.
        node, camera: whose students.
        recipe: identity of a rollout's recipe; empty for that of the camera's first student.
    """

    folders: HubFolders
    node: str
    camera: str
    recipe: str = ""

    @property
    def run(self) -> Run:
        """The run folder."""
        first = Run(self.folders.run(self.node, self.camera))
        if not self.recipe:
            return first
        registry = bundle_registry(self.folders, self.node, self.camera)
        return RecipeRun(self.folders.work(self.node, self.camera) / f"run-{self.recipe}", first, registry)

    @property
    def site(self) -> str:
        """Name of the site file in the working folder."""
        return f"site-{self.recipe}.yaml" if self.recipe else SITE

    @property
    def frames(self) -> str:
        """Name of the folder of the frames that the run begins with."""
        return f"{FIRST}-{self.recipe}" if self.recipe else FIRST


def place_of(folders: HubFolders, node: str, camera: str, bundle: str | None) -> Place:
    """Where a bundle was made; where nobody knows, the place of the camera's first student.

    Args:
        folders: of the hub's data.
        node, camera: whose bundle it is.
        bundle: its identity.
    """
    for folder in sorted(folders.work(node, camera).glob("run-*")):
        place = Place(folders, node, camera, folder.name.removeprefix("run-"))
        if bundle is not None and _has_made(place.run, camera, bundle):
            return place
    return Place(folders, node, camera)


def _has_made(run: Run, camera: str, bundle: str) -> bool:
    if not run.begun:
        return False
    record = run.record(camera)
    made = {one.bundle for one in Retrainings(run, camera).records()}
    return bundle in made or (record is not None and bundle in (record.bundle, record.baseline))
