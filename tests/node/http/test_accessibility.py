"""axe-core finds nothing serious on the page of the present and on that of the past, light or dark, wide or narrow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from lotwise.cameras.site.api import ApiSettings
from lotwise.cameras.site.settings import Site
from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.node.bay_now import BayNow
from lotwise.node.http.server import ApiServer
from lotwise.node.journal.journal import Journal
from lotwise.node.place import Disagreement
from lotwise.node.state import Event, NodeNow
from tests.node.history.journals import change
from tests.node.http.axe import serious
from tests.node.http.slot_editor.conftest import OpenPage
from tests.node.nodes import NOON, FakeNode, camera, slot, square

pytestmark = pytest.mark.slow


class Disputed(FakeNode):
    """Two cameras that contradict each other on two places of which a car overstays on one; a third one is down."""

    def now(self) -> NodeNow:
        now = super().now()
        dispute = Disagreement(
            NOON, {"C1": "free", "C2": "occupied"}, "perhaps C1 or C2 was turned: many of its places are contradicted",
            "turned",
        )  # fmt: skip
        bay = BayNow("A", "ev", 60.0, overstay=True)
        places = {
            name: replace(place, disagreement=dispute if name in ("7", "9") else None, bay=bay)
            for name, place in now.shared.items()
        }
        return replace(now, shared=places)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    site = Site.model_validate({"name": "lot", "cameras": {"C1": {"source": "x"}}, "state": tmp_path})
    journal = Journal(tmp_path / "history.sqlite")
    ago = (datetime.now(UTC) - NOON).total_seconds() / 3600
    for hours, before, after in ((-9, "unknown", "free"), (-8, "free", "occupied"), (-3, "occupied", "free")):
        slots = {"C1": {"A1": SlotNow(after, NOON)}}  # type: ignore[arg-type]
        journal.record([change(ago + hours, "A1", before, after)], slots)
    journal.close()
    cameras = [
        camera("C1"), camera("C2", {"7": slot("occupied"), "9": slot("occupied")}),
        camera("C3", {"1": slot("unknown", "down")}, SourceHealth("down", NOON, "no answer in 10 s")),
    ]  # fmt: skip
    events = (
        Event(NOON, "slot", "", "8", "free", "occupied", {"cameras": {"C1": "occupied"}}),
        Event(NOON, "sighting", "C1", "8", "free", "occupied", {"place": "8"}),
        Event(NOON, "disagreement", "", "7", "", "lasting", {"cameras": {"C1": "free", "C2": "occupied"}}),
        Event(NOON + timedelta(hours=1), "camera", "C3", "source", "live", "down", {"why": "no answer in 10 s"}),
    )
    images = {name: np.full((120, 160, 3), 90, np.uint8) for name in ("C1", "C2")}
    node = Disputed(cameras, images, {"C1": (square("7", 0.2, 0.2),)}, events, shared=True)
    with closing(ApiServer(node, ApiSettings(port=0), tmp_path, past=site)) as server:
        server.start()
        yield f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_nothing_serious_is_found(
    url: str, open_page: OpenPage, tmp_path: Path, scheme: Literal["light", "dark"], width: int, height: int
) -> None:
    for path, words in (("/", "Cameras contradict each other"), ("/history?days=7", "The week, hour by hour")):
        # axe-core is put into the page by the test: its policy, which would let nothing else run, is not asked here.
        page = open_page(f"{url}{path}", width, height, color_scheme=scheme, bypass_csp=True)
        page.screenshot(path=tmp_path / f"{path.strip('/').partition('?')[0] or 'present'}.png", full_page=True)
        assert words in page.inner_text("body")
        assert serious(page) == []
        # Nothing is cut off: wide tables scroll by themselves.
        assert page.evaluate("document.documentElement.scrollWidth") <= width
