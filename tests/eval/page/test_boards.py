"""The page of a student over several boards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lotwise.cameras.detection.ensemble import ModuleEntry
from lotwise.eval.page.boards import Board, DividedCamera, Reading, boards_page, headline
from lotwise.students.right_size.losses import Losses

WHOLE = (0, 0, 320, 256)


def module(number: int, needed: bool = False) -> ModuleEntry:
    return ModuleEntry(
        file=f"module-{number}.onnx", window=WHOLE, territory=WHOLE, levels=(f"P{number + 2}",), needed=needed,
        parameters=234_877, multiply_adds=94_000_000, bytes=998_000,
    )  # fmt: skip


def losses(f1: float, slots: float | None = 0.0) -> Losses:
    return Losses(f1=f1, strict=f1, small=0.0, slots=slots, changed=None, boxes=0.0)


DIVIDED = DividedCamera(
    camera="C<1>",
    bundle="0123456789abcdef",
    by="scale",
    headline="C<1> over 2 boards: live; board 1 cannot be done without",
    boards=[Board(module(1, needed=True), 76_500, 1_234), Board(module(2), 76_500, 980)],
    readings=[
        Reading(None, losses(0.0123), 0, 0, b"all"),
        Reading(1, losses(0.75, 0.4), 38, 36, b"one"),
        Reading(2, losses(-0.0021, None), 1, 0, b"two"),
    ],
    frame="C1/a.jpg",
    frames=2,
    slots=84,
    seconds=61.0,
)


def test_what_each_board_does_and_what_its_loss_costs() -> None:
    page = boards_page("2 boards by scale", [DIVIDED], 0.02)
    text = " ".join(page.split())
    assert "<h1>C&lt;1&gt; over 2 boards: live; board 1 cannot be done without</h1>" in text
    assert "a level of the head for each board" in text
    assert '<td>998</td> <td>234,877</td><td>94</td> <td>76</td><td>1.2</td> <td><span class="worse">needed' in text
    # Below 0 is what is lost, so that signs turn round.
    assert '<th scope="row">All</th> <td>-0.012</td>' in text
    assert '<th scope="row">Without board 1</th> <td>-0.750</td><td>-0.750</td><td>+0.000</td><td>-0.400</td>' in text
    assert "<td>38 of 84</td><td>36</td>" in text
    assert '<th scope="row">Without board 2</th> <td>+0.002</td><td>+0.002</td><td>+0.000</td><td>\u2013</td>' in text
    assert text.count("<img") == 3
    assert "http" not in text.replace("http-equiv", "")


def test_a_camera_without_a_frame_that_can_be_read_says_so() -> None:
    bare = replace(DIVIDED, frame="", frames=0, slots=0, readings=[Reading(None, losses(0.0), 0, 0, b"")])
    text = " ".join(boards_page("2 boards by scale", [bare], 0.02).split())
    assert "No held-out frame of this camera can be read any more" in text
    assert "<img" not in text
    assert "<td>\u2013</td><td>\u2013</td>" in text


@pytest.mark.parametrize(
    ("cameras", "said"),
    [
        ([DIVIDED], "C<1> over 2 boards: live; board 1 cannot be done without"),
        ([DIVIDED, DIVIDED], "2 cameras, each with a student over 2 boards"),
    ],
)
def test_the_headline_is_of_one_camera_or_of_all(cameras: list[DividedCamera], said: str) -> None:
    assert headline(cameras) == said
    assert cameras[0].headline in boards_page("x", cameras, 0.02).replace("&lt;", "<").replace("&gt;", ">")
