"""Opening and saving slots: nobody writes over what he has not seen."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.cameras.site.slot_file import read_slot_entries
from lotwise.cameras.site.slot_storage import SlotStorage
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.node.slot_editing.document import ChangedMeanwhile, read_document, save_document

BUNDLE = (Slot("7", np.array([[0.1, 0.1], [0.3, 0.1], [0.3, 0.3]], np.float32)),)


def entry(name: str, at: float = 0.0, **more: object) -> SlotEntry:
    corners = [[0.1 + at, 0.1], [0.15 + at, 0.1], [0.15 + at, 0.2], [0.1 + at, 0.2]]
    return SlotEntry.model_validate({"id": name, "polygon": corners, **more})


@pytest.fixture
def storage(tmp_path: Path) -> SlotStorage:
    return SlotStorage(None, tmp_path / "state" / "slots" / "C1.json")


def after(storage: SlotStorage) -> SlotStorage:
    return SlotStorage(storage.write, storage.write)


def test_without_a_file_the_slots_of_the_bundle_are_opened(storage: SlotStorage) -> None:
    document = read_document(storage, BUNDLE)
    assert ([one.id for one in document.entries], document.read, document.unwritable) == (["7"], None, "")


def test_what_is_saved_is_opened_with_all_that_is_known_of_it(storage: SlotStorage) -> None:
    entries = [entry("1", drawn_on="0123456789abcdef"), entry("2", 0.1, status="proposed", row="A")]
    before, saved = save_document(storage, BUNDLE, entries, read_document(storage, BUNDLE).version)
    assert [one.id for one in before.entries] == ["7"]
    assert read_document(after(storage), BUNDLE) == saved
    assert read_slot_entries(storage.write) == tuple(entries)
    assert json.loads(storage.write.read_text())[0]["drawn_on"] == "0123456789abcdef"
    assert storage.write.parent.stat().st_mode & 0o007 == 0


def test_a_named_file_that_is_not_there_is_an_empty_one(tmp_path: Path) -> None:
    storage = SlotStorage(tmp_path / "new" / "slots.json", tmp_path / "new" / "slots.json")
    document = read_document(storage, BUNDLE)
    assert (document.entries, document.read) == ((), storage.read)
    save_document(storage, BUNDLE, [entry("1")], document.version)
    assert len(read_document(storage, ()).entries) == 1


def test_the_second_who_saves_is_told_and_writes_nothing(storage: SlotStorage) -> None:
    opened = read_document(storage, BUNDLE).version
    save_document(storage, BUNDLE, [entry("mine")], opened)
    with pytest.raises(ChangedMeanwhile) as told:
        save_document(after(storage), BUNDLE, [entry("yours")], opened)
    assert [one.id for one in told.value.now.entries] == ["mine"]
    assert [one.id for one in read_slot_entries(storage.write)] == ["mine"]
    save_document(after(storage), BUNDLE, [entry("yours")], told.value.now.version)


def test_a_version_is_of_the_content_alone(storage: SlotStorage) -> None:
    _, saved = save_document(storage, (), [entry("1")], read_document(storage, ()).version)
    storage.write.write_text(json.dumps(json.loads(storage.write.read_text()), indent=4))  # as an editor of texts does
    assert read_document(after(storage), ()).version == saved.version
    _, other = save_document(after(storage), (), [entry("1", 0.01)], saved.version)
    assert other.version != saved.version


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([entry("1"), entry("1", 0.5)], "slot 1: is there twice"),
        ([entry("1", 2.5)], "slot 1: its corners are in pixels or percent"),
    ],
)
def test_slots_that_a_node_would_refuse_are_not_saved(storage: SlotStorage, entries: list[SlotEntry], why: str) -> None:
    with pytest.raises(InputError, match=why):
        save_document(storage, (), entries, read_document(storage, ()).version)
    assert not storage.write.exists()


def test_a_folder_that_cannot_be_written_is_told_at_once(
    storage: SlotStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path)  # root may write everywhere
    assert "no right to write there" in read_document(storage, ()).unwritable


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    storage = SlotStorage(None, tmp_path / "state" / "slots" / "C1.json")
    with pytest.raises(InputError, match=r"C1\.json: cannot be written \(.*\); let the program's user write there"):
        save_document(storage, (), [entry("1")], read_document(storage, ()).version)


def _add(file: Path, name: str, at: float) -> None:
    storage = SlotStorage(file, file)
    while True:
        document = read_document(storage, ())
        try:
            save_document(storage, (), [*document.entries, entry(name, at)], document.version)
        except ChangedMeanwhile:
            continue
        return


def test_programs_that_save_at_the_same_moment_lose_nothing(tmp_path: Path) -> None:
    """A node and an editor alone: each adds slots to what it has seen, until it is the one who may."""
    file = tmp_path / "slots.json"
    names = [f"{number}" for number in range(6)]
    context = multiprocessing.get_context("spawn")  # a fork of a process with threads may wait for ever
    programs = [
        context.Process(target=_add, args=(file, name, 0.05 * at), daemon=True) for at, name in enumerate(names)
    ]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert [program.exitcode for program in programs] == [0] * len(programs)
    assert sorted(one.id for one in read_slot_entries(file)) == names
