"""One holder at a time, for as long as its handle is open."""

import os
from pathlib import Path

from lotwise.datasets.file_lock import lock


def test_the_second_one_waits_in_vain_until_the_first_has_let_go(tmp_path: Path) -> None:
    first, second = (os.open(tmp_path, os.O_RDONLY) for _ in range(2))
    try:
        assert lock(first, 0)
        assert not lock(second, 0.05)
        os.close(first)
        assert lock(second, 0)
    finally:
        os.close(second)
