"""What lies in a folder is used; only an empty folder, or one whose download was cut off, is fetched into."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from lotwise.eval.reproduction import fetch

TAR = "CNR-EXT_FULL_IMAGE_1000x750.tar"
FRAME = "FULL_IMAGE_1000x750/SUNNY/2015-11-12/camera1/2015-11-12_0709.jpg"


@pytest.mark.parametrize(
    ("files", "needed"),
    [
        ([], True),
        ([FRAME], False),
        ([f"{TAR}.part"], True),
        ([FRAME, TAR], True),
        ([FRAME, TAR, f"{TAR}.unpacked"], False),
        ([FRAME, f"{TAR}.unpacked"], False),
    ],
    ids=["nothing", "some frames", "cut off", "cut off while unpacking", "whole", "whole, archive deleted"],
)
def test_only_what_is_missing_is_fetched(tmp_path: Path, files: Sequence[str], needed: bool) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert bool(fetch.missing(tmp_path)) == needed
