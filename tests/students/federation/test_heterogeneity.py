"""Frames divided by scene: how unlike the cameras of a federation are."""

import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.federation.heterogeneity import dirichlet_split, scarce, scene_classes, skew

NODES = [f"N{i}" for i in range(6)]
CLASSES = {f"f{i:03}": (["dark", "dull", "bright"][i % 3], i % 4) for i in range(240)}


def test_scenes_by_thirds():
    names = [f"f{i}" for i in range(6)]
    classes = scene_classes(
        dict.fromkeys(names, "C1"),
        dict(zip(names, [10, 20, 100, 110, 200, 210], strict=True)),
        dict(zip(names, [0, 9, 4, 5, 0, 9], strict=True)),
    )
    assert classes["f0"] == ("dark", "empty", "C1")
    assert classes["f5"] == ("bright", "full", "C1")
    assert classes["f2"] == ("dull", "half", "C1")


def test_each_node_gets_its_frames_and_no_frame_two():
    split = dirichlet_split(CLASSES, NODES, 0.3, 20, seed=1)
    given = [name for names in split.values() for name in names]
    assert {len(names) for names in split.values()} == {20}
    assert len(given) == len(set(given)) == 120
    assert split == dirichlet_split(CLASSES, NODES, 0.3, 20, seed=1)
    assert split != dirichlet_split(CLASSES, NODES, 0.3, 20, seed=2)


def test_small_alpha_makes_nodes_unlike():
    skews = [
        sum(skew(dirichlet_split(CLASSES, NODES, alpha, 20, seed), CLASSES) for seed in range(5)) / 5
        for alpha in (0.05, 0.5, 100)
    ]
    assert skews[0] > skews[1] > skews[2]
    assert skews[0] > 0.6
    assert skews[2] < 0.35


def test_a_split_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="cannot give 6 nodes 50 each"):
        dirichlet_split(CLASSES, NODES, 1.0, 50, 0)
    with pytest.raises(InputError, match="alpha 0"):
        dirichlet_split(CLASSES, NODES, 0, 5, 0)


def test_scarce_frames_are_some_of_a_nodes_own():
    frames = {"A": list("abcdef"), "B": list("xy")}
    few = scarce(frames, 3, seed=0)
    assert len(few["A"]) == 3 and set(few["A"]) <= set("abcdef") and list(few["A"]) == sorted(few["A"])
    assert few["B"] == ("x", "y")
    assert any(scarce(frames, 3, seed)["A"] != few["A"] for seed in range(1, 5))
