"""How fast this machine is at what the table takes: looks and training steps, timed for a few seconds."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.images import content_key
from lotwise.datasets.load import LoadFrame, load
from lotwise.students.distillation.learn import learn
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.plan import Plan
from lotwise.teacher.oracle import Oracle
from lotwise.teacher.store import KnowledgeStore

QUICK_LOOK_S = 5.0
"""A look that takes longer is not taken twice: what the first one loses by warming up matters less then."""
TIMED_STEPS = 3
"""Training steps that are timed, after one that is not."""
FRAME_SIZE = (1000, 750)
"""Width and height of a grey picture that stands in for frames that are not here yet; those of CNR-EXT."""
FLOAT_BYTES = 4


@dataclass(frozen=True)
class Speeds:
    """What was timed.

    Attributes:
        look_s: seconds of one look of the teacher.
        step_s: seconds of one training step.
        knowledge_bytes: of the knowledge of one frame on the disk.
        student_bytes: of a student's weights.
        cores: that were at work.
    """

    look_s: float
    step_s: float
    knowledge_bytes: int
    student_bytes: int
    cores: int


def probe(plan: Plan, frame: Frame | None, read: LoadFrame = load) -> Speeds:
    """Time one look and a few steps, at the sizes of the plan; nothing of it is kept.

    Args:
        plan: what is asked for.
        frame: a real one; a grey picture where None, or where it cannot be read.
        read: gives the pixels of a frame.

    Raises:
        InputError: teacher or student cannot be loaded.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _probe(plan, _picture(frame, read), Path(folder))


def _picture(frame: Frame | None, read: LoadFrame) -> Image:
    if frame is not None:
        try:
            return read(frame)
        except UnreadableImage:
            pass
    return np.full((FRAME_SIZE[1], FRAME_SIZE[0], 3), 114, np.uint8)


def _probe(plan: Plan, image: Image, folder: Path) -> Speeds:
    oracle = Oracle(plan.teacher, plan.oracle)
    look_s, knowledge = 0.0, None
    for _ in range(2):
        begun = time.perf_counter()
        knowledge = oracle.predict(image)
        look_s = time.perf_counter() - begun
        if look_s > QUICK_LOOK_S:
            break
    assert knowledge is not None
    store = KnowledgeStore.open(folder, oracle.identity, oracle.description)
    key = content_key(image)
    size = store.add(key, knowledge)
    path = folder / "frame.png"
    cv2.imwrite(str(path), image)
    frames = [Frame("C1", f"{number}.png", path) for number in range(plan.distill.batch)]
    steps = TIMED_STEPS + 1
    settings = plan.distill.model_copy(update={"epochs": steps, "min_steps": steps, "max_steps": steps, "rounds": 1})
    ticks: list[float] = []

    def tick(_stage: str, _done: int, _total: int, _note: str) -> None:
        ticks.append(time.perf_counter())

    keys = {frame.name: key for frame in frames}
    learn(plan.student, plan.oracle.classes, frames, keys, store, settings, folder / "train", tick)
    nano = make_student(plan.student, plan.oracle.classes)
    return Speeds(
        look_s=look_s,
        step_s=(ticks[-1] - ticks[0]) / (len(ticks) - 1),
        knowledge_bytes=size,
        student_bytes=sum(parameter.numel() for parameter in nano.parameters()) * FLOAT_BYTES,
        cores=torch.get_num_threads(),
    )
