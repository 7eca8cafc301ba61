"""Which slots the site file calls one place, and what it may not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.shared_slots import SharedSlotSettings, in_common, shared_slots
from lotwise.datasets.errors import InputError


def site(folder: Path, shared: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(f"name: lot\ncameras: {{gate: {{source: a}}, roof: {{source: b}}}}\nshared_slots: {shared}\n")
    return path


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("[[gate, roof]]", (("gate", "roof"),)),
        ("{7: {gate: 7, roof: 31}}", {"7": {"gate": "7", "roof": "31"}}),  # numbers are ids too
    ],
)
def test_what_a_site_file_may_say(tmp_path: Path, written: str, meant: SharedSlotSettings) -> None:
    assert read_site(site(tmp_path, written)).shared_slots == meant


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("gate", "expected true, false, lists of cameras"),
        ("[gate, roof]", "expected true, false, lists of cameras"),
        ("{7: {gate: [8]}}", "expected true, false, lists of cameras"),
        ("{7: gate}", "expected true, false, lists of cameras"),
        ("{a/7: {gate: 7, roof: 8}}", "a name without / is needed"),
        ("[[gate, rof]]", "names rof, but the cameras are gate, roof"),
        ("[[gate, roof], [roof, gate]]", "names gate twice"),
        ("{7: {gate: 7}}", "place 7 is seen by fewer than two cameras"),
        ("{7: {gate: 7, roof: 1}, 8: {gate: 7, roof: 2}}", "slot 7 of gate in two places"),
        ("{7: {gate: 7, yard: 1}}", "names yard"),
    ],
)
def test_what_it_may_not_say_is_told_in_one_line(tmp_path: Path, written: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read_site(site(tmp_path, written))
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_a_camera_that_does_not_run_shares_nothing() -> None:
    places = {"A": {"gate": "1", "roof": "2"}}
    assert shared_slots(places, ["gate"]).place_of("roof", "2") is None
    assert not shared_slots([["gate", "roof"]], ["gate", "yard"])


def test_places_that_two_cameras_see() -> None:
    ids = {"gate": ["1", "2"], "roof": ["2", "3"], "yard": ["2"]}
    assert in_common([["gate", "roof"]], ids) == {"gate+roof/2": ("gate", "roof")}
    assert in_common({"A": {"gate": "1", "roof": "3"}, "B": {"gate": "2", "roof": "9"}}, ids) == {"A": ("gate", "roof")}
    assert in_common(False, ids) == {}
