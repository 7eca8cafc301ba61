"""A person at the slot editor: points at places of the picture with mouse or fingers, and sees what came of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page, expect

Point = tuple[float, float]
ROW = ((0.30, 0.60), (0.70, 0.55), (0.72, 0.65), (0.28, 0.72))
"""Corners of a row in the middle of the picture, in shares of it."""


class Hands:
    """Uses an editor's page once its picture is there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0
        """Clicks and drags of the mouse."""
        expect(page.locator("#stage image")).to_have_attribute("href", re.compile("^data:image/jpeg"))

    @property
    def slots(self) -> dict[str, list[list[float]]]:
        """Polygon by id."""
        return {slot["id"]: slot["polygon"] for slot in self.page.evaluate("slotEditor.slots")}

    @property
    def entries(self) -> list[dict[str, Any]]:
        return list(self.page.evaluate("slotEditor.slots"))

    def at(self, point: Sequence[float]) -> tuple[float, float]:
        """Where a place of the picture is on the screen."""
        x, y = self.page.evaluate("point => slotEditor.toScreen(point)", list(point))
        return x, y

    def click(self, *points: Sequence[float], **options: Any) -> None:
        for point in points:
            self.page.mouse.click(*self.at(point), **options)
            self.clicks += 1

    def tap(self, *points: Sequence[float]) -> None:
        for point in points:
            self.page.touchscreen.tap(*self.at(point))

    def drag(self, start: Sequence[float], end: Sequence[float], steps: int = 6) -> None:
        self.page.mouse.move(*self.at(start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(end), steps=steps)
        self.page.mouse.up()
        self.clicks += 1

    def tool(self, name: str) -> None:
        self.page.locator(f"[data-tool={name}]").click()
        self.clicks += 1

    def act(self, name: str) -> None:
        self.page.locator(f"[data-act={name}]:visible").first.click()
        self.clicks += 1

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def fingers(self, kind: str, *points: tuple[float, float]) -> None:
        """A touch as the browser gets it from a screen: ``touchStart``, ``touchMove`` or ``touchEnd``."""
        if not hasattr(self, "_session"):
            self._session = self.page.context.new_cdp_session(self.page)
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def save(self) -> None:
        self.act("save")
        expect(self.page.locator("#status")).to_contain_text("saved")
