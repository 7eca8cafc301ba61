"""Runs one system once in a process of its own, and keeps what it found, so that a killed comparison goes on."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.node_speed.measurement import COUNTED, JOB, LOG, PREDICTIONS, RESULT, Prediction, read_predictions
from benchmarks.node_speed.memory_streams import POOL
from benchmarks.node_speed.process_memory import Memory, memory
from benchmarks.node_speed.systems import Job, RunName, System
from lotwise.cameras.detection.bundle import read_manifest
from lotwise.cameras.detection.engine.choices import Choices, bundle_shape
from lotwise.cameras.detection.engine.engine import possible_engines
from lotwise.cameras.detection.engine.machine import this_machine
from lotwise.cameras.detection.engine.probe_process import ProbeProcess
from lotwise.cameras.site.detector import DetectorSettings
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset
from lotwise.datasets.load import load
from lotwise.node.engine_probe import FRAMES

ROOT = Path(__file__).resolve().parents[2]
MEMORY_SAMPLE_PERIOD_S = 0.5
"""Seconds between two looks at a system's memory; its peak lasts longer than that."""
OVERHEAD_TIMEOUT_S = 600.0
"""Seconds for starting, reading all real frames once, and stopping."""
FIGURES = "figures.json"


@dataclass(frozen=True)
class Setting:
    """What all measurements of one comparison share.

    Attributes:
        bundles: folder of each camera's live bundle, by the run that it is of.
    """

    dataset: Dataset
    work: Path
    bundles: Mapping[RunName, Mapping[str, Path]]
    seconds: float
    warmup: float
    hold: int

    @property
    def streams(self) -> Path:
        return self.work / "streams"

    def kept(self, system: System, number: int) -> Path:
        """Where a round of a system is kept that was measured under this setting and with these bundles."""
        said = [str(sorted(self.bundles[system.run].items())), f"{self.seconds} {self.warmup} {self.hold}", str(system)]
        digest = hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]
        return self.work / "kept" / f"{system.key}-{number}-{digest}"


def measured(setting: Setting, system: System, number: int) -> tuple[Mapping[str, Any], Mapping[str, Prediction]]:
    """A round of a system: as it is kept, else measured now and kept. The first round reads all real frames too.

    Raises:
        InputError: as of :func:`measure`.
    """
    kept = setting.kept(system, number)
    if not (kept / FIGURES).is_file():
        figures, _ = measure(setting, system, accuracy=number == 0)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(setting.work / "measurements" / system.key, kept)
        figures = {**figures, "load": os.getloadavg()[0]}
        (kept / FIGURES).write_text(json.dumps(figures))
    return json.loads((kept / FIGURES).read_text()), read_predictions(kept)


def find_engines(setting: Setting, system: System) -> None:
    """What a node finds out in its first minute, found before the measurement: its later starts are measured."""
    settings = DetectorSettings.model_validate(detector_settings(system))
    state = setting.work / "state" / system.key
    state.mkdir(parents=True, exist_ok=True)
    choices = Choices(state, settings, this_machine(), threads=1)  # a worker a core, for there are cameras enough
    for camera, bundle in setting.bundles[system.run].items():
        manifest = read_manifest(bundle)
        if choices.choice(manifest) is not None:
            continue
        frames = [load(frame) for frame in setting.dataset.of_camera(camera)[:FRAMES]]
        engines, shape = possible_engines(manifest, settings), bundle_shape(bundle, manifest)
        found = ProbeProcess(niceness=0).run(bundle, engines, 1, choices.speeds(shape), frames)
        choices.keep(manifest, shape, found)


def detector_settings(system: System) -> dict[str, object]:
    """Of the node's site file."""
    return {
        "backend": system.backend,
        "precision": system.precision,
        "number_format": system.number_format,
        "probe": system.probe,
    }


def measure(
    setting: Setting, system: System, accuracy: bool = False, profile: bool = False
) -> tuple[Mapping[str, Any], Mapping[str, Prediction]]:
    """Run one system once; its figures and, where asked for, what it said of each real frame.

    Raises:
        InputError: its process failed, or its node could not run a bundle.
    """
    from benchmarks.node_speed.ultralytics_predict import make_model

    folder = setting.work / ("profile" if profile else "measurements") / system.key
    folder.mkdir(parents=True, exist_ok=True)
    for left in (COUNTED, RESULT, PREDICTIONS):
        (folder / left).unlink(missing_ok=True)
    models: dict[str, str] = {}
    bundles = setting.bundles[system.run]
    if system.probe:
        find_engines(setting, system)
    if system.ultralytics:
        for camera, bundle in bundles.items():
            models[camera] = str(make_model(bundle, setting.work / "models" / bundle.name, system.ultralytics))
    job = Job(
        system,
        {camera: str(bundle) for camera, bundle in bundles.items()},
        models,
        str(setting.streams),
        str(setting.work / "state" / system.key),
        setting.warmup,
        setting.seconds,
        setting.hold,
        accuracy,
        profile,
    )
    # Ultralytics takes all cores by default; whoever started this may have told it otherwise.
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    replace(job, started=time.monotonic()).write(folder / JOB)
    most = Memory(0, 0)
    with (folder / LOG).open("w") as log:
        command = [sys.executable, "-m", "benchmarks.node_speed.measurement", str(folder.resolve())]
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            # The process watches its own time too, but a deadlock would stop that as well.
            until = time.monotonic() + OVERHEAD_TIMEOUT_S + setting.warmup + setting.seconds
            while child.poll() is None and time.monotonic() < until:
                if not (folder / COUNTED).exists():
                    most = most.most(memory(child.pid, POOL))
                time.sleep(MEMORY_SAMPLE_PERIOD_S)
        finally:
            child.kill()
            child.wait()
    if child.returncode or not (folder / RESULT).is_file():
        lines = (folder / LOG).read_text().strip().splitlines()
        raise InputError(f"{folder / LOG}: {system.name} failed ({lines[-1] if lines else 'it said nothing'})")
    result: dict[str, Any] = json.loads((folder / RESULT).read_text())
    said = read_predictions(folder)
    if result.get("problems"):
        raise InputError(f"{folder / LOG}: {system.name}: {result['problems'][0]}")
    del result["readings"]
    return {**result, "pss_mb": most.pss, "rss_mb": most.rss}, said
