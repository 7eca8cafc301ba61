"""The benchmark end to end on a small yard: each cell once, a failed one told, all in a table, JSON and pictures."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.clutter import cell, measure, places, recipes, worlds
from benchmarks.clutter.cell import Job, plan_of, read_job
from benchmarks.clutter.clips import clip_root
from benchmarks.clutter.places import HeldOut, Place, spread, yards
from benchmarks.clutter.worlds import World
from benchmarks.distillation import compare
from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.open import open_dataset
from tests.conftest import Weights

TINY = {"size": 96, "epochs": 1, "min_steps": 1, "max_steps": 2}


@pytest.fixture
def small(monkeypatch, weights: Weights) -> World:
    """Two short days to learn from, one to measure on, tiny models."""
    monkeypatch.setattr(places, "CLIP_DAYS", 2)
    monkeypatch.setattr(places, "TEST_DAYS", 1)
    monkeypatch.setattr(places, "FRAMES_PER_DAY", 3)
    monkeypatch.setattr(places, "TEST_FRAMES_PER_DAY", 2)
    monkeypatch.setattr(places, "YARD_FRAME_PX", (160, 120))
    for module in (places, measure):
        monkeypatch.setattr(module, "CLIPS", ((4, 2),))
    plan = {"distill": TINY, "oracle": {"scales": (96,), "grid": 96}}
    world = World(str(weights.teacher), str(weights.student), 96, plan)
    monkeypatch.setattr(measure, "yard_world", lambda work: world)
    return world


@pytest.fixture
def started(monkeypatch) -> list[Path]:
    """Folders of the cells that were run, in this process rather than each in one of its own."""
    folders: list[Path] = []

    def run(command: list[str], **_) -> SimpleNamespace:
        assert command[2] == "benchmarks.clutter.cell"
        folders.append(Path(command[3]))
        monkeypatch.setattr(sys, "argv", command[2:4])
        cell.main()
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(compare, "subprocess", SimpleNamespace(run=run, STDOUT=None))
    return folders


def call(monkeypatch, work: Path, *options: str) -> None:
    rows = ["--rows", "untouched nano", "teacher", "default"]
    command = ["measure", "--places", "yard, mid", "--clips", "4x2", "--seeds", "1", "--jobs", "1", *rows]
    monkeypatch.setattr(sys, "argv", [*command, "--work", str(work), *options])
    measure.main()


@pytest.mark.usefixtures("small")
def test_rows_are_measured_once_and_told(monkeypatch, tmp_path: Path, capsys, started: list[Path]) -> None:
    work, told, plots = tmp_path / "work", tmp_path / "out.json", tmp_path / "plots"
    call(monkeypatch, work, "--json", str(told), "--plots", str(plots))
    assert [folder.parent.name for folder in started] == ["untouched-nano", "teacher", "default"]
    content = json.loads(told.read_text())
    assert [line["row"] for line in content["lines"]] == ["untouched nano", "teacher", "default"]
    assert {line["frames"] for line in content["lines"]} == {2}
    assert content["lines"][2]["students_live"][1] == 1
    assert content["cells"][2]["gate"] and content["cells"][2]["learned_from"] == 4
    assert content["recipes"] == {"default": {}}
    assert len(list(plots.iterdir())) == 2
    assert "default" in capsys.readouterr().out

    call(monkeypatch, work)
    assert len(started) == 3  # all was done
    monkeypatch.setitem(measure.RECIPES, "default", {"distill": {"score_exponent": 1.0}})
    call(monkeypatch, work)
    assert [folder.parent.name for folder in started[3:]] == ["default"]


@pytest.mark.usefixtures("small")
def test_a_cell_that_fails_is_told_and_the_others_go_on(monkeypatch, tmp_path: Path, capsys, started) -> None:
    true_main = cell.main

    def failing() -> None:
        if "teacher" in sys.argv[1]:
            raise SystemExit("no teacher")
        true_main()

    monkeypatch.setattr(cell, "main", failing)
    call(monkeypatch, tmp_path / "work")
    said = capsys.readouterr()
    assert "no teacher" in said.err and "1 of 3 cells are not done" in said.err
    assert "default" in said.out


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--places", "forest"], "--places 'forest': no such place; one of yard"),
        (["--clips", "7"], "--clips 7: expected FRAMESxDAYS"),
        (["--rows", "magic"], "--rows 'magic': no such row; one of untouched nano"),
    ],
)
def test_wrong_words_are_named(monkeypatch, tmp_path: Path, options: list[str], why: str) -> None:
    monkeypatch.setattr(sys, "argv", ["measure", "--work", str(tmp_path), *options])
    with pytest.raises(InputError, match=why):
        measure.main()


def test_a_clip_holds_its_frames_and_no_truth(small: World, tmp_path: Path) -> None:
    (place,) = yards(tmp_path, ["mid"], [(4, 2)], 1)
    assert not set(place.train) & set(place.tests[0].names)
    clip = open_dataset("synthetic", clip_root(place, tmp_path), ("C1",))
    assert [frame.name for frame in clip.frames] == list(place.train)
    assert clip.slots["C1"]
    for truth in clip.truth.values():
        assert truth.vehicles is not None and len(truth.vehicles.boxes) == 0 and not truth.slots


def test_other_layouts_keep_what_lies_beside_a_frame(tmp_path: Path) -> None:
    source = tmp_path / "lot"
    for name in ("a/one.jpg", "a/one.xml", "a/two.jpg", "a/two.xml", "slots.csv", "vehicles.json"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    place = Place("g", "c", "p-0", True, "folder", str(source), "a", ("a/one.jpg",), (), 0)
    root = clip_root(place, tmp_path)
    links = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_symlink())
    assert links == ["a/one.jpg", "a/one.xml", "slots.csv"]


def test_a_recipe_changes_the_plan_and_nothing_else(small: World, tmp_path: Path) -> None:
    test = HeldOut("synthetic", "r", "C1", ("x",))
    place = Place("g", "c", "p-0", False, "synthetic", "r", "C1", ("y",), (test,), 5)
    plain, changed = (
        plan_of(Job("row", overrides, place, small), tmp_path)
        for overrides in ({}, {"distill": {"positive_threshold": 0.4}, "holdout": 0.5})
    )
    assert (plain.distill.seed, plain.distill.size, plain.export.int8) == (5, 96, False)
    assert changed.distill == plain.distill.model_copy(update={"positive_threshold": 0.4})
    assert changed == plain.model_copy(update={"distill": changed.distill, "holdout": 0.5})


def test_every_recipe_is_a_plan(small: World, tmp_path: Path) -> None:
    place = Place("g", "c", "p-0", False, "synthetic", "r", "C1", ("y",), (), 0)
    for name, overrides in recipes.RECIPES.items():
        assert plan_of(Job(name, overrides, place, small), tmp_path).distill.size == 96


def test_a_job_is_read_as_it_was_written(small: World, tmp_path: Path) -> None:
    from dataclasses import asdict

    test = HeldOut("synthetic", "r", "C1", ("x",))
    job = Job("row", {}, Place("g", "c", "p-0", False, "synthetic", "r", "C1", ("y",), (test,), 5), small)
    (tmp_path / "job.json").write_text(json.dumps(asdict(job)))
    assert read_job(tmp_path).place == job.place


def test_frames_are_spread_from_first_to_last() -> None:
    assert spread(list(range(9)), 3) == [0, 4, 8]  # type: ignore[arg-type]
    assert spread(list(range(9)), 1) == [4]  # type: ignore[arg-type]
    assert len(spread(list(range(3)), 9)) == 3  # type: ignore[arg-type]


def test_the_embedded_weights_are_written_for_ultralytics(tmp_path: Path) -> None:
    from lotwise.students.pretrained import NANO
    from lotwise.teacher.checkpoint import fingerprint, load_model

    world = worlds.yard_world(tmp_path)
    assert Path(world.student).suffix == ".pt"
    assert load_model(world.student).names == {0: "vehicle"}
    assert fingerprint(load_model(world.student)) == fingerprint(load_model(NANO))
