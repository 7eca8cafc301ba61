"""Slots that come after the export, as on a new site, get into the bundle with the next one."""

import json
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.frame import Dataset, Slot
from lotwise.students.pipeline.carried_slots import carries_other_slots
from lotwise.students.pipeline.run import Run
from tests.cameras.bundles import write_constant_bundle
from tests.lotwise.running import run

SQUARE = [[0.1, 0.2], [0.3, 0.2], [0.3, 0.5], [0.1, 0.5]]


def test_slots_are_compared_by_id_and_corners(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry")
    identity = registry.add(write_constant_bundle(tmp_path / "bundle"))
    carried = [shape.slot() for shape in parse_manifest(registry.folder / identity).slots]
    assert carried
    assert not carries_other_slots(registry, identity, carried)
    assert carries_other_slots(registry, identity, carried[1:])
    assert carries_other_slots(registry, identity, ())
    moved = [Slot(carried[0].id, carried[0].polygon + np.float32(0.01)), *carried[1:]]
    assert carries_other_slots(registry, identity, moved)
    renamed = [Slot("other", carried[0].polygon), *carried[1:]]
    assert carries_other_slots(registry, identity, renamed)
    assert not carries_other_slots(registry, "0123456789abcdef", moved)


@pytest.mark.slow
def test_a_site_that_gets_its_slots_later_gets_a_bundle_that_knows_them(
    site: Dataset, weights, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "slots.json").write_text(json.dumps([{"id": "A1", "polygon": SQUARE}]))
    (tmp_path / "settings.yaml").write_text("{size: 96, epochs: 1, min_steps: 1, batch: 2, export: {int8: false}}\n")
    place = site.frames[0].path.parent
    path = tmp_path / "site.yaml"
    options = [
        "--out", tmp_path / "run", "--teacher", weights.teacher, "--student", weights.student, "--scales", "96",
        "--settings", tmp_path / "settings.yaml",
    ]  # fmt: skip

    def bundle_after(text: str) -> tuple[str, list[str]]:
        path.write_text(text)
        assert run("adapt", path, *options) == 0
        record = Run(tmp_path / "run").record("gate")
        assert record is not None
        assert record.bundle is not None
        bundles = Registry(tmp_path / "run" / "cameras" / "gate" / "bundles")
        return record.bundle, [slot.id for slot in parse_manifest(bundles.folder / record.bundle).slots]

    without = f"name: lot\ncameras:\n  gate: {{source: {place}}}\n"
    with_slots = f"name: lot\ncameras:\n  gate: {{source: {place}, slots: slots.json}}\n"
    first, slots = bundle_after(without)
    assert slots == []
    second, slots = bundle_after(with_slots)
    assert slots == ["A1"]
    assert second != first
    state = Run(tmp_path / "run").registry("gate").state()
    assert not state.on_probation  # the bundle before reads none of these slots: there is nothing to compare
    assert bundle_after(with_slots) == (second, ["A1"])
