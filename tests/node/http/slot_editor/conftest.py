"""Fixtures of the slot editor's tests: a rendered lot, a node that runs it, and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from lotwise.cameras.site.reading import read_site
from lotwise.node.http.server import ApiServer
from lotwise.node.start import Service, open_service
from tests.node.http.asking import served
from tests.node.http.slot_editor.fake_site import FakeSite
from tests.node.http.slot_editor.lots import write_lot
from tests.node.mqtt.brokers import until
from tests.node.nodes import FakeNode

PATIENCE_MS = 60_000
"""Milliseconds for what a page is to show or do: more than it takes on a machine that has other work too."""
expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Running:
    """A node in this process."""

    folder: Path
    service: Service
    url: str

    @property
    def editor(self) -> str:
        return f"{self.url}/cameras/C1/slots"

    @property
    def slots(self) -> str:
        return f"{self.url}/api/v1/cameras/C1/slots"

    @property
    def states(self) -> dict[str, str]:
        return {name: slot.state for name, slot in self.service.node.now().cameras["C1"].slots.items()}

    @property
    def looked(self) -> int:
        return self.service.node.now().cameras["C1"].looked


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lot that no test may change."""
    folder = tmp_path_factory.mktemp("lot")
    write_lot(folder)
    return folder


@pytest.fixture
def lot(rendered: Path, tmp_path: Path) -> Path:
    """A copy of the lot; its site file is ``site.yaml``."""
    shutil.copytree(rendered, tmp_path / "lot")
    return tmp_path / "lot"


@pytest.fixture
def running(lot: Path) -> Iterator[Running]:
    """A node that has looked at its first frame."""
    path = lot / "site.yaml"
    service = open_service(read_site(path), path)
    with closing(service):
        service.start()
        (server,) = (one for one in service.publishers if isinstance(one, ApiServer))
        node = Running(lot, service, f"http://127.0.0.1:{server.port}")
        until(lambda: bool(service.node.loop("C1").seen_frames), "the first frame is read", 60)
        yield node


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser without a window; not for longer than a module, as its event loop is in the way of all others."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"], timeout=PATIENCE_MS)
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Opens an address in a context of its own; whatever the page complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def opened(url: str, width: int = 1280, height: int = 800, **options: Any) -> Page:
        def note(asked: str) -> None:
            if not asked.startswith((url[:20], "data:", "blob:")):
                complaints.append(f"asked another place: {asked}")

        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.on(
            "request",
            lambda asked: None if asked.url.startswith((url[:20], "data:", "blob:")) else complaints.append(asked.url),
        )
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [one for one in complaints if not one.startswith("Failed to load resource")] == []  # tests look for those


@dataclass(frozen=True)
class Served:
    """A site in memory and the address of its editor."""

    site: FakeSite
    url: str

    def editor(self, camera: str = "C1") -> str:
        return f"{self.url}/cameras/{camera}/slots"


@pytest.fixture
def edited(tmp_path: Path) -> Iterator[Served]:
    """The editor over a site in memory."""
    site = FakeSite(tmp_path / "slots")
    with served(FakeNode(), edited=site) as url:
        yield Served(site, url)
