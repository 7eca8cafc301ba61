"""How a camera is read by a student over several boards, as its page tells it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.bundle import Manifest, parse_manifest
from lotwise.command_line import main
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Detections, Image
from lotwise.eval.boards import Counting, in_words, write_boards_page
from lotwise.students.ensemble.settings import PartitionSettings
from lotwise.students.pipeline.partition import Partitioned
from lotwise.students.pipeline.run import Run


@pytest.fixture(scope="module")
def divided(adapted: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Partitioned]:
    """A run whose camera C1 was divided by region over two boards."""
    folder = tmp_path_factory.mktemp("divided")
    run, table = Run(Path(shutil.copytree(adapted, folder / "run"))), folder / "table.json"
    asked = ["--boards", "2", "--by", "region", "--effort", "0.5", "--cameras", "C1", "--json", str(table)]
    with pytest.raises(SystemExit) as end:
        main(["partition", str(run.folder), *asked])
    assert end.value.code == 0
    (found,) = json.loads(table.read_text())
    manifest = parse_manifest(run.registry("C1").path(found["bundle"]))
    return run, Partitioned("C1", found["bundle"], manifest, {}, 1.0, "kept", "")


def _needing(manifest: Manifest, numbers: set[int]) -> Manifest:
    """The same, but for which boards are needed."""
    assert manifest.ensemble is not None
    modules = tuple(
        module.model_copy(update={"needed": number in numbers})
        for number, module in enumerate(manifest.ensemble.modules, start=1)
    )
    return manifest.model_copy(update={"ensemble": manifest.ensemble.model_copy(update={"modules": modules})})


@pytest.mark.parametrize(
    ("needed", "outcome", "said"),
    [
        (set(), "promoted", "C1 over 2 boards: live; a lost board leaves its part unknown"),
        ({2}, "shadow", "C1 over 2 boards: in the shadow of the live one; board 2 cannot be done without"),
        ({1, 2}, "kept", "C1 over 2 boards: not live; boards 1 and 2 cannot be done without"),
    ],
)
def test_a_line_says_what_came_of_it_and_which_boards_may_be_lost(
    divided: tuple[Run, Partitioned], needed: set[int], outcome: str, said: str
) -> None:
    found = replace(divided[1], outcome=outcome)
    assert in_words(replace(found, manifest=_needing(found.manifest, needed))) == said


def test_the_page_is_made_again_where_frames_are_gone(divided: tuple[Run, Partitioned]) -> None:
    def gone(frame: object) -> Image:
        raise UnreadableImage(f"{frame}: gone")

    run, found = divided
    page = write_boards_page(run, PartitionSettings(boards=2, by="region"), [found], gone)
    assert page == run.folder / "boards-2-by-region.html"
    assert "No held-out frame of this camera can be read any more" in page.read_text()


def test_bytes_of_each_board_are_counted_and_those_of_a_lost_one_are_none() -> None:
    class Said:
        name = "said"

        def ask(self, parts: object, least: float) -> list[Detections | None]:
            boxes: Boxes = np.array([[0, 0, 10, 10], [5, 5, 9, 9]], np.float32)
            return [Detections.of(boxes, [0.5, 0.25]), None]

    counting = Counting(Said())
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    counting.ask([noise, np.zeros((64, 64, 3), np.uint8)], 0.1)
    assert counting.answered == [[20, 0]]
    ((noisy, dark),) = counting.sent
    assert noisy > 3000 > dark > 100
    assert counting.name == "said"
