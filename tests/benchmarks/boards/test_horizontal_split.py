from torch import nn

from benchmarks.boards.horizontal_split import split_bytes


def test_rows_at_seams_and_channels_of_all_are_counted() -> None:
    layers = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.Conv2d(4, 5, 3, padding=1), nn.Conv2d(5, 6, 1))
    found = split_bytes(layers, (32, 16), 3)
    # A layer that looks at three rows in steps of two shares one row, in steps of one two; one of a single row none.
    assert found.by_rows == 2 * (2 * 1 * 3 * 32 + 2 * 2 * 4 * 16)
    assert found.by_channels == 2 * 2 * (16 * 8) * (4 + 5 + 6)
    assert found.exchanges == 2


def test_one_board_tells_nobody() -> None:
    found = split_bytes(nn.Conv2d(3, 4, 3), (8, 8), 1)
    assert found.by_rows == found.by_channels == 0
