"""The table in the terminal."""

import io

import pytest
from rich.console import Console

from lotwise.eval.protocols import PROTOCOLS
from lotwise.eval.table import rich_table
from tests.eval.lots import report


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.name)
def test_terminal_table_shows_every_figure_within_110_columns(protocol) -> None:
    console = Console(width=110, record=True, file=io.StringIO())
    console.print(rich_table(report(protocol)))
    text = console.export_text()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 110
    assert "0.950▲" in text
    assert "0.650▼" in text
