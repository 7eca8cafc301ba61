"""A student in modules as one network, whoever runs the modules: this process, or boards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.detection.boards.answer import Answer, as_travelled
from lotwise.cameras.detection.boards.head import Head
from lotwise.cameras.detection.boards.join import join, unread
from lotwise.cameras.detection.boards.module import LoadModule, Module, load_module
from lotwise.cameras.detection.bundle import Manifest
from lotwise.cameras.detection.ensemble import EnsembleEntry, Window
from lotwise.datasets.frame import Image

LEAST_SCORE = 0.001
"""Raw score under which modules say nothing: as of every detector here (``MIN_REPORTED_SCORE``)."""


class Askers(Protocol):
    """Asks the modules of a student for one frame."""

    @property
    def name(self) -> str:
        """What runs them, for people."""
        ...

    def ask(self, parts: Sequence[Image], least: float) -> list[Answer | None]:
        """What each module says of its part of the frame; None of one that does not answer.

        Args:
            parts: (H, W, 3) BGR, the window of each module.
            least: raw score from which boxes are said.
        """
        ...


class ModulesNetwork:
    """A :class:`lotwise.cameras.detection.backends.network.Network` of modules.

    Args:
        manifest: of the bundle.
        askers: runs the modules, or has them run.
        head: the leader's part, where modules say maps.
    """

    metadata: Mapping[str, str] = {}

    def __init__(self, manifest: Manifest, askers: Askers, head: Head | None) -> None:
        assert manifest.ensemble is not None
        self.ensemble: EnsembleEntry = manifest.ensemble
        self._manifest, self.askers, self._head = manifest, askers, head
        self.unread: tuple[Window, ...] = ()
        """Parts of the input that nobody has read in the last frame."""
        width, height = manifest.input
        self.input: tuple[int | None, int | None, int | None] = (1, height, width)
        self.outputs: Mapping[str, tuple[int | None, ...]] = {"boxes": (1, None, 4), "scores": (1, None)}

    @property
    def name(self) -> str:
        return self.askers.name

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """(1, H, W, 3) BGR -> boxes (1, N, 4) in pixels of the input, and raw scores (1, N)."""
        parts = [images[0, top:bottom, left:right] for left, top, right, bottom in self._windows()]
        answers = self.askers.ask(parts, LEAST_SCORE)
        self.unread = unread(self.ensemble, answers)
        found = join(self.ensemble, answers, self._head)
        return [found.boxes[None], found.scores[None]]

    def run_by(self, askers: Askers) -> ModulesNetwork:
        """The same student, its modules run by others."""
        return ModulesNetwork(self._manifest, askers, self._head)

    def rest(self) -> None:
        """As of the protocol: nothing, for modules are small."""

    def _windows(self) -> list[Window]:
        return [module.window for module in self.ensemble.modules]


class Here:
    """Runs all modules in this process, one after the other."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self._modules = modules

    @property
    def name(self) -> str:
        return self._modules[0].network.name

    def ask(self, parts: Sequence[Image], least: float) -> list[Answer | None]:
        """As of the protocol; each module answers what would have travelled."""
        return [as_travelled(module(part, least)) for module, part in zip(self._modules, parts, strict=True)]


class Without:
    """Others that are asked, but for modules that are lost: to measure what that costs.

    Args:
        askers: who answer for the rest.
        lost: numbers of the modules that do not answer, from 1.
    """

    def __init__(self, askers: Askers, lost: Collection[int]) -> None:
        self._askers, self._lost = askers, lost

    @property
    def name(self) -> str:
        return self._askers.name

    def ask(self, parts: Sequence[Image], least: float) -> list[Answer | None]:
        """As of the protocol."""
        told = self._askers.ask(parts, least)
        return [None if number in self._lost else answer for number, answer in enumerate(told, start=1)]


def load_modules(bundle: Path, manifest: Manifest, load: LoadModule, threads: int) -> ModulesNetwork:
    """A student in modules that this process runs alone.

    Raises:
        InputError: a module or the head does not fit.
    """
    assert manifest.ensemble is not None
    count = len(manifest.ensemble.modules)
    modules = [load_module(bundle, number, load)[0] for number in range(1, count + 1)]
    return ModulesNetwork(manifest, Here(modules), load_head(bundle, manifest, threads))


def load_head(bundle: Path, manifest: Manifest, threads: int) -> Head | None:
    """The leader's part of a student in modules; None where modules say boxes.

    Raises:
        InputError: it cannot be loaded, or does not fit the modules.
    """
    ensemble = manifest.ensemble
    if ensemble is None or ensemble.head is None:
        return None
    return Head(bundle / ensemble.head, ensemble, threads)
