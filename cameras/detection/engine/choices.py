"""What probes have found on this machine, kept in a file: speeds by kind of bundle, and each bundle's engine."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from lotwise.cameras.detection.bundle import MODEL, Manifest
from lotwise.cameras.detection.engine.engine import Engine, default_engine
from lotwise.cameras.detection.engine.machine import Machine
from lotwise.cameras.detection.engine.probe import Compared
from lotwise.cameras.detection.engine.probe_process import Found, Speed
from lotwise.cameras.site.detector import DetectorSettings
from lotwise.datasets.whole_file import write_whole

CHOICES = "engines.json"
"""Name of the file in a node's state folder."""
KEPT = 200
"""Bundles that are remembered: a month of nightly ones for seven cameras."""


class Choice(BaseModel):
    """The engine of one bundle.

    Attributes:
        engine: what runs it.
        ms: that its network takes a frame.
        shape: kind of bundle, by which its speeds are found. asked: the settings under which it was chosen.
        compared: the engines that were held against the exact one, the last of them taken.
        time: when.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Engine
    ms: float
    shape: str
    asked: str
    compared: tuple[Compared, ...]
    time: datetime


class Remembered(BaseModel):
    """The file: all of it holds for one machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine: Machine
    threads: int
    speeds: dict[str, tuple[Speed, ...]] = {}
    bundles: dict[str, Choice] = {}


class Choices:
    """Engines by bundle. May be used by any thread.

    Args:
        folder: the node's state folder.
        settings: what they leave open is chosen.
        machine: that this runs on; what was found on another one is forgotten.
        threads: for one frame.
    """

    def __init__(self, folder: Path, settings: DetectorSettings, machine: Machine, threads: int) -> None:
        self._path, self._settings = folder / CHOICES, settings
        self._lock = threading.Lock()
        self._kept = _read(self._path, machine, threads)

    def engine(self, manifest: Manifest) -> Engine:
        """What a bundle is to be run with: what was found to be the fastest, else the default one."""
        choice = self.choice(manifest)
        return choice.engine if choice is not None else default_engine(manifest, self._settings)

    def choice(self, manifest: Manifest) -> Choice | None:
        """What was found for a bundle under these settings; None where nothing was yet."""
        if not self._settings.probe:
            return None
        choice = self._kept.bundles.get(manifest.identity)
        return choice if choice is not None and choice.asked == _asked(self._settings) else None

    def speeds(self, shape: str) -> tuple[Speed, ...]:
        """What the network of a bundle of this shape takes in each engine; empty where nobody has looked."""
        return self._kept.speeds.get(_key(shape, self._settings), ())

    def keep(self, manifest: Manifest, shape: str, found: Found) -> Engine:
        """Remember what was found for a bundle; the engine that follows from it.

        Raises:
            OSError: it cannot be written. It holds for this run all the same.
        """
        default = default_engine(manifest, self._settings)
        right = [one.engine for one in found.compared if not one.why]
        engine = right[-1] if right else default
        ms = next((one.ms for one in found.speeds if one.engine == engine), 0.0)
        choice = Choice(
            engine=engine, ms=ms, shape=shape, asked=_asked(self._settings), compared=found.compared,
            time=datetime.now(UTC).replace(microsecond=0),
        )  # fmt: skip
        with self._lock:
            kept = self._kept
            others = {name: one for name, one in kept.bundles.items() if name != manifest.identity}
            bundles = dict([*others.items(), (manifest.identity, choice)][-KEPT:])
            speeds = {**kept.speeds, _key(shape, self._settings): found.speeds}
            used = {_key(one.shape, self._settings) for one in bundles.values()}
            speeds = {key: one for key, one in speeds.items() if key in used}
            self._kept = kept.model_copy(update={"bundles": bundles, "speeds": speeds})
            write_whole(self._path, self._kept.model_dump_json(indent=1).encode() + b"\n")
        return engine


def bundle_shape(folder: Path, manifest: Manifest) -> str:
    """Bundles of the same shape take the same time: size of the input, and of the model to one part in a hundred."""
    files = manifest.ensemble.files if manifest.ensemble else [manifest.models.get("float", MODEL)]
    size = sum((folder / file).stat().st_size for file in files)
    width, height = manifest.input
    return f"{width}x{height}, {float(f'{size / 1e6:.2g}'):g} MB" + (", int8" if "int8" in manifest.models else "")


def _asked(settings: DetectorSettings) -> str:
    return f"{settings.backend} {settings.precision} {settings.number_format}"


def _key(shape: str, settings: DetectorSettings) -> str:
    return f"{shape}, {_asked(settings)}"


def _read(path: Path, machine: Machine, threads: int) -> Remembered:
    fresh = Remembered(machine=machine, threads=threads)
    try:
        kept = Remembered.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return fresh  # nothing is lost but the time of a probe
    return kept if (kept.machine, kept.threads) == (machine, threads) else fresh
