"""What every protocol gives the report, and that a new one needs no other file."""

import io
import json
from collections.abc import Mapping

import pytest
from rich.console import Console

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Truth, VehicleTruth
from lotwise.eval.column import BOX_COLUMNS, MAP50
from lotwise.eval.comparison import remarks, to_json
from lotwise.eval.evaluation import evaluate
from lotwise.eval.evidence import Evidence
from lotwise.eval.markdown import markdown
from lotwise.eval.page.page import page
from lotwise.eval.page.pictures import draw_pictures
from lotwise.eval.protocols import PROTOCOLS, SLOTS, TEACHER, VEHICLES, best_protocol, protocol_named
from lotwise.eval.protocols.protocol import JudgedFrame, Protocol, of_hundred
from lotwise.eval.rows import Row
from lotwise.eval.table import rich_table
from tests.eval.lots import box, evidence, slot, vehicles, write_images

SEEN = Detections.of([box(0), box(1)], [0.9, 0.8])


class LargeVehicles(Protocol):
    """Of the vehicle boxes, those wider than nine pixels: a protocol as somebody else would write one."""

    name = "large"
    title = "measured against large vehicles"
    columns = BOX_COLUMNS[:6]
    headline = MAP50
    headline_name = "mAP50 of large vehicles"
    plain_field = "deployed_recall"
    plain_title = "How well large vehicles are found"
    plain_claim = "{model} finds {share} of 100 large vehicles"
    absent_truth = "no large vehicles to measure by"
    caveats = ("Small vehicles count neither way.",)

    def has_truth(self, evidence: Evidence) -> bool:
        return bool(self.judged_frames(evidence))

    def judged_frames(self, evidence: Evidence) -> Mapping[str, JudgedFrame]:
        judged = {}
        for name, frame in VEHICLES.judged_frames(evidence).items():
            boxes = frame.truth.boxes
            small = boxes[:, 2] - boxes[:, 0] < 9
            judged[name] = JudgedFrame(VehicleTruth(boxes, frame.truth.ignore | small))
        return judged

    def in_words(self, row: Row) -> str:
        return "Large vehicles only."


def test_a_new_protocol_is_one_file(tmp_path) -> None:
    known = {"C1/1": Truth(vehicles=vehicles([box(0), [40, 2, 44, 10]])), "C2/1": Truth()}
    some = evidence({"baseline": {"C1/1": SEEN}, "student": {"C1/1": SEEN, "C2/1": SEEN}}, known, folder=tmp_path)
    write_images(some)
    report = evaluate(LargeVehicles(), some)
    assert report.of_camera("C1")["student"].instances == 1
    assert "C2: no large vehicles to measure by." in remarks(report)
    assert "Small vehicles count neither way." in remarks(report)
    assert to_json(report)["protocol"] == "large"
    assert "measured against large vehicles" in markdown(report)
    console = Console(width=110, record=True, file=io.StringIO())
    console.print(rich_table(report))
    assert "Protocol large" in console.export_text()
    text = page(report, draw_pictures(report.protocol, some))
    assert "The student finds 100 of 100 large vehicles" in text
    assert "Large vehicles only." in text


def test_the_best_protocol_is_the_first_that_the_truth_allows() -> None:
    slots = {"C1": (slot("1", 0),)}
    both = {"C1/1": Truth(vehicles([box(0)]), {"1": "occupied"})}
    seen = {"teacher": {"C1/1": SEEN}, "student": {"C1/1": SEEN}}
    assert best_protocol(evidence(seen, both, slots)) is SLOTS
    assert best_protocol(evidence(seen, both)) is VEHICLES  # labels of slots that have no place measure nothing
    assert best_protocol(evidence(seen, {})) is TEACHER


def test_protocols_are_found_by_name() -> None:
    assert [protocol_named(protocol.name) for protocol in PROTOCOLS] == list(PROTOCOLS)
    with pytest.raises(InputError, match="--protocol best: choose one of slots, vehicles, teacher"):
        protocol_named("best")


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.name)
def test_every_column_is_a_figure_of_a_row(protocol: Protocol) -> None:
    fields = json.loads(json.dumps(Row("student", "C1", slots=0).to_json()))
    assert {column.field for column in (*protocol.columns, protocol.headline)} <= set(fields)
    assert protocol.plain_field in fields


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.876, "88"),
        (1 - 0.99, "1"),  # 1.0000000000000009 of a hundred is one, not 1.0
        (1 - 0.9901, "1"),
        (0.9904, "99"),
        (0.996, "99.6"),  # must not read as all of them
        (0.004, "0.4"),  # must not read as none
        (0.0001, "less than 0.1"),
        (0.9999, "more than 99.9"),
        (0.0, "0"),
        (1.0, "100"),
    ],
)
def test_shares_are_told_of_a_hundred(share: float, text: str) -> None:
    assert of_hundred(share) == text
