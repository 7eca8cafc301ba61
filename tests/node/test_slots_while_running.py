"""Slots that are saved while a camera runs: taken over between two frames, and what has not changed goes on."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from lotwise.cameras.site.change_detection import ChangeDetectionSettings
from lotwise.cameras.site.reading import read_site
from lotwise.node.slot_follower import SlotFollower
from tests.cameras.bundles import SLOTS, write_constant_bundle
from tests.cameras.view.scenes import scene
from tests.node.cameras import Camera, at

THIRD = {"id": "3", "polygon": [[0.65, 0.25], [0.85, 0.25], [0.85, 0.5], [0.65, 0.5]]}
"""On the second car of the bundle."""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write_constant_bundle(tmp_path / "b")
    (tmp_path / "site.yaml").write_text(yaml.safe_dump({"name": "lot", "cameras": {"C1": {"source": "f"}}}))
    return tmp_path


def camera(site: Path, **more: object) -> Camera:
    return Camera(site / "b", slot_follower=SlotFollower(read_site(site / "site.yaml"), "C1"), **more)  # type: ignore[arg-type]


def save(site: Path, slots: list[dict[str, object]]) -> None:
    folder = site / "state" / "slots"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "new").write_text(json.dumps(slots))
    os.replace(folder / "new", folder / "C1.json")


def test_saved_slots_are_read_on_the_very_next_frame(site: Path) -> None:
    told = camera(site)
    assert told.see() == {"1": "occupied", "2": "free"}
    save(site, [*SLOTS, THIRD])
    assert told.see() == {"1": "occupied", "2": "free", "3": "occupied"}
    now = told.loop.now
    assert (now.looked, now.detected) == (2, 2)  # no frame was lost
    assert {name: slot.since for name, slot in now.slots.items()} == {"1": at(1), "2": at(1), "3": at(2)}
    assert [slot.id for slot in told.loop.slots] == ["1", "2", "3"]
    (event,) = [event for event in told.events if event.name == "slots"]
    assert (event.subject, event.before, event.after) == ("camera", "2", "3")
    assert event.details == {"added": ["3"], "why": "1 added"}


def test_a_slot_that_was_moved_is_unknown_until_it_is_read_where_it_is_now(site: Path) -> None:
    told = camera(site)
    told.see()
    save(site, [SLOTS[0] | {"polygon": THIRD["polygon"]}, SLOTS[1]])
    told.look()  # without a new frame
    assert told.slots == {"1": "unknown", "2": "free"}
    assert told.why == {"starting", ""}
    assert told.see() == {"1": "occupied", "2": "free"}
    assert told.loop.now.slots["1"].since == at(3)


def test_without_the_saved_file_the_slots_are_those_of_the_bundle_again(site: Path) -> None:
    save(site, [THIRD])
    told = camera(site)
    assert told.see() == {"3": "occupied"}
    (site / "state" / "slots" / "C1.json").unlink()
    assert told.see() == {"1": "occupied", "2": "free"}
    save(site, [])
    assert told.see() == {}


def test_a_broken_file_is_told_and_changes_nothing(site: Path) -> None:
    told = camera(site)
    told.see()
    save(site, [SLOTS[0], SLOTS[0]])
    assert told.see() == {"1": "occupied", "2": "free"}
    assert told.told("camera") == [("slots", "", "failed")]
    save(site, SLOTS[:1])
    assert told.see() == {"1": "occupied"}


def test_an_unchanged_view_is_detected_once_for_the_new_slots(site: Path) -> None:
    told = camera(site, change_detection=ChangeDetectionSettings())
    for _ in range(3):
        told.see(scene(seed=1))
    assert told.loop.now.detected == 1
    save(site, [*SLOTS, THIRD])
    assert told.see(scene(seed=1))["3"] == "occupied"
    assert told.see(scene(seed=1)) and told.loop.now.detected == 2


def test_the_last_frames_can_be_read_with_slots_that_are_being_drawn(site: Path) -> None:
    told = camera(site)
    assert told.loop.seen_frames == ()
    for _ in range(7):
        told.see()
    frames = told.loop.seen_frames
    assert [frame.taken for frame in frames] == [at(second) for second in (3, 4, 5, 6, 7)]
    save(site, [THIRD])
    told.look()
    assert frames[-1].read(told.loop.slots)["3"].state == "occupied"
