"""A recipe is kept as it was when its rollout began."""

from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.hub.rollouts.recipe import read_recipe, written_recipe
from lotwise.hub.rollouts.recipe_identity import recipe_id


def recipe(folder: Path, text: str = "teacher: big.pt\nsettings: learn.yaml\nscales: [64]\n") -> Path:
    path = folder / "new.yaml"
    path.write_text(text)
    (folder / "learn.yaml").write_text("{size: 96, epochs: 3}\n")
    return path


def test_weights_and_settings_are_those_of_that_moment(tmp_path: Path) -> None:
    path = recipe(tmp_path)
    (tmp_path / "big.pt").write_bytes(b"weights")
    read = read_recipe(path)
    assert (read["teacher"], read["student"]) == (str(tmp_path / "big.pt"), "yolo26n.pt")
    (tmp_path / "learn.yaml").write_text("{size: 640}\n")
    written = written_recipe(read, tmp_path / "work", recipe_id(read))
    assert written.settings is not None and written.settings.read_text() == "{size: 96, epochs: 3}\n"
    assert written.scales == (64,)
    assert recipe_id(read_recipe(path)) != recipe_id(read), "settings of another kind are another recipe"
    before = recipe_id(read_recipe(path))
    (tmp_path / "big.pt").write_bytes(b"other weights")
    assert recipe_id(read_recipe(path)) != before, "so are other weights of the same name"


def test_weights_that_were_changed_or_lost_since_are_told(tmp_path: Path) -> None:
    path, weights = recipe(tmp_path), tmp_path / "big.pt"
    weights.write_bytes(b"weights")
    read = read_recipe(path)
    weights.write_bytes(b"other weights")
    mend = "; copy the old one back, or begin another rollout"
    with pytest.raises(InputError, match=rf"big\.pt: was changed since the rollout began{mend}"):
        written_recipe(read, tmp_path / "work", recipe_id(read))
    weights.unlink()
    with pytest.raises(InputError, match=rf"big\.pt: cannot be read any more \(No such file or directory\){mend}"):
        written_recipe(read, tmp_path / "work", recipe_id(read))
    weights.write_bytes(b"weights")
    assert written_recipe(read, tmp_path / "work", recipe_id(read)).teacher == str(weights)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("teachr: big.pt\n", r"new\.yaml:1: teachr: unknown key; did you mean teacher\?"),
        ("", r"new\.yaml: the file: is empty; give it what recipe: of the hub file may have"),
        ("settings: none.yaml\n", r"none\.yaml"),
        ("{settings: wrong.yaml}\n", r"wrong\.yaml"),
    ],
    ids=["key", "empty", "no settings", "wrong settings"],
)
def test_mistakes_are_told_before_anything_is_begun(tmp_path: Path, text: str, why: str) -> None:
    path = recipe(tmp_path, text)
    (tmp_path / "wrong.yaml").write_text("epochs: many\n")
    with pytest.raises(InputError, match=why) as caught:
        read_recipe(path)
    assert "\n" not in str(caught.value)
