"""YAML files that stand for far more than they hold."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from lotwise.cameras.site.yaml_file import read_yaml
from lotwise.datasets.errors import InputError


def levels(first: str, later: str, count: int = 9) -> str:
    """A level of aliases to the level before, each of which stands for ten times as much."""
    lines = [f"a0: &a0 {first}"]
    for number in range(1, count):
        lines.append(f"a{number}: &a{number} " + later.format(before=f"a{number - 1}"))
    return "\n".join(lines)


LISTS = levels("[x, x, x, x, x, x, x, x, x, x]", "[" + ", ".join(["*{before}"] * 10) + "]")
MERGES = levels(
    "{" + ", ".join(f"k{n}: 1" for n in range(10)) + "}",
    "{{<<: [" + ", ".join(["*{before}"] * 10) + "]}}",
)
MAPS = levels("{k: 1}", "{{" + ", ".join(f"k{n}: *{{before}}" for n in range(10)) + "}}")


@pytest.mark.parametrize("text", [LISTS, MERGES, MAPS])
def test_aliases_to_aliases_are_refused_before_they_are_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / "site.yaml").write_text(text)
    tracemalloc.start()
    with pytest.raises(InputError, match=r"site\.yaml: its aliases") as error:
        read_yaml(tmp_path / "site.yaml", "site file")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    assert "\n" not in str(error.value)


def test_aliases_as_people_use_them_are_read(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("base: &base {a: 1, b: 2}\ncameras:\n  x: {<<: *base, b: 3}\n  y: *base\n")
    assert read_yaml(tmp_path / "site.yaml", "site file").content["cameras"] == {
        "x": {"a": 1, "b": 3}, "y": {"a": 1, "b": 2},
    }  # fmt: skip
