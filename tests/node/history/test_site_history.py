"""Rows of a site's slots: of the site file, of slot files, and of those that were drawn in the editor."""

import json
from pathlib import Path

from lotwise.cameras.site.settings import Site
from lotwise.node.history.site_history import site_history, slot_rows
from tests.cameras.site.lots import SLOT
from tests.node.history.journals import at, change, write


def site(tmp_path: Path, **more: object) -> Site:
    content = {"name": "lot", "state": tmp_path, "cameras": {"C1": {"source": "x", **more}, "C2": {"source": "y"}}}
    return Site.model_validate(content)


def test_rows_of_slot_files_and_of_the_editor(tmp_path: Path) -> None:
    (tmp_path / "named.json").write_text(json.dumps([SLOT | {"row": "west"}]))
    (tmp_path / "slots").mkdir()
    (tmp_path / "slots" / "C2.json").write_text(json.dumps([SLOT | {"row": "east"}]))
    named = site(tmp_path, slots=tmp_path / "named.json")
    assert slot_rows(named) == {("C1", "1"): "west", ("C2", "1"): "east"}
    (tmp_path / "named.json").write_text("broken")
    assert slot_rows(named) == {("C2", "1"): "east"}  # what is wrong with the other is told elsewhere


def test_cameras_are_added_up(tmp_path: Path) -> None:
    write(
        tmp_path / "h",
        change(0, "7", "free", "occupied", "C1"),
        change(1, "7", "occupied", "free", "C1"),
        change(0, "7", "free", "occupied", "C2"),
        change(3, "7", "occupied", "free", "C2"),
        change(0, "7", "free", "occupied", "gone"),  # a camera that the site file names no more
    )
    found = site_history(site(tmp_path), tmp_path / "h", at(-1), at(4), at(4))
    assert found.use.lot.occupied_s == (1 + 3 + 4) * 3600
    assert {name: use.occupied_s for name, use in found.use.cameras.items()} == {
        "C1": 3600, "C2": 3 * 3600, "gone": 4 * 3600
    }  # fmt: skip
    assert [(stay.camera, stay.ended) for stay in found.stays] == [("C1", "seen"), ("C2", "seen"), ("gone", "open")]
    assert sum(use.occupied_s for use in found.use.hours) == found.use.lot.occupied_s
    only = site_history(site(tmp_path), tmp_path / "h", at(-1), at(4), at(4), camera="C2")
    assert only.use.lot.occupied_s == 3 * 3600
