"""The page of the published table needs no other file, and hides neither what is partial nor what does not compare."""

from lotwise.eval.page.reproduction import reproduction_page
from lotwise.eval.reproduction.extent import Extent
from lotwise.eval.reproduction.reproduce import Reproduction
from lotwise.eval.reproduction.table import ROLES, ProtocolTable, TableRow


def page(*protocols: str, rendered: bool = False) -> str:
    rows = tuple(TableRow(role, camera, 3, 9, 0.9, 0.8, 0.7123, 0.5) for camera in ("C1", "all") for role in ROLES)
    found = tuple(ProtocolTable(name, f"by {name}", rows, ("Mind <this>.",)) for name in protocols)
    extent = Extent(1, 2, 34, complete=False, rendered=rendered)
    return reproduction_page(Reproduction(extent, found, ("One note.",), "teacher t.pt", 1.0))


def test_it_says_first_how_partial_it_is() -> None:
    text = page("slots", "vehicles")
    line = "partial: 1 of 9 cameras, 2 of 23 days, 34 of 4,081 frames"
    assert 0 < text.index(line) < text.index("<h1>")
    assert "Does not compare with the published table" in text
    assert "Mind &lt;this&gt;." in text and "One note." in text


def test_published_figures_stand_in_the_table_that_compares() -> None:
    slots, vehicles = page("slots"), page("vehicles")
    assert slots.count("0.712") == vehicles.count("0.712") == 2 * len(ROLES)
    assert '<td class="soft">0.88</td>' in slots  # the published student of C1
    assert "published Precision" not in vehicles
    assert "VISAPP 2024" in vehicles
    assert "http://" not in slots and "https://" not in slots and "<script" not in slots


def test_without_a_figure_it_says_so() -> None:
    assert "Nothing could be measured" in page()


def test_rendered_frames_compare_with_nothing() -> None:
    text = page("slots", rendered=True)
    assert "Compares with nothing that is published" in text
    assert "Compares with the published table" not in text
