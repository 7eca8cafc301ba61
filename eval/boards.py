"""How a camera is read by a student over several boards, with all of them and without each: the page of a division."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from lotwise.cameras.detection.boards.answer import Answer, pack
from lotwise.cameras.detection.boards.modules_network import Askers, ModulesNetwork
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.detection.drawing import drawn
from lotwise.cameras.detection.frame_result import FrameReader, FrameResult
from lotwise.cameras.slots import SlotReading
from lotwise.cameras.slots.unseen import unread_slots
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.whole_file import write_whole
from lotwise.eval.page.boards import Board, DividedCamera, Reading, boards_page
from lotwise.eval.page.pictures import small_jpeg
from lotwise.students.ensemble.settings import PartitionSettings
from lotwise.students.pipeline.footage import open_run_frames
from lotwise.students.pipeline.partition import Partitioned, without
from lotwise.students.pipeline.readable import readable_frames
from lotwise.students.pipeline.run import Run

MOST_FRAMES = 8
"""Held-out frames that a camera's readings are of."""
JPEG_QUALITY = 95
"""Of the frames whose bytes are counted: what ``detector.board_quality`` is by default."""


class Counting:
    """Others that are asked, and the bytes of the frames and the answers of each module, frame after frame."""

    def __init__(self, askers: Askers) -> None:
        self._askers = askers
        self.sent: list[list[int]] = []
        self.answered: list[list[int]] = []

    @property
    def name(self) -> str:
        return self._askers.name

    def ask(self, parts: Sequence[Image], least: float) -> list[Answer | None]:
        """As of :class:`lotwise.cameras.detection.boards.modules_network.Askers`."""
        told = self._askers.ask(parts, least)
        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        self.sent.append([len(cv2.imencode(".jpg", part, quality)[1]) for part in parts])
        self.answered.append([0 if answer is None else len(pack(answer)) for answer in told])
        return told


def write_boards_page(run: Run, asked: PartitionSettings, found: Sequence[Partitioned], read: LoadFrame = load) -> Path:
    """Write the page of a division into the run folder, and return where.

    Args:
        run: whose students were divided.
        asked: how.
        found: what each camera got; at least one.
        read: gives the pixels of a frame.
    """
    dataset = open_run_frames(run.plan())
    cameras = [_divided(run, one, dataset.of_camera(one.camera), read) for one in found]
    path = run.folder / f"boards-{asked.name}.html"
    title = f"{asked.boards} board{'s'[: asked.boards - 1]} by {asked.by}"
    write_whole(path, boards_page(title, cameras, asked.allowed).encode())
    return path


def in_words(found: Partitioned) -> str:
    """What came of a camera's division, and which boards may be lost, in one line."""
    assert found.manifest.ensemble is not None
    modules = found.manifest.ensemble.modules
    outcome = {"promoted": "live", "shadow": "in the shadow of the live one", "kept": "not live"}
    line = f"{found.camera} over {len(modules)} board{'s'[: len(modules) - 1]}: {outcome[found.outcome]}"
    needed = [str(number) for number, module in enumerate(modules, start=1) if module.needed]
    if len(modules) == 1:
        return line
    if not needed:
        lost = "a lost board leaves its part unknown" if found.manifest.ensemble.by == "region" else "any may be lost"
        return f"{line}; {lost}"
    which = f"board{'s'[: len(needed) - 1]} {' and '.join(needed)}"
    return f"{line}; {which} cannot be done without"


def _divided(run: Run, found: Partitioned, frames: Sequence[Frame], read: LoadFrame) -> DividedCamera:
    record = run.record(found.camera)
    assert record is not None and found.manifest.ensemble is not None
    test = set(record.test)
    held_out = [frame for frame in frames if frame.name in test]
    images = list(islice(readable_frames(held_out, read), MOST_FRAMES))
    detector = load_detector(run.registry(found.camera).path(found.bundle))
    modules = found.manifest.ensemble.modules
    network = detector.network
    assert isinstance(network, ModulesNetwork)
    counting = Counting(network.askers)
    numbers = [None, *(range(1, len(modules) + 1) if len(modules) > 1 else ())]
    readers = [
        replace(detector, network=network.run_by(counting)) if number is None else without(detector, {number})
        for number in numbers
    ]
    read_as = [[_read(one, image, frame.name) for frame, image in images] for one in readers]
    changed = np.array([[_changed(*pair) for pair in zip(read_as[0], one, strict=True)] for one in read_as], int)
    worst = int(changed.sum(axis=0).argmax()) if images else 0
    readings = [
        Reading(
            number,
            found.losses.get("none" if number is None else str(number)),
            int(changed[row].sum()),
            sum(_newly_unknown(*pair) for pair in zip(read_as[0], read_as[row], strict=True)),
            small_jpeg(drawn(images[worst][1], read_as[row][worst], detector.slots)) if images else b"",
        )
        for row, number in enumerate(numbers)
    ]
    sent, answered = (_means(table, len(modules)) for table in (counting.sent, counting.answered))
    return DividedCamera(
        camera=found.camera,
        bundle=found.bundle,
        by=found.manifest.ensemble.by,
        headline=in_words(found),
        boards=[Board(*one) for one in zip(modules, sent, answered, strict=True)],
        readings=readings,
        frame=images[worst][0].name if images else "",
        frames=len(images),
        slots=len(detector.slots) * len(images),
        seconds=found.seconds,
    )


def _read(detector: Detector, image: Image, name: str) -> FrameResult:
    """A frame as a node would tell it: slots that no board has looked at are unknown."""
    result = FrameReader(detector)(image, name)
    unread = unread_slots(detector.slots, detector.unread(result.size))
    readings = {
        slot: SlotReading("unknown", 0.0) if slot in unread else reading for slot, reading in result.readings.items()
    }
    return replace(result, readings=readings)


def _changed(before: FrameResult, after: FrameResult) -> int:
    """Slots that are told in another state."""
    return sum(reading.state != after.readings[slot].state for slot, reading in before.readings.items())


def _newly_unknown(before: FrameResult, after: FrameResult) -> int:
    """Of these, those that are unknown."""
    return sum(
        reading.state != "unknown" and after.readings[slot].state == "unknown"
        for slot, reading in before.readings.items()
    )


def _means(table: Sequence[Sequence[int]], modules: int) -> list[int]:
    """Of each module over all frames; zeros where there are none."""
    return [round(value) for value in np.mean(table, axis=0)] if table else [0] * modules
