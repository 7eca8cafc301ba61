"""A real browser for every test of a page."""

from tests.node.http.slot_editor.conftest import chromium, open_page

__all__ = ["chromium", "open_page"]
