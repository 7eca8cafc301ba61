"""The Markdown table."""

import pytest

from lotwise.eval.markdown import markdown
from lotwise.eval.protocols import PROTOCOLS
from tests.eval.lots import report


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.name)
def test_markdown_has_as_many_cells_in_every_line(protocol) -> None:
    lines = [line for line in markdown(report(protocol)).splitlines() if line.startswith("|")]
    assert len(lines) == 2 * (2 + 9)  # the protocol's figures, then every box at work
    assert {line.count("|") for line in lines[:11]} == {len(protocol.columns) + 3}
    assert {line.count("|") for line in lines[11:]} == {len(protocol.box_counts) + 3}


def test_markdown_marks_the_best_and_the_change() -> None:
    line = next(line for line in markdown(report()).splitlines() if line.startswith("| C1 | student"))
    assert "**0.950** ▲" in line
    assert "0.650 ▼" in next(line for line in markdown(report()).splitlines() if line.startswith("| C2 | student"))
