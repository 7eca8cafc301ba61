"""The HTML page: whole, self-contained, and honest."""

import base64
import hashlib
import html
import re
from html.parser import HTMLParser

import pytest

from lotwise.datasets.frame import Detections, Truth
from lotwise.eval.comparison import Report, verdict
from lotwise.eval.evaluation import evaluate
from lotwise.eval.markdown import markdown
from lotwise.eval.page.page import page
from lotwise.eval.page.pictures import draw_pictures
from lotwise.eval.protocols import PROTOCOLS, SLOTS, TEACHER, VEHICLES, Protocol
from lotwise.eval.rows import Row
from tests.eval.lots import box, evidence, slot, vehicles, write_images

VOID = {"meta", "br", "img", "link", "input", "hr"}
LOADING = {"src", "href", "xlink:href", "srcset", "data", "poster", "action", "style", "background"}


class Reader(HTMLParser):
    """Collects tags and what they load; knows whether every tag was closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in LOADING]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text += data


def make(protocol: Protocol, folder) -> str:
    slots = {"C1": (slot("1", 0), slot("2", 1)), "C2": (slot("1", 0),)}
    known = {"C1/1": Truth(vehicles([box(0), box(1)]), {"1": "occupied", "2": "free"}), "C2/1": Truth()}
    seen = {"C1/1": Detections.of([box(0), box(5)], [0.9, 0.8]), "C2/1": Detections.empty()}
    some = evidence({"teacher": seen, "baseline": seen, "student": seen}, known, slots, folder)
    write_images(some)
    report = evaluate(protocol, some, notes=["1 day <only> & no split"])
    return page(report, draw_pictures(protocol, some), title="Lot <7>")


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.name)
def test_page_is_well_formed_and_loads_nothing(protocol, tmp_path) -> None:
    text = make(protocol, tmp_path)
    reader = Reader(text)
    assert reader.open == []
    assert not {"script", "link", "iframe"} & set(reader.tags)
    assert reader.loads
    assert all(load.startswith(("data:image/jpeg;base64,", "#")) for load in reader.loads)
    assert {load[1:] for load in reader.loads if load.startswith("#")} <= set(reader.ids)
    assert not re.search(r"https?://|@import|url\(", text)


def test_the_policy_allows_the_style_of_the_page_and_nothing_else(tmp_path) -> None:
    text = make(VEHICLES, tmp_path)
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = html.unescape(text.partition('http-equiv="Content-Security-Policy" content="')[2].partition('"')[0])
    assert policy.split("; ")[:3] == ["default-src 'none'", "img-src data:", f"style-src 'sha256-{digest}'"]
    assert "style=" not in text.partition("<body>")[2]  # it would be refused


def test_pixels_of_a_frame_stand_in_the_page_once(tmp_path) -> None:
    assert make(VEHICLES, tmp_path).count("data:image/jpeg") == 1


def test_notes_and_names_are_shown_as_they_are(tmp_path) -> None:
    text = Reader(make(VEHICLES, tmp_path)).text
    assert "1 day <only> & no split" in text
    assert "Lot <7>" in text
    assert "Not held out by day: C1." in text
    assert "C2: no vehicle boxes to measure by." in text


def test_page_without_pictures_or_figures() -> None:
    reader = Reader(page(Report(VEHICLES, (Row("student", "C1"), Row("student", "all")))))
    assert reader.open == []
    assert "Nothing could be measured" in reader.text


@pytest.mark.parametrize(
    ("protocol", "row", "expected"),
    [
        (
            VEHICLES,
            Row("student", "C1", deployed_precision=0.9, deployed_recall=0.876),
            "Of 100 vehicles it finds 88; of 100 boxes it draws, 10 are wrong.",
        ),
        (
            VEHICLES,
            Row("student", "C1", deployed_precision=0.997, deployed_recall=0.996),  # not quite perfect
            "Of 100 vehicles it finds 99.6; of 100 boxes it draws, 0.3 are wrong.",
        ),
        (
            VEHICLES,
            Row("student", "C1", deployed_recall=0.0),
            "Of 100 vehicles it finds 0; it draws no boxes at all.",
        ),
        (
            TEACHER,
            Row("student", "C1", deployed_precision=1.0, deployed_recall=1.0),
            "Of 100 boxes of the teacher it has 100; of 100 boxes it draws, the teacher has 100 too.",
        ),
        (
            SLOTS,
            Row("student", "C1", accuracy=0.95, count_error=1.24),
            "Of 100 slots it says 95 rightly; its count of cars is off by 1.2 per picture.",
        ),
        (VEHICLES, Row("student", "C1"), "Nothing to measure it by."),
    ],
)
def test_plain_words(protocol, row, expected) -> None:
    assert protocol.in_words(row) == expected


def test_without_truth_nothing_is_called_right_or_wrong(tmp_path) -> None:
    teacher = Detections.of([box(0), box(1)], [0.9, 0.9])
    student = Detections.of([box(0), box(5)], [0.9, 0.8])
    of_all = {"teacher": {"C1/1": teacher}, "baseline": {"C1/1": student}, "student": {"C1/1": student}}
    some = evidence(of_all, {}, folder=tmp_path)
    write_images(some)
    report = evaluate(TEACHER, some)
    pictures = draw_pictures(TEACHER, some)
    assert {mark.verdict for mark in pictures[0].marks["student"]} == {"shared", "extra", "lacking"}
    text = page(report, pictures)
    assert "1 shared with the teacher, 1 not the teacher&#39;s, 1 only the teacher&#39;s in this frame" in text
    body = text.partition("<body>")[2].replace("Further right is better", "")  # a direction in a chart
    for said in (body, verdict(report), markdown(report), *(mark.title for mark in pictures[0].marks["student"])):
        assert not re.search(r"(?i)(?<!stroke-)\b(right|wrong|false|correct|missed)\b", said)
