"""Tables of the comparison of federated methods."""

import pytest

from benchmarks.federation.rows import ALONE, NANO
from benchmarks.federation.tables import BEGIN, END, lines_of, shown, write_markdown


def cell(row, seed, private, rounds=(), up=0.0):
    figures = {"slots": 0.5, "map50_95": private, "map50": 0.6}
    told = {"world": "rendered", "row": row, "split": "own", "count": 2, "seed": seed, "rounds": 3, "steps": 8}
    return {
        "cell": told,
        "private": figures,
        "uniform": figures,
        "rounds": [{"map50_95": one} for one in rounds],
        "up": up,
        "down": up,
        "seconds": 9.0,
    }


def test_seeds_of_a_row_become_one_line_in_the_order_of_the_rows() -> None:
    cells = [
        cell("FedMD", 0, 0.3, (0.1, 0.25, 0.3), 1000.0),
        cell("FedMD", 1, 0.5, (0.1, 0.1, 0.1), 1000.0),
        cell(ALONE, 0, 0.2, (0.1, 0.2, 0.22)),
        cell(ALONE, 1, 0.2, (0.1, 0.2, 0.22)),
        cell(NANO, 0, 0.1),
    ]
    lines = lines_of(cells)
    assert [line["row"] for line in lines] == [NANO, ALONE, "FedMD"]
    assert lines[2]["private map50_95"] == [0.3, 0.5]
    assert lines[2]["rounds to target"] == [2, None]  # alone ends at 0.22 on these frames


@pytest.mark.parametrize(
    ("values", "said"), [([0.25], "0.250"), ([0.2, 0.4], "0.300 ± 0.100"), ([None, 0.3], "0.300"), ([None], "")]
)
def test_mean_and_spread(values, said) -> None:
    assert shown(values) == said


def test_the_page_keeps_what_stands_around_its_tables(tmp_path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_markdown(page, lines_of([cell(ALONE, 0, 0.2), cell("FedMD", 0, 0.3, (0.3,), 76816.0)]))
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "**Rendered, 2 frames a node, each camera its own frames, 3 rounds of 8 steps**" in text
    assert "| FedMD | 0.500 | 0.300 | 0.500 | 0.300 | 77 kB | 77 kB | 9 |" in text
