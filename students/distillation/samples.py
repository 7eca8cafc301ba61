"""The stream of training samples: frames with the teacher's knowledge, augmented, the same for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.boxes import area, clip
from lotwise.datasets.frame import Detections, Frame, Image
from lotwise.students.composites.composer import Composer, unchanged_cells
from lotwise.students.composites.swap import View
from lotwise.students.distillation.augment import MIN_INSIDE_SHARE, light_and_weather, shift_and_scale
from lotwise.students.distillation.fitted_frames import MAX_KEPT, FittedFrames, input_size
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.losses.targets import SampleTargets
from lotwise.teacher.knowledge import Knowledge
from lotwise.teacher.store import KnowledgeStore

LEFT_OPEN = -1
"""Label of a region in which nothing is taught."""


@dataclass(frozen=True)
class Sample:
    """One picture at the network's input size and what it teaches."""

    image: Image
    targets: SampleTargets


class SampleStream(Protocol):
    """What the training loop takes its samples from. Sample ``i`` is the same in every run of the same seed."""

    @property
    def identity(self) -> str:
        """Changes with whatever the samples are made of."""
        ...

    def __len__(self) -> int:
        """Samples of one epoch; sample ``i`` of epoch ``e`` is number ``e * len + i``."""
        ...

    def __getitem__(self, i: int) -> Sample: ...

    def latent_channels(self) -> list[int]:
        """Channels of the teacher's latents, finest level first; empty where samples carry none."""
        ...


class Samples:
    """Random samples of some frames of one camera.

    Sample ``i`` depends on the seed and on ``i`` alone, so a resumed run goes on as if it had never stopped.
    """

    def __init__(
        self,
        frames: Sequence[Frame],
        store: KnowledgeStore,
        settings: DistillSettings,
        keys: Mapping[str, str],
        taught: Mapping[str, Detections] | None = None,
        fitted: FittedFrames | None = None,
    ) -> None:
        """Take frames whose knowledge is in the store.

        Args:
            frames: of one camera, or of several that learn together.
            store: what the teacher said.
            settings: of the distillation.
            keys: content key by frame name.
            taught: what is taught in place of the teacher's own detections, by frame name.
            fitted: gives the frames at the input's size; of the size that the first frame asks for by default.
        """
        self.frames = tuple(frames)
        self.taught = taught or {}
        self.store = store
        self.keys = keys
        self.settings = settings
        self._given = fitted
        self._knowledge = lru_cache(MAX_KEPT)(self._taught)
        self._look = light_and_weather(settings.seed)
        cameras = [frame.camera for frame in self.frames]
        self._composer = Composer(self._view, cameras, settings.positive_threshold, settings.ignore_threshold)

    def __len__(self) -> int:
        return len(self.frames)

    @cached_property
    def _fitted(self) -> FittedFrames:
        return self._given or FittedFrames(input_size([self._knowledge(0).size], self.settings.size))

    def _taught(self, index: int) -> Knowledge:
        """The teacher's knowledge of a frame, with what is taught of it for its detections."""
        name = self.frames[index].name
        knowledge = self.store.get(self.keys[name])
        return replace(knowledge, detections=self.taught.get(name, knowledge.detections))

    def _view(self, index: int) -> View:
        image, knowledge, box = self._sample(index)
        return View(image, _in_input(knowledge.detections, box))

    @cached_property
    def identity(self) -> str:
        """Changes with the frames and with what the teacher said of them."""
        digest = hashlib.blake2b(self.store.folder.name.encode(), digest_size=8)
        for frame in self.frames:
            digest.update(f"{frame.name} {self.keys[frame.name]}\n".encode())
            if frame.name in self.taught:
                digest.update(self.taught[frame.name].boxes.tobytes() + self.taught[frame.name].scores.tobytes())
        return digest.hexdigest()

    def latent_channels(self) -> list[int]:
        """Channels of the stored latents, finest level first; empty where none fit the student's grid."""
        knowledge = self._knowledge(0)
        fits = knowledge.input == self.input_size() and self._fitted.crop is None
        return [latent.values.shape[1] for latent in knowledge.latents] if fits else []

    def input_size(self) -> tuple[int, int]:
        """(width, height) of the network's input, from the first frame; frames of another shape are fitted in."""
        return self._fitted.input_size

    def _sample(self, index: int) -> tuple[Image, Knowledge, Letterbox]:
        image, box = self._fitted(self.frames[index])
        return image, self._knowledge(index), box

    def plain(self, index: int) -> tuple[Image, Letterbox, Detections]:
        """A frame as it is, fitted to the network's input; how it was fitted; what is taught of it, in its pixels."""
        image, knowledge, box = self._sample(index)
        return image, box, knowledge.detections

    def __getitem__(self, i: int) -> Sample:
        """Sample ``i``: every frame once an epoch, in an order of its own."""
        epoch, place = divmod(i, len(self.frames))
        order = np.random.default_rng([self.settings.seed, epoch]).permutation(len(self.frames))
        generator = np.random.default_rng([self.settings.seed, epoch, place])
        index = int(order[place])
        _, knowledge, box = self._sample(index)
        view = self._view(index)
        image, detections = view.image, view.detections
        fits = knowledge.input == box.input and box.crop is None
        latents, dense = (knowledge.latents, knowledge.dense) if fits else ((), None)
        if self.settings.composites and generator.random() < self.settings.composites:
            made = self._composer(index, generator)
            if made is not None:
                image, detections, dense = made.image, made.with_ignored(LEFT_OPEN), None
                latents = tuple(unchanged_cells(latent, made.mask) for latent in latents)
        if generator.random() < self.settings.geometry:
            moved = shift_and_scale(image, detections, generator, box.input)
            image, detections, latents, dense = moved.image, moved.detections, (), None
        self._look.set_random_seed(int(generator.integers(2**31)))
        image = np.asarray(self._look(image=image)["image"], np.uint8)
        left_open = detections.labels == LEFT_OPEN
        return Sample(image, SampleTargets(detections[~left_open], latents, detections.boxes[left_open], dense))


def _in_input(detections: Detections, fitted: Letterbox) -> Detections:
    """Boxes in pixels of the frame -> in input pixels; of a crop, those of which enough is inside, cut there."""
    whole = fitted.to_input(detections.boxes)
    if fitted.crop is None:
        return Detections(whole, detections.scores, detections.labels)
    boxes = clip(whole, *fitted.input)
    seen = area(boxes) >= MIN_INSIDE_SHARE * np.maximum(area(whole), 1e-6)
    return Detections(boxes, detections.scores, detections.labels)[seen]
