"""The published figures are all there, as they are printed."""

import pytest

from lotwise.eval.reproduction.published import Figures, published

CAMERAS = ("all", *(f"C{number}" for number in range(1, 10)))


def test_both_roles_have_every_camera() -> None:
    assert set(published().rows) == {(role, camera) for role in ("teacher", "student") for camera in CAMERAS}
    for figures in published().rows.values():
        assert all(0 < value < 1 for value in (figures.precision, figures.recall, figures.map50, figures.map50_95))
        assert figures.map50_95 < figures.map50


@pytest.mark.parametrize(
    ("role", "camera", "figures"),
    [
        ("teacher", "all", Figures(0.82, 0.79, 0.76, 0.23)),
        ("student", "all", Figures(0.86, 0.76, 0.83, 0.26)),
        ("teacher", "C1", Figures(0.75, 0.61, 0.60, 0.31)),
        ("student", "C9", Figures(0.85, 0.84, 0.74, 0.42)),
    ],
)
def test_figures_are_those_that_are_printed(role: str, camera: str, figures: Figures) -> None:
    assert published().rows[role, camera] == figures


def test_their_source_and_what_is_not_known_of_them_are_named() -> None:
    assert "VISAPP 2024" in published().source
    assert len(published().caveats) == 4
