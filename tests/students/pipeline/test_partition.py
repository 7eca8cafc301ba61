"""A run's student over several boards, by the command line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.bundle import read_manifest
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.command_line import main
from lotwise.datasets.frame import Dataset
from lotwise.students.pipeline.adapt import export
from lotwise.students.pipeline.partition import not_of_its_student, without
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.job import retrain
from lotwise.students.retraining.retrain import Asked
from lotwise.teacher.index import read_index, write_index


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["partition", *arguments])
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.fixture
def copy(adapted: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(adapted, tmp_path / "run"))


@pytest.mark.parametrize("by", ["scale", "region", "channel"])
def test_from_a_run_to_a_bundle_of_modules_within_the_budget(copy: Path, tmp_path: Path, by: str) -> None:
    registry = Registry(copy / "cameras" / "C1" / "bundles")
    live = registry.state().live
    table = tmp_path / "table.json"
    options = ["--by", by, "--boards", "3", "--parameters", "40000", "--allowed", "0", "--cameras", "C1"]
    assert run(str(copy), *options, "--effort", "0.5", "--json", str(table)) == 0
    (found,) = json.loads(table.read_text())
    manifest = read_manifest(registry.folder / found["bundle"])
    assert manifest.ensemble is not None and manifest.ensemble.by == by
    assert len(manifest.ensemble.modules) == 3
    assert all(module.parameters <= 40000 for module in manifest.ensemble.modules)
    assert all(
        module.bytes == (registry.folder / found["bundle"] / module.file).stat().st_size
        for module in manifest.ensemble.modules
    )
    assert set(found["losses"]) == {"none", "1", "2", "3"}
    page = (copy / f"boards-3-by-{by}.html").read_text()
    assert page.count("<img") == 4  # the same frame with all boards, and without each
    assert found["bundle"] in page and "Without board 3" in page
    if found["outcome"] == "kept":  # what loses more than is allowed does not go live by itself
        assert registry.state().live == live
        registry.promote(found["bundle"])
    detector = load_detector(registry.live())
    image = np.full((120, 160, 3), 90, np.uint8)
    detector([image], 0.01)
    assert detector.unread((image.shape[1], image.shape[0])) == ()
    lost = without(detector, {1})
    lost([image], 0.01)
    # In a view as small as this one the margins of regions reach over all of it.
    unread = lost.unread((image.shape[1], image.shape[0]))
    windows = [module.window for module in manifest.ensemble.modules[1:]]
    needed = manifest.ensemble.modules[0].needed
    assert len(unread) == (0 if (0, 0, *manifest.input) in windows and not needed else 1)


def test_what_cannot_be_divided_is_said(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(copy), "--boards", "4", "--cameras", "C1") == 2
    assert "give at most 3 boards" in " ".join(capsys.readouterr().err.split())
    assert run(str(copy), "--budget", "1kB", "--cameras", "C1") == 2
    assert "is too little" in " ".join(capsys.readouterr().err.split())
    assert run(str(copy), "--cameras", "C9") == 2
    assert "no student of camera C9" in " ".join(capsys.readouterr().err.split())


def test_frames_of_pictures_that_were_learned_from_judge_nothing(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record, index = Run(copy).record("C1"), read_index(copy / "knowledge")
    assert record is not None and index is not None
    stuck = index.frames[record.train[0]]
    frames = {name: stuck if name.startswith("C1/") else frame for name, frame in index.frames.items()}
    write_index(copy / "knowledge", index.model_copy(update={"frames": frames}))
    before = Run(copy).registry("C1").state()
    assert run(str(copy), "--cameras", "C1") == 2
    assert "no frame is held out that could judge a divided student" in " ".join(capsys.readouterr().err.split())
    assert Run(copy).registry("C1").state() == before


def test_a_frame_that_changed_since_it_was_labelled_is_not_learned_from(
    copy: Path, site: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lot, index, record = tmp_path / "lot", read_index(copy / "knowledge"), Run(copy).record("C1")
    assert record is not None and index is not None
    shutil.copytree(site.root, lot)
    plan = Run(copy).plan().model_copy(update={"root": lot})
    Run(copy).begin(plan)
    write_index(copy / "knowledge", index.model_copy(update={"asked": plan.labelling}))
    first, second = record.train[:2]
    (lot / first).write_bytes((lot / second).read_bytes())
    assert run(str(copy), "--cameras", "C1") == 2
    assert "changed since the teacher looked" in " ".join(capsys.readouterr().err.split())


def test_modules_go_live_by_themselves_in_the_place_of_their_own_student_alone(copy: Path, tmp_path: Path) -> None:
    own, table = Run(copy), tmp_path / "table.json"
    record, registry = own.record("C1"), own.registry("C1")
    assert record is not None and record.gate is not None

    def divided(effort: str) -> dict[str, str]:
        asked = ["--boards", "2", "--by", "region", "--allowed", "1", "--effort", effort, "--cameras", "C1"]
        assert run(str(copy), *asked, "--json", str(table)) == 0
        (found,) = json.loads(table.read_text())
        return dict(found)

    registry.promote(str(record.baseline))
    own.save(record.model_copy(update={"gate": record.gate.model_copy(update={"winner": "baseline"})}))
    found = divided("0.1")
    assert (found["outcome"], registry.state().live) == ("kept", record.baseline)
    assert "the gate has preferred the untouched nano" in found["why"] and "lotwise promote" in found["why"]
    registry.promote(str(record.bundle))
    assert (divided("0.1")["outcome"], registry.state().live) == ("promoted", found["bundle"])
    # Others of the same student take the place of modules of it.
    other = divided("0.2")
    assert (other["outcome"], registry.state().live) == ("promoted", other["bundle"])
    # Boards cannot hold a whole student, so neither an export nor a retraining puts one in their place.
    live = registry.state()
    own.save(record.model_copy(update={"bundle": None, "baseline": None, "live": None, "gate": None}))
    export(own)
    after = own.record("C1")
    assert after is not None and after.gate is not None
    assert (after.gate.outcome, registry.state()) == ("kept", live)
    (outcome,) = retrain(own, Asked(tmp_path), cameras=["C1"])
    assert outcome.word == "failed" and "lotwise partition again" in outcome.why


@pytest.mark.parametrize(
    ("winner", "live", "why"),
    [
        (None, None, ""),  # the student is trained, and nothing has been live
        ("student", None, ""),
        ("baseline", None, "the gate has preferred the untouched nano to the student that was divided (it invents)"),
        ("student", "bundle", ""),
        ("baseline", "bundle", ""),  # promoted by hand
        ("student", "baseline", "is live, which is another one than the student that was divided"),
        ("baseline", "baseline", "the gate has preferred the untouched nano"),
    ],
)
def test_why_modules_may_not_go_live(adapted: Path, winner: str | None, live: str | None, why: str) -> None:
    record = Run(adapted).record("C1")
    assert record is not None and record.gate is not None
    gate = None
    if winner is not None:
        refused = "it invents" if winner == "baseline" else ""
        gate = record.gate.model_copy(update={"winner": winner, "refused": refused})
    place = Run(adapted).registry("C1")
    detector = None if live is None else load_detector(place.folder / str(getattr(record, live)))
    found = not_of_its_student(record.model_copy(update={"gate": gate}), detector)
    assert why in found and bool(why) == bool(found)
