"""A slot file that changes while a node runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lotwise.cameras.site.reading import read_site
from lotwise.datasets.errors import InputError
from lotwise.node.slot_follower import SlotFollower
from tests.cameras.site.lots import SLOT


def follower(lot: Path, camera: str = "gate") -> SlotFollower:
    return SlotFollower(read_site(lot / "site.yaml"), camera)


def write(file: Path, *names: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    shapes = [SLOT | {"id": name, "polygon": [[x + 0.1 * at, y] for x, y in SLOT["polygon"]]}
              for at, name in enumerate(names)]  # fmt: skip
    file.write_text(json.dumps(shapes))


def ids(followed: SlotFollower) -> list[str] | None:
    return None if followed.slots is None else [slot.id for slot in followed.slots]


def test_a_named_file_is_followed_whoever_writes_it(lot: Path) -> None:
    followed = follower(lot)
    assert ids(followed) == ["1"]
    assert not followed.poll()
    write(lot / "slots.json", "1", "2")
    assert followed.poll()
    assert ids(followed) == ["1", "2"]
    assert not followed.poll()


def test_slots_drawn_for_a_camera_without_a_file_appear_and_go(lot: Path) -> None:
    followed = follower(lot, "roof")
    assert ids(followed) is None
    drawn = lot / "state" / "slots" / "roof.json"
    write(drawn, "A1")
    assert followed.poll() and ids(followed) == ["A1"]
    drawn.unlink()
    assert followed.poll() and ids(followed) is None  # those of the bundle again


def test_a_file_that_was_broken_changes_no_slot_and_is_told_once(lot: Path) -> None:
    followed = follower(lot)
    (lot / "slots.json").write_text('[{"id": "1"')
    assert followed.poll()
    assert "not JSON" in followed.why and ids(followed) == ["1"]
    assert not followed.poll()
    write(lot / "slots.json", "3")
    assert followed.poll()
    assert (followed.why, ids(followed)) == ("", ["3"])


def test_a_file_that_is_broken_at_the_start_is_refused(lot: Path) -> None:
    (lot / "slots.json").write_text("{}")
    with pytest.raises(InputError, match="not a list of slots"):
        follower(lot)
