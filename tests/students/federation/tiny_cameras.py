"""Cameras with tiny detectors of random weights and a toy loss of their own, to try methods on."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import cv2
import numpy as np
import torch
from ultralytics.nn.tasks import DetectionModel, yaml_model_load

from lotwise.students.distillation.step import learn_step
from lotwise.students.federation.listening import norms_kept
from lotwise.students.federation.method import Local, Method, load_arrays, module_arrays
from lotwise.students.federation.reference_set import ReferenceSet, write_reference_set
from lotwise.students.federation.rounds import Federated, federate
from lotwise.students.model.student import make_student
from lotwise.teacher.checkpoint import build, save_model

SIZE = 64


def reference_set(folder: Path, count: int = 3, seed: int = 0) -> ReferenceSet:
    """Coloured noise, which has edges of its own in every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    files = []
    for place in range(count):
        small = generator.integers(0, 255, (12, 16, 3), dtype=np.uint8)
        files.append(folder / f"{place}.png")
        cv2.imwrite(str(files[-1]), cv2.resize(small, (SIZE, SIZE), interpolation=cv2.INTER_NEAREST))
    return write_reference_set(folder, files, SIZE, "made up")


def nano(base: str, folder: Path, seed: int = 0) -> DetectionModel:
    """A real nano architecture with random weights, narrowed as a student is."""
    torch.manual_seed(seed)
    names = {0: "car"}
    model = build(yaml_model_load(base) | {"nc": 1, "scale": "n"}, names, Path(base))
    save_model(model, folder / f"{base}.safetensors")
    return make_student(folder / f"{base}.safetensors")


class TinyCamera:
    """A Local whose own loss draws all scores to one value, so that cameras disagree.

    With ``last_layers`` only those learn, on norms that stay as they are: a problem with one lowest point, on which
    what a method must do can be told from what happens by chance in a deep network of random weights.
    """

    def __init__(self, student: DetectionModel, wish: float, examples: int = 4, last_layers: bool = False) -> None:
        self.last_layers = last_layers
        if last_layers:
            student.requires_grad_(False)
            for level in (*student.model[-1].cv2, *student.model[-1].cv3):
                level[-1].requires_grad_(True)
        self.student, self.wish, self.examples, self.decay = student.train(), wish, examples, 1.0
        self.begun = module_arrays(student)
        generator = torch.Generator().manual_seed(round(wish * 100))
        self.pixels = torch.rand(2, 3, SIZE, SIZE, generator=generator)

    @property
    def batches(self) -> int:
        return 1

    @property
    def trainable(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.student.named_parameters())

    def weights(self):
        return module_arrays(self.student)

    def load(self, arrays) -> None:
        load_arrays(self.student, arrays)

    def train(self, steps, hook=None, *, rate, optimizer="sgd", own=True) -> int:
        self.student.train()
        used = torch.optim.SGD([p for p in self.student.parameters() if p.requires_grad], lr=rate)
        for step in range(steps):
            learn_step(
                self.student, self.student, lambda: self.loss() if own else {}, used, step, "tiny", "lower it", hook
            )
        return steps

    def forget(self) -> None:
        """Plain SGD keeps nothing."""

    def gradient(self, batches):
        raise NotImplementedError

    def loss(self):
        with norms_kept(self.student) if self.last_layers else nullcontext():
            raw = self.student(self.pixels)
        wish = torch.full_like(raw["scores"], self.wish)
        return {"own": torch.nn.functional.binary_cross_entropy_with_logits(raw["scores"], wish)}

    def new_round(self, _: int) -> Local:
        """A node has nothing from the round before but what its method kept."""
        load_arrays(self.student, self.begun)
        return self


def run(method: Method, cameras: dict[str, TinyCamera], rounds: int) -> Federated:
    return federate(method, method.begin(list(cameras), {}), rounds, {n: c.new_round for n, c in cameras.items()})
