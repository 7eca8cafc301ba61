"""The operators' page, as text and in a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.node.http.page import POLICY, page
from lotwise.node.refusal import Refusal
from lotwise.node.state import Event, NodeNow
from tests.node.http.asking import served
from tests.node.nodes import NOON, FakeNode, camera, slot


def shown(node: FakeNode, changes: tuple[Event, ...] = ()) -> str:
    return page(node.now(), changes, node.stuck())


def text(html: str) -> str:
    body = re.sub(r"<(style|script|title)>.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


DOWN = SourceHealth("down", NOON, "connection refused")
LOST = {"7": slot("unknown", "down"), "8": slot("unknown", "down")}


@pytest.mark.parametrize(
    ("slots", "says"),
    [
        ({"1": slot("free"), "2": slot("occupied")}, "1 free of 2 places"),
        ({"1": slot("free"), "2": slot("unknown", "hidden")}, "1 at least free of 2 places"),
        (LOST, "? nothing is known free of 2 places"),  # a lost lot is not an empty or a full one
        ({"1": slot("occupied")}, "0 free of 1 places"),
        ({}, "names no slots yet"),
    ],
)
def test_headline_never_claims_what_is_not_known(slots: dict[str, object], says: str) -> None:
    assert says in text(shown(FakeNode([camera(slots=slots)])))  # type: ignore[arg-type]


def test_vehicles_are_counted_once_a_student_has_read_a_frame() -> None:
    before, after = (text(shown(FakeNode([replace(camera(slots={}), detected=count)]))) for count in (0, 1))
    assert "No vehicles are counted yet: no student has read a frame" in before
    assert "No vehicles are counted yet" not in after


def test_says_what_is_wrong_and_what_it_costs() -> None:
    words = text(shown(FakeNode([camera("C1"), camera("C2", LOST, DOWN)])))
    assert re.search(r"C2 : camera down since .*: connection refused\. 2 of its 2 places are unknown", words)
    assert re.search(r"C1 9 hidden behind a vehicle", words)
    assert "no connection to the camera" not in words.split("Unknown places")[1].split("C2")[0]


def test_place_that_another_camera_knows_is_not_unknown() -> None:
    cameras = [camera("C1", {"7": slot("free")}), camera("C2", {"7": slot("unknown", "hidden")})]
    assert "C2 7 hidden behind a vehicle" in text(shown(FakeNode(cameras)))
    words = text(shown(FakeNode(cameras, shared=True)))
    assert "Unknown places" not in words


def test_hanging_node_is_told_first() -> None:
    words = text(shown(FakeNode(hangs="no frame was looked at for 40 s")))
    assert "The node hangs : no frame was looked at for 40 s" in words


@pytest.mark.parametrize(
    ("source", "view", "offered"),
    [
        (None, ViewReport("moved", "by +9.0% of the width"), True),
        (None, ViewReport("blocked"), True),
        (None, ViewReport("good"), False),
        (None, ViewReport("black"), False),
        (DOWN, ViewReport("moved"), False),  # what it sees now is not known
    ],
)
def test_only_a_view_that_shows_something_else_can_be_accepted(
    source: SourceHealth | None, view: ViewReport, offered: bool
) -> None:
    assert ('<button data-accept="C1">' in shown(FakeNode([camera(source=source, view=view)]))) == offered


@pytest.mark.parametrize(
    ("age", "says"),
    [(timedelta(seconds=3), r"\d s ago live"), (timedelta(days=270), r"of \d\d \w+ \d+ \d\d:\d\d recording")],
)
def test_a_recording_is_not_called_live(age: timedelta, says: str) -> None:
    taken = datetime.now(UTC) - age
    assert re.search(says, text(shown(FakeNode([replace(camera(), time=taken)]))))


def test_a_refused_detector_is_told_with_its_reason() -> None:
    refused = replace(camera(), refusal=Refusal("0123456789abcdef", "49 ms a frame where the old one takes 18 ms"))
    words = text(shown(FakeNode([refused])))
    assert "New detector refused: 0123456789ab: 49 ms a frame where the old one takes 18 ms" in words
    assert "refused" not in text(shown(FakeNode()))


def test_a_refused_int8_model_is_told_with_its_reason() -> None:
    words = text(shown(FakeNode([replace(camera(), int8_refused="F1 0.870 is below 0.98")])))
    assert "Runs the float model; INT8 refused: F1 0.870 is below 0.98" in words
    assert "INT8" not in text(shown(FakeNode()))


def test_last_changes() -> None:
    events = (Event(NOON, "slot", "C1", "7", "occupied", "free"), Event(NOON, "camera", "C2", "", "live", "down"))
    words = text(shown(FakeNode(), events))
    assert re.search(r"C1 7 occupied → free .* C2 camera live → down", words)


def test_camera_without_a_picture_has_a_place_of_its_own() -> None:
    html = shown(FakeNode([replace(camera("C1"), time=None)]))
    assert "No picture yet" in html
    assert "<img" not in html


def test_names_are_text_and_nothing_else() -> None:
    evil = '"><script>alert(1)</script>'
    lost = SourceHealth("down", NOON, evil)
    events = (Event(NOON, "slot", evil, evil, evil, evil),)
    html = shown(FakeNode([camera(evil, {evil: slot("unknown", evil)}, lost)], site=evil, hangs=evil), events)
    assert "<script>alert" not in html
    assert html.count("<script>") == 1


def test_page_needs_no_other_place() -> None:
    html = shown(FakeNode())
    assert not re.search(r"(src|href)=\"(https?:)?//", html)
    for kind in ("style", "script"):
        content = re.search(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
        assert content
        assert f"{kind}-src 'sha256-{b64encode(sha256(content[1].encode()).digest()).decode()}'" in POLICY
    assert "style=" not in html  # the policy would drop it


class MovingNode(FakeNode):
    """A node that has news after its page was loaded, and later nothing more to say."""

    asked = 0

    def last_event(self) -> int:  # asked for once for each page
        self.asked += 1
        if self.asked > 2:
            raise RuntimeError("gone")
        return 0

    def now(self) -> NodeNow:
        slots = {"7": slot("free"), "8": slot("occupied" if self.asked == 1 else "free")}
        return replace(super().now(), cameras={"C1": camera(slots=slots)})


@pytest.mark.slow
def test_browser_shows_news_and_says_when_there_are_none(tmp_path: Path) -> None:
    node = MovingNode()
    with served(node) as url:
        dom = browsed(url, tmp_path)
    assert node.asked == 3
    assert "<b>2</b>" in dom
    assert 'class="lost"' in dom
    assert "No answer from the node since" in dom


def browsed(url: str, folder: Path) -> str:
    """The page as it stands in a real browser after ten seconds of its own time."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    switches = "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    command = [browser, *switches.split(), "--disable-sync", "--no-first-run", f"--user-data-dir={folder}"]
    done = subprocess.run(
        [*command, "--virtual-time-budget=10000", "--dump-dom", f"{url}/"], capture_output=True, text=True, timeout=180
    )
    return re.sub(r"<script>.*?</script>", "", done.stdout, flags=re.DOTALL)
