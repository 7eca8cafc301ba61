"""How many clicks a whole lot takes in the slot editor, and how well the slots lie that its rows are filled with.

python benchmarks/slots/editor_clicks.py [--json docs/slot-editor.json] [--picture docs/slot-editor.jpg]

Drives the editor in the machine's own Chromium with a mouse and a keyboard, on the rendered site, whose slots are
known exactly: each row of neighbouring slots is filled from its four corners, what stands alone is drawn corner by
corner. Clicks are put on whole pixels of the screen, as a person who aims well puts them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from playwright.sync_api import Page, sync_playwright

from lotwise.cameras.site.reading import read_site
from lotwise.node.http.server import ApiServer
from lotwise.node.start import open_service
from tests.node.http.slot_editor.hands import Hands
from tests.node.http.slot_editor.lots import HEIGHT, WIDTH, true_slots, write_lot

CAMERA = "C2"
"""The rendered camera that sees four rows, two of them interrupted by islands."""
SCREEN = {"width": 1280, "height": 800}
SAME_CORNER = 1e-4
"""Shares of the frame within which two corners are one."""

Polygon = NDArray[np.float64]


@dataclass(frozen=True)
class Effort:
    """What it took.

    Attributes:
        slots: drawn. rows: of them filled as rows. alone: drawn corner by corner.
        clicks: of the mouse, the tools and Save among them. keys: pressed.
        least_iou, mean_iou: of a drawn slot with the true one.
    """

    slots: int
    rows: int
    alone: int
    clicks: int
    keys: int
    least_iou: float
    mean_iou: float


def rows_of(polygons: Sequence[Polygon]) -> list[list[Polygon]]:
    """Neighbours in a row together: slots of four corners that share a side with the one before."""
    rows: list[list[Polygon]] = []
    for polygon in polygons:
        joined = bool(rows) and len(polygon) == len(rows[-1][-1]) == 4 and _shared(rows[-1][-1], polygon) == 2
        if joined:
            rows[-1].append(polygon)
        else:
            rows.append([polygon])
    return rows


def row_corners(row: Sequence[Polygon]) -> list[Polygon]:
    """The four corners of a row in the order in which the editor asks for them."""
    first, last = row[0], row[-1]
    start = [corner for corner in first if not _on(corner, row[1])]
    end = [corner for corner in last if not _on(corner, row[-2])]
    if _crosses(start[0], end[0], start[1], end[1]):
        end.reverse()
    return [start[0], end[0], end[1], start[1]]


def iou(one: Polygon, other: Polygon) -> float:
    """Of two convex polygons (K, 2) in shares of the frame."""
    a, b = ((polygon * [WIDTH, HEIGHT]).astype(np.float32) for polygon in (one, other))
    common = cv2.intersectConvexConvex(a, b)[0]
    return float(common / (cv2.contourArea(a) + cv2.contourArea(b) - common))


def draw(page: Page, polygons: Sequence[Polygon]) -> Effort:
    """Draw all slots in the editor that a page shows, and save them."""
    hands = Hands(page)
    keys = 0
    rows = rows_of(polygons)
    long = [row for row in rows if len(row) > 1]
    alone = [row[0] for row in rows if len(row) == 1]
    hands.tool("row")
    for row in long:
        hands.click(*(corner.tolist() for corner in row_corners(row)))
        typed = str(len(row))
        page.keyboard.type(typed)  # the number of slots is asked for, and selected already
        page.keyboard.press("Enter")
        keys += len(typed) + 1
    for polygon in alone:
        hands.tool("slot")
        hands.click(*polygon[:4].tolist())
        if len(polygon) == 5:  # bent: the border of the frame cuts a corner off
            hands.tool("select")
            hands.drag(((polygon[3] + polygon[0]) / 2).tolist(), polygon[4].tolist())
    drawn = [np.array(slot["polygon"]) for slot in hands.entries]
    hands.save()
    overlaps = [max(iou(true, one) for one in drawn) for true in polygons]
    least, mean = round(min(overlaps), 3), round(float(np.mean(overlaps)), 3)
    return Effort(len(drawn), len(long), len(alone), hands.clicks, keys, least, mean)


def _shared(one: Polygon, other: Polygon) -> int:
    return sum(_on(corner, other) for corner in one)


def _on(corner: Polygon, polygon: Polygon) -> bool:
    return bool((np.abs(polygon - corner).max(axis=1) < SAME_CORNER).any())


def _crosses(a: Polygon, b: Polygon, c: Polygon, d: Polygon) -> bool:
    def turn(p: Polygon, q: Polygon, r: Polygon) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0


def run(folder: Path, picture: Path | None) -> Effort:
    """Render a lot, run its node, and draw its slots."""
    path = write_lot(folder, cameras=2, frames=1)
    polygons = [np.array(shape.polygon, np.float64) for shape in true_slots(folder, CAMERA)]
    service = open_service(read_site(path), path, (CAMERA,))
    service.start()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        (server,) = (one for one in service.publishers if isinstance(one, ApiServer))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = browser.new_page(viewport=SCREEN)  # type: ignore[arg-type]
            page.goto(f"http://127.0.0.1:{server.port}/cameras/{CAMERA}/slots")
            page.wait_for_selector("#stage image[href]")
            effort = draw(page, polygons)
            if picture is not None:
                page.locator("[data-tool=select]").click()
                page.locator("#list button").nth(6).click()
                page.wait_for_function("document.querySelectorAll('polygon.slot.occupied').length > 0")
                page.screenshot(path=picture, type="jpeg", quality=85)
            browser.close()
    finally:
        service.close()
    return effort


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path, help="JPEG of the editor with all slots drawn")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        effort = run(Path(folder), asked.picture)
    content: dict[str, Any] = asdict(effort)
    for name, value in content.items():
        print(f"{name:10} {value}")
    if asked.json is not None:
        asked.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
