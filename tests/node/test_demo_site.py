"""The demo's node, the first that a visitor sees: what it tells is what its pictures show, at every moment."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import cv2
import numpy as np

from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.reading import read_site
from lotwise.datasets.frame import Image, Slot, SlotState
from lotwise.node.check import check_site
from lotwise.node.http.page import page
from lotwise.node.picture import COLOURS, annotated
from lotwise.node.places import lot_places
from lotwise.node.site_warnings import site_warnings
from lotwise.node.start import open_service
from lotwise.node.state import CameraNow, NodeNow
from lotwise.students.pipeline.demo import SECONDS_PER_FRAME, write_demo_site
from tests.node.mqtt.brokers import until
from tests.node.streams import lot, write_reading_bundle

FRAMES = ("10110010", "11110010", "11110011", "01110011", "01100011", "00100011")
"""Which of eight slots are occupied, frame by frame."""


def demo_site(folder: Path) -> Path:
    """The demo's site file over two cameras in whose every frame other slots are occupied."""
    for name in ("C1", "C2"):
        frames = folder / "frames" / name / "2026-03-02"
        frames.mkdir(parents=True)
        for number, occupied in enumerate(FRAMES):
            cv2.imwrite(str(frames / f"{700 + number:04}.png"), lot(0, [taken == "1" for taken in occupied]))
        registry = Registry(folder / "cameras" / name / "bundles")
        registry.promote(registry.add(write_reading_bundle(folder / f"{name}-bundle", camera=name)))
    return write_demo_site(folder)


def states_of(number: int) -> list[str]:
    """Of the slots in a frame, which are numbered from 1 and go round."""
    return ["occupied" if taken == "1" else "free" for taken in FRAMES[(number - 1) % len(FRAMES)]]


def state_in(image: Image, slot: Slot) -> str:
    """Whether the slot is as bright as a car in a frame as it came from the camera."""
    left, top = (slot.polygon.min(0) * image.shape[1::-1]).round().astype(int)
    right, bottom = (slot.polygon.max(0) * image.shape[1::-1]).round().astype(int)
    return "occupied" if image[top:bottom, left:right].mean() > 150 else "free"


def drawn_state(picture: Image, image: Image, slot: Slot) -> str:
    """The state whose colour the slot's outline has in the picture, at the middle of its lower edge."""
    x, y = ((slot.polygon[2] + slot.polygon[3]) / 2 * image.shape[1::-1]).round().astype(int)
    distances = np.abs(np.array(list(COLOURS.values())) - picture[y, x]).sum(1)
    return list(COLOURS)[int(distances.argmin())]


def test_every_frame_is_told_as_it_is_and_the_lot_lives(tmp_path: Path) -> None:
    path = demo_site(tmp_path)
    text = path.read_text()
    assert f"period_s: {SECONDS_PER_FRAME}" in text
    path.write_text(text.replace(f"period_s: {SECONDS_PER_FRAME}", "period_s: 0.4") + "publish: {api: {port: 0}}\n")
    assert check_site(path) == []
    assert site_warnings(read_site(path), path) == []
    service = open_service(read_site(path), path)
    seen: dict[tuple[str, int], list[str]] = {}
    shown: dict[tuple[str, int], tuple[Image, CameraNow, tuple[Slot, ...]]] = {}

    def looked_at_all() -> bool:
        for name, camera in service.node.now().cameras.items():
            if camera.looked:
                seen[name, camera.looked] = [slot.state for slot in camera.slots.values()]
            if (latest := service.node.picture(name)) is not None:
                shown[name, latest[1].looked] = latest
        return len(seen) >= 2 * 8

    service.start()
    try:
        until(looked_at_all, "eight frames of each camera", 60)
        places = lot_places(service.node.now())
    finally:
        service.close()
    for (_, number), states in seen.items():
        assert states == states_of(number), number
    for (name, number), (image, camera, slots) in shown.items():
        assert [state_in(image, slot) for slot in slots] == states_of(number), number  # the picture of that very frame
        drawn = [drawn_state(annotated(image, camera, slots), image, slot) for slot in slots]
        card = page(NodeNow("lot", camera.source.since, True, {name: camera}), (), None).split("<article")[1]
        for state in get_args(SlotState):
            assert f'<li class="{state}">{drawn.count(state)} {state}</li>' in card, (number, state)
        assert drawn == states_of(number), number
    assert len(shown) >= len(FRAMES)
    assert len(places) == 8  # both cameras see the same ones
