"""Teaches the modules of one camera's student from stored knowledge; a training that was killed goes on."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.ensemble import Window
from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Progress
from lotwise.students.distillation.distill import distill
from lotwise.students.distillation.samples import SampleStream
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.ensemble.bundle import BoxModule
from lotwise.students.ensemble.channels import ChannelModules, CommunityMatching, Trunk
from lotwise.students.ensemble.communities import channel_links, channels_of_boards, communities
from lotwise.students.ensemble.fit import widest
from lotwise.students.ensemble.narrow import channel_power, recalibrated
from lotwise.students.ensemble.regions import Region, WindowSamples
from lotwise.students.ensemble.scales import scale_modules
from lotwise.students.ensemble.settings import PartitionSettings
from lotwise.students.ensemble.together import Together
from lotwise.students.losses.all_terms import from_boxes
from lotwise.teacher.knowledge import Latent


@dataclass(frozen=True)
class Material:
    """What modules are made of and taught from.

    Attributes:
        student: of the full size, in eval mode.
        size: (width, height) of its input.
        pictures: (1, 3, H, W) RGB in 0..1, by which it is told which channels matter.
        samples: of the whole input.
        settings: of the distillation, with the steps that the full-size student took.
        folder: gets logs and states.
        stage: what progress calls this.
    """

    student: DetectionModel
    size: tuple[int, int]
    pictures: Sequence[torch.Tensor]
    samples: SampleStream
    settings: DistillSettings
    folder: Path
    stage: str


def teach_scales(material: Material, asked: PartitionSettings, progress: Progress) -> tuple[list[BoxModule], float]:
    """Modules by level of the head, taught together with some left out now and then; and the seconds it took.

    Raises:
        InputError: more boards than levels, a budget that is too small, or a loss that is not finite.
    """
    width, height = material.size
    models = []
    for levels, model in scale_modules(material.student, asked.boards):
        power = channel_power(model, material.pictures)
        narrow, _ = widest(model, power, material.size, asked.budget, f"{material.stage} {'+'.join(levels)}")
        models.append(recalibrated(narrow, material.pictures) if narrow is not model else narrow)
    together = Together(models, asked.left_out, material.settings.seed)
    settings = material.settings.model_copy(update={"weights": from_boxes(material.settings.weights)})
    trained = distill(together, material.samples, settings, material.folder, progress, stage=material.stage)
    whole = (0, 0, width, height)
    return [BoxModule(model.eval(), whole, whole) for model in trained.student.modules_alone], trained.seconds


def teach_regions(
    material: Material, regions: Sequence[Region], asked: PartitionSettings, progress: Progress
) -> tuple[list[BoxModule], float]:
    """A module for each region, each taught from its part of the samples alone; and the seconds it took.

    Raises:
        InputError: a budget that is too small, or a loss that is not finite.
    """
    settings = material.settings.model_copy(update={"weights": from_boxes(material.settings.weights)})
    made, seconds = [], 0.0
    for number, region in enumerate(regions, start=1):
        pictures = [_part(one, region.window) for one in material.pictures]
        power = channel_power(material.student, pictures)
        left, top, right, bottom = region.window
        size, stage = (right - left, bottom - top), f"{material.stage} module {number}"
        model, _ = widest(material.student, power, size, asked.budget, stage)
        # A copy in any case: each region's module is taught by itself.
        model = recalibrated(model, pictures)
        samples = WindowSamples(material.samples, region.window)
        trained = distill(model, samples, settings, material.folder / f"module-{number}", progress, stage=stage)
        made.append(BoxModule(trained.student, region.window, region.territory))
        seconds += trained.seconds
    return made, seconds


def teach_channels(
    material: Material, latents: Sequence[Sequence[Latent]], asked: PartitionSettings, progress: Progress
) -> tuple[ChannelModules, float]:
    """Trunks that are each taught a community of the teacher's channels, and their head; and the seconds it took.

    Args:
        material: of the camera.
        latents: of each frame that is learned from, what the teacher's neck said around vehicles, level by level.
        asked: boards and budget.
        progress: told after each step.

    Raises:
        InputError: nothing is stored of the teacher's neck at the student's size, a budget that is too small, or a loss
            that is not finite.
    """
    if not material.samples.latent_channels():
        raise InputError(
            "--by channel: nothing is stored of the teacher's neck at the student's input size; label with --scales of "
            "that size, or divide it by scale or region"
        )
    power = channel_power(material.student, material.pictures)
    narrow, _ = widest(material.student, power, material.size, asked.budget, material.stage, Trunk)
    narrow = recalibrated(narrow, material.pictures)
    groups = []
    for level in zip(*latents, strict=True):
        responses = np.concatenate([one.values for one in level]).astype(np.float32)
        found = communities(channel_links(responses), material.settings.seed)
        groups.append(channels_of_boards(found, responses.shape[1], asked.boards))
    modules = ChannelModules(
        [copy.deepcopy(narrow) for _ in range(asked.boards)], asked.left_out, material.settings.seed
    )
    kept = material.settings.weights
    weights = from_boxes(kept).model_copy(update={"latent": kept.latent})
    settings = material.settings.model_copy(update={"weights": weights})
    terms = {"latent": CommunityMatching(modules.widths, groups)} if kept.latent else {}
    trained = distill(
        modules, material.samples, settings, material.folder, progress, stage=material.stage, own_terms=terms
    )
    return trained.student, trained.seconds


def _part(picture: torch.Tensor, window: Window) -> torch.Tensor:
    left, top, right, bottom = window
    return picture[:, :, top:bottom, left:right].contiguous()
