"""Where a camera's slots come from and go to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lotwise.cameras.site.frames import site_dataset
from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.slot_storage import SlotStorage, slot_storage, unnamed_slots_note
from tests.cameras.site.lots import SLOT


def storage(lot: Path, camera: str = "gate") -> SlotStorage:
    return slot_storage(read_site(lot / "site.yaml"), camera)


def drawn(lot: Path, camera: str = "gate") -> Path:
    return lot / "state" / "slots" / f"{camera}.json"


def test_a_named_file_of_ours_is_read_and_written(lot: Path) -> None:
    assert storage(lot) == SlotStorage(lot / "slots.json", lot / "slots.json")
    (lot / "slots.json").unlink()  # a new site: it is made when slots are saved
    assert storage(lot) == SlotStorage(lot / "slots.json", lot / "slots.json")


def test_without_a_named_file_slots_are_kept_in_the_state_folder_and_win_over_the_bundle(lot: Path) -> None:
    assert storage(lot, "roof") == SlotStorage(None, drawn(lot, "roof"))
    drawn(lot, "roof").parent.mkdir(parents=True)
    drawn(lot, "roof").write_text(json.dumps([SLOT]))
    assert storage(lot, "roof") == SlotStorage(drawn(lot, "roof"), drawn(lot, "roof"))
    assert [slot.id for slot in site_dataset(lot / "site.yaml").slots["roof"]] == ["1"]  # a training reads them too


def test_proposals_that_the_site_file_does_not_name_are_told(lot: Path) -> None:
    site = read_site(lot / "site.yaml")
    assert unnamed_slots_note(site, lot / "site.yaml", "roof") == ""
    (lot / "slots").mkdir()
    for camera in ("gate", "roof"):
        (lot / "slots" / f"{camera}.json").write_text("[]")
    assert unnamed_slots_note(site, lot / "site.yaml", "gate") == ""  # it names another file
    assert "roof.json: is not used; give cameras.roof.slots: slots/roof.json in" in unnamed_slots_note(
        site, lot / "site.yaml", "roof"
    )


FRIGATE = "cameras: {}"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("slots.csv", "SlotId,X,Y,W,H\n1,10,10,20,20\n"),
        ("slots.xml", "<parking/>"),
        ("config.yml", FRIGATE),
        ("picker.json", '[{"points": [[0.1, 0.1], [0.2, 0.1], [0.2, 0.2]]}]'),
        ("labelme.json", '{"shapes": []}'),
    ],
)
def test_a_file_of_another_program_is_never_written_over(lot: Path, name: str, content: str) -> None:
    (lot / name).write_text(content)
    (lot / "site.yaml").write_text((lot / "site.yaml").read_text().replace("slots.json", name))
    assert storage(lot) == SlotStorage(lot / name, drawn(lot))
    drawn(lot).parent.mkdir(parents=True)
    drawn(lot).write_text(json.dumps([SLOT]))
    assert storage(lot) == SlotStorage(drawn(lot), drawn(lot))


def test_a_broken_file_is_read_so_that_it_is_told(lot: Path) -> None:
    (lot / "slots.json").write_text('[{"id": "1"')
    assert storage(lot).read == lot / "slots.json"
