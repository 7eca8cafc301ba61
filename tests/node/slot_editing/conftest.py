"""Fixtures of the tests of what a slot editor edits."""

from tests.node.http.slot_editor.conftest import lot, rendered

__all__ = ["lot", "rendered"]
