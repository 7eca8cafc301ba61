"""Parts of a frame: they cover it, and what they see goes back to its place."""

import numpy as np
import pytest

from lotwise.teacher.tiles import Tile, tiles


@pytest.mark.parametrize("count", [0, 1, -3])
def test_no_tiles_for_less_than_two(count: int) -> None:
    assert tiles((1000, 750), count) == []


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("frame", [(1000, 750), (641, 479), (97, 33)])
def test_tiles_cover_the_frame_overlap_and_stay_inside(frame: tuple[int, int], count: int) -> None:
    found = tiles(frame, count)
    assert len(found) == count**2
    seen = np.zeros(frame[::-1], int)
    for tile in found:
        assert tile.x >= 0 <= tile.y
        assert tile.x + tile.width <= frame[0]
        assert tile.y + tile.height <= frame[1]
        seen[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width] += 1
    assert seen.min() == 1
    assert (seen > 1).any(axis=0).any()


def test_a_box_of_a_tile_goes_back_to_its_place() -> None:
    assert Tile(100, 50, 200, 100).to_frame(np.float32([[0, 0, 10, 20]])).tolist() == [[100, 50, 110, 70]]


@pytest.mark.parametrize(
    ("box", "whole"),
    [
        ([50, 50, 90, 90], True),  # right inside
        ([0, 50, 40, 90], False),  # cut at the left, inside the frame
        ([150, 50, 200, 90], True),  # touches the right border of the frame itself: not cut by the tile
        ([50, 0, 90, 40], True),  # the frame's top
        ([50, 60, 90, 99], False),  # cut at the bottom
    ],
)
def test_boxes_cut_by_an_inner_edge_are_told_apart(box: list[int], whole: bool) -> None:
    tile = Tile(100, 0, 200, 100)
    assert tile.sees_whole(np.float32([box]), (300, 200)).tolist() == [whole]
