"""The modules that a board can run: those of one number, of each bundle that lies in its folder."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lotwise.cameras.detection.backends.network import load_network
from lotwise.cameras.detection.boards.module import Module, load_module, module_entry
from lotwise.cameras.detection.bundle import IDENTITY, MANIFEST, parse_manifest
from lotwise.cameras.site.detector import Backend
from lotwise.datasets.errors import InputError

KEPT = 2
"""Modules in memory: of the live bundle, and of the one that it is compared with."""


@dataclass
class Loaded:
    """A module in memory. One frame at a time."""

    module: Module
    lock: threading.Lock = field(default_factory=threading.Lock)


class ModuleStore:
    """Modules by the identity of their bundle, loaded when they are asked for. Used by any thread.

    Of a bundle only its manifest and this module need to lie on the board.

    Args:
        place: a bundle, or a folder of bundles, such as a camera's registry or a run.
        number: of the module, from 1.
        backend: library that runs it.
        threads: for one frame; 0 lets the library choose.
        kept: most modules in memory.
    """

    def __init__(self, place: Path, number: int, backend: Backend = "auto", threads: int = 0, kept: int = KEPT) -> None:
        self._place, self.number = place, number
        self._backend, self._threads, self._kept = backend, threads, kept
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, identity: str) -> Loaded:
        """The module of a bundle.

        Raises:
            InputError: no such bundle here, it has no such module, or the module's file is not what it should be.
        """
        with self._lock:
            found = self._loaded.get(identity)
            if found is not None:
                self._loaded.move_to_end(identity)
                return found
            module, manifest = load_module(
                self._folder(identity), self.number, lambda file: load_network(file, self._backend, self._threads)
            )
            if manifest.identity != identity:
                raise InputError(f"{self._place}: holds bundle {manifest.identity}, not {identity}; copy that one here")
            width, height = module.entry.size
            module(np.zeros((height, width, 3), np.uint8), 1.0)  # the first frame is slow, and must not be late
            while len(self._loaded) >= self._kept:
                self._loaded.popitem(last=False)
            self._loaded[identity] = Loaded(module)
            return self._loaded[identity]

    def held(self) -> dict[str, str]:
        """By identity, what this board has of each bundle in its folder, for people.

        Raises:
            InputError: there is none of which it could run a module.
        """
        found, wrong = {}, []
        for folder in self._folders():
            try:
                manifest = parse_manifest(folder)
                entry = module_entry(folder, manifest, self.number)
                found[manifest.identity] = (
                    f"camera {manifest.camera}, module {self.number} ({'+'.join(entry.levels)}, "
                    f"{entry.size[0]}x{entry.size[1]}, {entry.bytes / 1000:.0f} kB)"
                )
            except InputError as error:
                wrong.append(str(error))
        if not found:
            raise InputError(
                wrong[0] if wrong else f"{self._place}: no bundle here; give a bundle, a registry or a run"
            )
        return found

    def _folders(self) -> list[Path]:
        if (self._place / MANIFEST).is_file():
            return [self._place]
        for pattern in ("*", "bundles/*", "cameras/*/bundles/*"):
            folders = [one for one in sorted(self._place.glob(pattern)) if IDENTITY.fullmatch(one.name)]
            if folders:
                return folders
        return []

    def _folder(self, identity: str) -> Path:
        for folder in self._folders():
            if folder.name == identity or (folder == self._place and parse_manifest(folder).identity == identity):
                return folder
        raise InputError(f"{self._place}: no bundle {identity} here; copy it to this board")
