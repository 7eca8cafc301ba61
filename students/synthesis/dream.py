"""One batch of dreams: pictures in which a teacher sees what metadata tell of a camera, made from nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from lotwise.cameras.detection.letterbox import GREY, Letterbox
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Image
from lotwise.datasets.progress import Progress, no_progress
from lotwise.students.composites.background import covered
from lotwise.students.synthesis.aim import Aim, Drawn, aim_at, draw_picture
from lotwise.students.synthesis.dream_checkpoint import DreamState, resume_dream, save_dream
from lotwise.students.synthesis.metadata import Metadata
from lotwise.students.synthesis.metadata_file import metadata_key
from lotwise.students.synthesis.objective import MIDDLE_GREY, DreamTeacher, Ground, picture_terms, seen_terms
from lotwise.students.synthesis.pyramid import Pyramid, blurred, resized
from lotwise.students.synthesis.settings import DreamSettings, DreamStage
from lotwise.teacher.tensor import image_tensor

STRIDE = 32
"""Input sizes are multiples of it, in px."""
LAST_RATE = 0.1
"""Share of a stage's learning rate at its end."""
FIRST_NOISE = 0.05
"""Deviation of the noise with which dreams begin, of pixels in 0..1: without any, those of a batch begin alike."""


@dataclass(frozen=True)
class Dream:
    """A picture that nobody took.

    Attributes:
        image: (H, W, 3) BGR, shaped as the camera's frames, as large as these are in the network's input.
        drawn: the vehicles that it was to show.
        losses: each part of what was minimised, as it was for its batch in the end.
    """

    image: Image
    drawn: Drawn
    losses: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """A batch that is to be made.

    Attributes:
        metadata: of the camera.
        teacher: of the metadata.
        settings: how dreams are made.
        number: of the batch; each has a randomness of its own.
        count: pictures in it.
        folder: gets the state while it is made.
    """

    metadata: Metadata
    teacher: DreamTeacher
    settings: DreamSettings
    number: int
    count: int
    folder: Path

    @property
    def identity(self) -> str:
        settings = self.settings.model_dump_json(exclude={"count"})
        return f"{metadata_key(self.metadata)} {settings} {self.number} {self.count}"

    def luck(self, *place: int) -> np.random.Generator:
        """A source of randomness of its own for each stage and step of each batch."""
        return np.random.default_rng([self.settings.seed, self.number, *place])


def dream_batch(task: Task, progress: Progress = no_progress) -> list[Dream]:
    """Make one batch of dreams; one that was killed goes on from its last writing, to the same pictures.

    Args:
        task: what is to be made.
        progress: told of each step.

    Raises:
        InputError: the loss is not finite.
    """
    luck = task.luck()
    drawn = [draw_picture(task.metadata.layout, luck) for _ in range(task.count)]
    state = resume_dream(task.folder, task.identity)
    stages = task.settings.stages
    total = sum(stage.steps for stage in stages)
    pictures: torch.Tensor | None = None
    losses: dict[str, float] = {}
    for place, stage in enumerate(stages):
        if state is not None and place < state.stage:
            continue
        before = sum(earlier.steps for earlier in stages[:place])

        def tell(step: int, note: str, before: int = before) -> None:
            progress("dream", before + step, total, note)

        here = state if state is not None and place == state.stage else None
        pictures, losses = _work_out(task, place, stage, drawn, pictures, here, tell)
    assert pictures is not None  # there is at least one stage
    images = _images(pictures, stage_input(task.metadata, stages[-1].scale))
    return [Dream(image, one, losses) for image, one in zip(images, drawn, strict=True)]


def stage_input(metadata: Metadata, scale: float) -> Letterbox:
    """How a camera's frames lie in an input of this share of the network's own."""
    width, height = (max(STRIDE, round(side * scale / STRIDE) * STRIDE) for side in metadata.header.input)
    return Letterbox(metadata.header.size, (width, height))


def shifted(pictures: torch.Tensor, right: int, down: int) -> torch.Tensor:
    """(B, C, H, W) moved by so many pixels; the border is repeated where nothing comes in."""
    if not right and not down:
        return pictures
    room = max(abs(right), abs(down))
    height, width = pictures.shape[2:]
    wide = F.pad(pictures, (room, room, room, room), mode="replicate")
    return wide[..., room - down : room - down + height, room - right : room - right + width]


