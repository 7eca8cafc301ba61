"""Bays: rows, kinds and longest stays as a site file names them."""

import pytest
import yaml
from pydantic import ValidationError

from lotwise.cameras.site.bays import Bay, BaySettings, bay_of, bay_of_place
from lotwise.cameras.site.settings import Site

BAYS = BaySettings.model_validate(
    yaml.safe_load("""
rows: {north: [1-20, "X*"], south: [21-40]}
rules:
  - {slots: [7, E1-4], kind: ev}
  - {row: north, max_stay: 2h}
  - {slots: "7", max_stay: 30min}
  - {cameras: yard, kind: staff}
""")
)


@pytest.mark.parametrize(
    ("camera", "slot", "row", "expected"),
    [
        ("gate", "7", None, Bay("north", "ev", 7200)),  # the first rule that says something says it
        ("gate", "20", None, Bay("north", "", 7200)),
        ("gate", "21", None, Bay("south")),
        ("gate", "X9", None, Bay("north", "", 7200)),
        ("gate", "E3", None, Bay("E", "ev")),  # letters before the number
        ("gate", "E5", None, Bay("E")),
        ("gate", "A-12", None, Bay("A")),
        ("gate", "120", None, Bay("")),
        ("gate", "120", "west", Bay("west")),  # as the slot file says
        ("gate", "12", "west", Bay("north", "", 7200)),  # the site file goes before it
        ("yard", "120", None, Bay("", "staff")),
        ("yard", "7", None, Bay("north", "ev", 7200)),
    ],
)
def test_what_holds_for_a_slot(camera: str, slot: str, row: str | None, expected: Bay) -> None:
    assert bay_of(BAYS, camera, slot, row) == expected


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"max_stay": "2h"}, "names no slots; give slots, row or cameras"),
        ({"row": "A"}, "says nothing of its slots; give kind or max_stay"),
        ({"row": "A", "max_stay": "soon"}, 'expected a time such as "90min", "2h" or "1d"'),
        ({"row": "A", "max_stay": 90}, "expected a time with its unit"),
        ({"row": "A", "max_stay": "0h"}, "greater than 0"),
        ({"row": "A", "kind": "E V"}, "match pattern"),
        ({"row": "A", "kind": "ev", "slot": "1"}, "Extra inputs"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(rule: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        BaySettings.model_validate({"rules": [rule]})


def test_a_rule_for_an_unknown_camera_is_refused() -> None:
    site = {"name": "lot", "cameras": {"gate": {"source": "x"}}, "bays": {"rules": [{"cameras": "yard", "kind": "ev"}]}}
    with pytest.raises(ValidationError, match="bays names yard, but the cameras are gate"):
        Site.model_validate(site)


def test_a_place_that_several_cameras_see_has_what_is_said_of_any_of_them() -> None:
    bays = BaySettings.model_validate(
        {"rows": {"north": ["1-20"]}, "rules": [{"row": "north", "cameras": ["roof"], "max_stay": "2h"}]}
    )
    both = {"gate": "7", "roof": "7"}
    assert bay_of_place(bays, "7", both, {}) == Bay("north", "", 7200.0)
    assert bay_of_place(bays, "gate+roof/7", both, {}) == Bay("north", "", 7200.0)
    assert bay_of_place(bays, "7", {"gate": "7"}, {}) == Bay("north")
    assert bay_of_place(bays, "A", {"gate": "x", "roof": "9"}, {("roof", "9"): "west"}) == Bay("west")
