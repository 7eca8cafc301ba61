"""The comparison's table: a row a line, means and spreads, and pictures."""

from pathlib import Path

import pytest

from benchmarks.distillation.tables import BEGIN, COLUMNS, END, markdown, plot, show, spread, write_markdown
from lotwise.datasets.images import read_image


def line(row: str, group: str, camera: str = "C1", repeats: int = 2, **given) -> dict:
    values = {key: [0.5] * repeats for key in COLUMNS}
    counts = {"errors_half_covered": [10] * repeats, "errors_matched": [4, 6][:repeats], "seconds": [30.4] * repeats}
    return {"row": row, "group": group, "camera": camera, "slots": 100, **values, **counts, **given}


LINES = [
    line("nano, untouched", "untrained", repeats=1, seconds=[], memory=[]),
    line("plain fine-tune", "peers", map50=[None, None], map50_95=[None, None]),
    line("Lotwise", "ours"),
    line("Lotwise", "ours", "C3", map50=[0.91, 0.95]),
]


@pytest.mark.parametrize(
    ("values", "digits", "text"),
    [
        ([], 3, "-"),
        ([None, None], 3, "-"),
        ([0.5], 3, "0.500"),
        ([0.5, 0.7], 2, "0.60 (0.50 - 0.70)"),
        ([0.7, 0.5, 0.6], 1, "0.6 (0.5 - 0.7)"),
        ([0.5001, 0.5002], 3, "0.500"),  # no spread that would be seen
        ([None, 0.5], 3, "0.500"),
        ([44, 47], 0, "46 (44 - 47)"),
    ],
)
def test_mean_and_spread(values: list[float | None], digits: int, text: str) -> None:
    assert spread(values, digits) == text


def rows(text: str) -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in text.splitlines() if row.startswith("| ")]
    return {row[0]: row[1:] for row in cells}


def test_a_row_a_line_under_its_camera_and_group() -> None:
    text = markdown(LINES)
    assert [found for found in text.splitlines() if found.startswith("###")] == [
        "### C1: 100 slot readings",
        "### C3: 100 slot readings",
    ]
    first = rows(text.split("###")[1])
    assert list(first) == ["", "*untrained*", "nano, untouched", "*peers*", "plain fine-tune", "*ours*", "Lotwise"]
    assert list(rows(text.split("###")[2])) == ["", "*ours*", "Lotwise"]
    columns = {row.count("|") for row in text.splitlines() if row.startswith("|")}
    assert columns == {len(COLUMNS) + 3}


def test_figures_stand_in_their_columns() -> None:
    text = markdown(LINES)
    heading, untouched, plain, ours = (
        rows(text.split("###")[1])[name] for name in ("", "nano, untouched", "plain fine-tune", "Lotwise")
    )
    at = {name: heading.index(title) for name, (title, _) in COLUMNS.items()}
    assert (untouched[0], ours[0]) == ("1", "2")
    assert ours[at["errors_half_covered"]] == "10.0 · 0.900"
    assert ours[at["errors_matched"]] == "5.0 (4.0 - 6.0) · 0.950"
    assert (plain[at["map50"]], ours[at["map50"]]) == ("-", "0.500")
    assert (untouched[at["seconds"]], ours[at["seconds"]]) == ("-", "30")
    assert rows(text.split("###")[2])["Lotwise"][at["map50"]] == "0.930 (0.910 - 0.950)"


def test_the_table_on_the_screen_has_every_row(capsys) -> None:
    show(LINES, "a comparison")
    said = capsys.readouterr().out
    assert "a comparison" in said
    assert [said.count(name) for name in ("nano, untouched", "plain fine-tune", "Lotwise")] == [1, 1, 2]


def test_a_page_keeps_what_stands_around_the_table(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n{BEGIN}\nan old table\n{END}\nAfter.\n")
    write_markdown(LINES, page)
    write_markdown(LINES[:1], page)
    text = page.read_text()
    assert text.startswith(f"Before.\n{BEGIN}\n")
    assert text.endswith(f"{END}\nAfter.\n")
    assert "nano, untouched" in text
    assert "an old table" not in text
    assert "Lotwise" not in text


def test_a_page_that_is_not_there_becomes_the_table(tmp_path: Path) -> None:
    write_markdown(LINES, tmp_path / "new.md")
    assert (tmp_path / "new.md").read_text() == markdown(LINES)


@pytest.mark.parametrize("lines", [LINES, LINES[-1:], LINES[:1]], ids=["two cameras", "one row", "untrained alone"])
def test_pictures_are_drawn(tmp_path: Path, lines: list[dict]) -> None:
    written = plot(lines, tmp_path / "plots")
    assert len({path.name for path in written}) == len(written) == 2
    for path in written:
        assert read_image(path).std() > 5