def _work_out(
    task: Task,
    place: int,
    stage: DreamStage,
    drawn: Sequence[Drawn],
    before: torch.Tensor | None,
    state: DreamState | None,
    tell: Callable[[int, str], None],
) -> tuple[torch.Tensor, dict[str, float]]:
    """Pictures (B, 3, H, W) in 0..1 of one stage, and each part of their loss."""
    settings, teacher, fitted = task.settings, task.teacher, stage_input(task.metadata, stage.scale)
    luck = task.luck(place)
    aims = [aim_at(one, task.metadata.features, fitted, luck) for one in drawn]
    pyramid = Pyramid(_beginning(task, fitted, luck, before)).to(teacher.device)
    optimizer = torch.optim.Adam(pyramid.parameters(), lr=stage.rate)
    losses: dict[str, float] = {}
    first = 0
    if state is not None:
        pyramid.load_state_dict(state.pyramid)
        optimizer.load_state_dict(state.optimizer)
        losses, first = dict(state.losses), state.step
    ground, inside = _ground(task, fitted, aims), _inside(fitted).to(teacher.device)
    for step in range(first, stage.steps):
        for group in optimizer.param_groups:
            falling = (1 + math.cos(math.pi * step / stage.steps)) / 2
            group["lr"] = stage.rate * (LAST_RATE + (1 - LAST_RATE) * falling)
        right, down = task.luck(place, step).integers(-settings.shift, settings.shift, 2, endpoint=True).tolist()
        whole = torch.where(inside, pyramid(), GREY / 255)
        moved = [aim.shifted(right, down, fitted.input) for aim in aims]
        parts = seen_terms(shifted(whole, right, down), moved, teacher, settings.weights)
        parts |= picture_terms(whole, settings.weights, ground)
        loss = torch.stack(list(parts.values())).sum()
        losses = {name: float(part.detach()) for name, part in parts.items()}
        if not torch.isfinite(loss):
            said = ", ".join(f"{name} {part:.3g}" for name, part in losses.items())
            raise InputError(
                f"{task.folder}: the loss of a dream is not finite ({said}); lower synthesis.dream.stages.{place}.rate "
                f"(now {stage.rate}) and run again"
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]  # it has no types
        optimizer.step()
        save_dream(task.folder, task.identity, place, step + 1, pyramid, optimizer, losses)
        tell(step + 1, f"loss {float(loss.detach()):.3f}")
    with torch.no_grad():
        return pyramid().cpu(), losses


def _beginning(task: Task, fitted: Letterbox, luck: np.random.Generator, before: torch.Tensor | None) -> torch.Tensor:
    """(B, 3, H, W) pictures of the stage before at this size; of the first, what is known of the view, and noise."""
    width, height = fitted.input
    if before is not None:
        return resized(before, (height, width))
    noise = torch.from_numpy(luck.normal(0, FIRST_NOISE, (task.count, 3, height, width)).astype(np.float32))
    known, norms = _picture(task.metadata, fitted), task.metadata.norms
    if known is None:
        colour = [MIDDLE_GREY] * 3 if norms is None else norms.means[:3].tolist()
        known = torch.tensor(colour).view(1, 3, 1, 1)
    return (known + noise).clamp(0, 1)


def _picture(metadata: Metadata, fitted: Letterbox) -> torch.Tensor | None:
    """(1, 3, H, W) the blurred picture of the view as it lies in this input; None where it is not told."""
    if metadata.picture is None:
        return None
    frame = cv2.resize(metadata.picture, metadata.header.size, interpolation=cv2.INTER_CUBIC)
    return image_tensor([fitted.image(np.asarray(frame, np.uint8))])


def _ground(task: Task, fitted: Letterbox, aims: Sequence[Aim]) -> Ground | None:
    """What lies beside the vehicles; None where it is not told."""
    picture = _picture(task.metadata, fitted)
    if picture is None or task.metadata.picture is None:
        return None
    size = _cells(task.metadata.picture, fitted)
    cells = blurred(picture, size)
    taken = np.stack([covered(Detections.of(aim.boxes, aim.scores), fitted.input) for aim in aims])
    free = blurred(torch.from_numpy(~taken).float()[:, None], size)
    return Ground(cells.to(task.teacher.device), free.to(task.teacher.device))


def _cells(picture: Image, fitted: Letterbox) -> tuple[int, int]:
    """(rows, columns) such that each cell is as large as a pixel of the blurred picture, at this size."""
    per_pixel = max(1.0, max(fitted.frame) * fitted.scale / max(picture.shape[:2]))
    width, height = fitted.input
    return max(1, round(height / per_pixel)), max(1, round(width / per_pixel))


def _inside(fitted: Letterbox) -> torch.Tensor:
    """(1, 1, H, W) where the frame lies in the input; beside it is grey that no dream may change."""
    white = fitted.image(np.full((*fitted.frame[::-1], 3), 255, np.uint8))
    return torch.from_numpy((white[..., 0] == 255)[None, None])


def _images(pictures: torch.Tensor, fitted: Letterbox) -> list[Image]:
    """(B, 3, H, W) RGB in 0..1 -> images (h, w, 3) BGR without what lies beside the frame."""
    rows, columns = (np.flatnonzero(_inside(fitted)[0, 0].numpy().any(axis)) for axis in (1, 0))
    pixels = (pictures * 255).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()
    part = pixels[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1, ::-1]
    return [np.ascontiguousarray(image) for image in part]
