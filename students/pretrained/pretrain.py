"""How the embedded weights were made: a detector from scratch on random rendered lots.

python -m lotwise.students.pretrained.pretrain teacher --epochs 7
python -m lotwise.students.pretrained.pretrain nano --epochs 3

This is the one place where truth is learned from, and the truth is the renderer's own: it stands for the
pretraining on COCO that a user's teacher and nano come with. No lot of the demo or of the tests is ever seen
(datasets.synthetic draws them from separate streams of randomness).
"""

from __future__ import annotations

import argparse
import copy
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from rich.progress import track
from ultralytics.nn.tasks import DetectionModel, yaml_model_load

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Detections
from lotwise.datasets.images import read_image
from lotwise.datasets.synthetic import random_lot_frames
from lotwise.students import pretrained
from lotwise.students.distillation.augment import light_and_weather, shift_and_scale
from lotwise.students.distillation.distill import distill
from lotwise.students.distillation.samples import Sample
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.losses.targets import SampleTargets
from lotwise.students.losses.weights import LossWeights
from lotwise.teacher.checkpoint import build, save_model

WIDTHS = {"teacher": 0.375, "nano": 0.25}
"""Multiples of YOLOv8's channels, which make models of 6.4 and 3.0 million parameters."""
SEED = 1
"""Of the lots, the first weights and the order of the frames: the embedded weights were made with it."""


def make_detector(width: float) -> DetectionModel:
    """An untrained YOLOv8 of this width with one class."""
    architecture = copy.deepcopy(yaml_model_load("yolov8n.yaml"))
    architecture |= {"nc": 1, "scale": "w", "scales": {"w": [0.33, width, 1024]}}
    return build(architecture, {0: "vehicle"}, Path("yolov8n.yaml"))


@dataclass(frozen=True)
class LotSamples:
    """Rendered lots with their exact truth, in the form in which the distillation loop takes its samples.

    Attributes:
        folder: of ``render_lots``.
        names: file stems.
        settings: of the training.
    """

    folder: Path
    names: tuple[str, ...]
    settings: DistillSettings

    def __len__(self) -> int:
        return len(self.names)

    @property
    def identity(self) -> str:
        return f"{len(self.names)} lots"

    def latent_channels(self) -> list[int]:
        return []

    def __getitem__(self, i: int) -> Sample:
        epoch, place = divmod(i, len(self.names))
        order = np.random.default_rng([self.settings.seed, epoch]).permutation(len(self.names))
        generator = np.random.default_rng([self.settings.seed, epoch, place])
        name = self.names[int(order[place])]
        image = read_image(self.folder / f"{name}.jpg")
        truth = np.load(self.folder / f"{name}.npz")
        # An ignore region moves with its picture: it travels as a box of the score that is left open.
        scores = np.where(truth["ignore"], (self.settings.ignore_threshold + self.settings.positive_threshold) / 2, 1.0)
        fitted = Letterbox.around((image.shape[1], image.shape[0]), self.settings.size)
        zoom = (fitted.scale * 0.9, max(fitted.scale * 1.6, 1.0))
        moved = shift_and_scale(image, Detections.of(truth["boxes"], scores), generator, fitted.input, zoom)
        look = light_and_weather(int(generator.integers(2**31)))
        image = np.asarray(look(image=moved.image)["image"], np.uint8)
        return Sample(image, SampleTargets(moved.detections, (), np.zeros((0, 4), np.float32)))


def render_lots(folder: Path, count: int) -> tuple[str, ...]:
    """Render random lots into a folder, or find them there; their names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = tuple(f"{SEED}_{number:05d}" for number in range(count))
    if not all((folder / f"{name}.npz").is_file() for name in names):
        frames = random_lot_frames(SEED, count, frames_per_lot=3)
        for name, (image, truth) in track(zip(names, frames, strict=True), "render", count):
            assert truth.vehicles is not None
            cv2.imwrite(str(folder / f"{name}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
            np.savez(folder / f"{name}.npz", boxes=truth.vehicles.boxes, ignore=truth.vehicles.ignore)
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("role", choices=WIDTHS)
    parser.add_argument("--frames", type=int, default=1500)
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--work", type=Path, default=Path("runs/pretrain"), help="rendered lots and checkpoints")
    asked = parser.parse_args()
    settings = DistillSettings(
        size=asked.size, epochs=asked.epochs, batch=8, learning_rate=1.5e-3, weight_decay=5e-4, warmup=0.03, ema=0.998,
        positive_threshold=0.5, ignore_threshold=0.1, score_exponent=0.0, weights=LossWeights(latent=0.0), seed=SEED,
    )  # fmt: skip
    samples = LotSamples(asked.work / "lots", render_lots(asked.work / "lots", asked.frames), settings)
    torch.manual_seed(SEED)
    folder = asked.work / asked.role

    def tell(stage: str, step: int, steps: int, note: str) -> None:
        if step % 20 == 0 or step == steps:
            print(f"{stage}: step {step}/{steps} {note}", flush=True)

    outcome = distill(make_detector(WIDTHS[asked.role]), samples, settings, folder, tell)
    path = pretrained.TEACHER if asked.role == "teacher" else pretrained.NANO
    save_model(outcome.student, path, half=True)
    print(f"{path}: {outcome.steps} steps in {outcome.seconds:.0f} s, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
