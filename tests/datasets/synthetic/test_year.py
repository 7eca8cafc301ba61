"""A year of a site: each condition shows in the pictures, the truth stays exact, and what is written is read again."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.images import read_image
from lotwise.datasets.synthetic.site import site_lot, site_views
from lotwise.datasets.synthetic.truth import visible_slots
from lotwise.datasets.synthetic.year import render_year

SMALL = {"cameras": 1, "frames_per_day": 1, "width": 160, "height": 120, "seed": 3}
DAYS = ("sun", "thick fog", "deep snow", "snowstorm", "night", "dirty lens", "turned", "building")


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    dataset = render_year(tmp_path_factory.mktemp("year"), conditions=DAYS, **SMALL)
    assert dataset.cameras == ("C1",) and len(dataset.frames) == len(DAYS)
    slots = {slot.id for slot in dataset.slots["C1"]}
    lot = site_lot(3)
    assert slots == {slot.id for slot in visible_slots(site_views(3, lot, 1, 160, 120)[0], lot)}
    for frame in dataset.frames:
        states = dataset.truth[frame.name].slots
        assert states and set(states) <= slots
    return {name: read_image(frame.path).astype(float) for name, frame in zip(DAYS, dataset.frames, strict=True)}


def test_each_condition_shows(year: dict[str, np.ndarray]) -> None:
    lower = {name: image[60:] for name, image in year.items()}
    assert lower["thick fog"].std() < 0.7 * lower["sun"].std()
    assert lower["night"].mean() < 0.8 * lower["sun"].mean()
    assert lower["deep snow"].mean() > lower["sun"].mean()
    assert np.abs(lower["snowstorm"] - lower["deep snow"]).mean() > 10
    assert lower["dirty lens"].std() < lower["sun"].std()


def test_a_written_year_is_read_again_and_an_unknown_condition_is_named(tmp_path: Path) -> None:
    first = render_year(tmp_path, conditions=["fog"], **SMALL)
    changed = first.frames[0].path.stat().st_mtime_ns
    again = render_year(tmp_path, conditions=["fog"], **SMALL)
    assert again.frames[0].path.stat().st_mtime_ns == changed
    with pytest.raises(InputError, match="no condition 'hail'; there are sun, cloud"):
        render_year(tmp_path, conditions=["hail"], **SMALL)
