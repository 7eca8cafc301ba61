"""What is drawn over a camera's last frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.frame import Image, SlotState
from lotwise.node.picture import ALARM, COLOURS, DARK, Pictures, annotated, scaled
from lotwise.node.state import CameraNow
from tests.node.nodes import NOON, camera, slot, square

GREY = np.full((300, 400, 3), 90, np.uint8)
PLACE = square("7", 0.25, 0.5)  # pixels 100..180, 150..210


def seen(state: SlotState = "free", **changes: object) -> CameraNow:
    return replace(camera("C1", {"7": slot(state)}), detections=type(camera().detections).empty(), **changes)  # type: ignore[arg-type]


def near(pixel: object, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(np.asarray(pixel, int) - colour).max() < 40)


@pytest.mark.parametrize("state", ["free", "occupied", "unknown"])
def test_outline_tells_the_state(state: SlotState) -> None:
    drawn = annotated(GREY, seen(state), [PLACE])
    assert near(drawn[180, 100], COLOURS[state])
    assert (drawn[20, 20] == GREY[20, 20]).all()


def test_inside_tells_the_state_without_colour() -> None:
    inside = {s: annotated(GREY, seen(s), [PLACE])[155:175, 105:125] for s in COLOURS}
    assert (inside["occupied"] == 90).all()
    assert np.ptp(inside["free"].reshape(-1, 3), axis=0).max() == 0  # filled evenly
    assert near(inside["free"][0, 0], (99, 132, 81))
    stripes = (inside["unknown"] > 150).all(axis=2)
    assert 0.15 < stripes.mean() < 0.35


def test_slot_that_nobody_told_of_is_unknown() -> None:
    assert near(annotated(GREY, camera("C1", {}), [PLACE])[180, 100], COLOURS["unknown"])


def test_slots_move_with_the_view() -> None:
    drawn = annotated(GREY, seen(view=ViewReport("good", shift=(0.1, -0.05))), [PLACE])
    assert near(drawn[165, 140], COLOURS["free"])  # 40 px right, 15 px up
    assert near(drawn[180, 100], (90, 90, 90))


@pytest.mark.parametrize(
    ("changes", "banner", "old"),
    [
        ({}, False, False),
        ({"source": SourceHealth("down", NOON, "connection refused")}, True, True),
        ({"source": SourceHealth("stale", NOON)}, True, True),
        ({"view": ViewReport("moved")}, True, False),
        ({"view": ViewReport("black")}, True, False),
        ({"source": SourceHealth("live", NOON, ended=True)}, False, False),
    ],
)
def test_picture_that_cannot_be_trusted_says_so(changes: dict[str, object], banner: bool, old: bool) -> None:
    image = np.full((300, 400, 3), (200, 120, 40), np.uint8)
    drawn = annotated(image, seen("unknown", **changes), [PLACE])
    assert near(drawn[3, 395], ALARM) == banner
    assert (np.ptp(drawn[280, 20].astype(int)) == 0) == old


def test_boxes_are_drawn_only_over_a_view_that_is_well() -> None:
    boxed = replace(seen(), detections=camera().detections)
    assert not near(annotated(GREY, boxed, [])[20, 20], (90, 90, 90))
    assert near(annotated(GREY, replace(boxed, view=ViewReport("moved")), [])[40, 20], (90, 90, 90))


def test_caption_is_below_and_hides_nothing() -> None:
    drawn = annotated(GREY, seen(), [PLACE])
    assert drawn.shape[0] > 300
    assert near(drawn[302, 398], DARK)
    assert (drawn[300:] > 150).any()


@pytest.mark.parametrize("name", ["Münchner Straße 4", "停车场", "x" * 300])
def test_any_name_can_be_drawn(name: str) -> None:
    drawn = annotated(GREY, replace(seen(), camera=name), [replace(PLACE, id=name)], 200)
    assert drawn.shape[1] == 200


@pytest.mark.parametrize(("size", "width"), [((2, 2), None), ((750, 1000), 64), ((40, 3000), 4000)])
def test_any_size_can_be_drawn(size: tuple[int, int], width: int | None) -> None:
    image = np.zeros((*size, 3), np.uint8)
    now = seen(source=SourceHealth("down", NOON))
    assert annotated(image, now, [PLACE], width).shape[1] == min(size[1], width or size[1])


def test_frame_of_the_node_stays_as_it_is() -> None:
    image = GREY.copy()
    image.flags.writeable = False
    annotated(image, seen(), [PLACE])
    annotated(image, seen(source=SourceHealth("down", NOON)), [PLACE])
    assert (image == GREY).all()


def test_small_pictures_keep_their_shape_and_none_grows() -> None:
    assert scaled(GREY, 100).shape == (75, 100, 3)
    assert scaled(GREY, 4000).shape == GREY.shape


def test_a_picture_is_drawn_again_only_if_something_is_new() -> None:
    shown: list[tuple[Image, CameraNow]] = [(GREY, seen())]
    pictures = Pictures(lambda name: (*shown[0], (PLACE,)) if name == "C1" else None)
    first = pictures.jpeg("C1", None, False)
    assert pictures.jpeg("C1", None, False) is first
    assert pictures.jpeg("C1", 100, False) != first
    shown[0] = GREY, seen("occupied")
    occupied = pictures.jpeg("C1", None, False)
    assert occupied != first
    shown[0] = GREY, seen("occupied", source=SourceHealth("down", NOON))
    assert pictures.jpeg("C1", None, False) != occupied
    assert pictures.jpeg("C2", None, False) is None
