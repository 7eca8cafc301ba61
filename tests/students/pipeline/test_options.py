"""From options to a plan: the settings file below the options, and what does not go together."""

from dataclasses import replace
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.pipeline.job import Job
from lotwise.students.pipeline.options import plan_of, source_of

JOB = Job(teacher="t.pt", student="s.pt", dataset="folder", root=Path("frames"))


def test_options_stand_above_the_settings_file(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("{size: 320, epochs: 3, export: {int8: false}}\n")
    plan = plan_of(
        replace(JOB, settings=file, epochs=5, scales="320, 640", classes="car, van", frames=4, cameras="a,b")
    )
    assert (plan.distill.size, plan.distill.epochs, plan.export.int8, plan.frames) == (320, 5, False, 4)
    assert (plan.oracle.scales, plan.oracle.grid, plan.oracle.classes) == ((320, 640), 320, ("car", "van"))
    assert (plan.dataset, plan.root, plan.cameras) == ("folder", Path("frames").resolve(), ("a", "b"))


def test_weights_at_hand_are_named_in_full(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "t.pt").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    assert (plan_of(JOB).teacher, plan_of(JOB).student) == (str(tmp_path / "t.pt"), "s.pt")


@pytest.mark.parametrize("scales", ["", "640,", "31", "4097", "640;1280", "-640", "640.0", "²"])
def test_wrong_scales_are_one_line(scales: str) -> None:
    with pytest.raises(InputError, match="--scales"):
        plan_of(replace(JOB, scales=scales))


@pytest.mark.parametrize(
    ("site", "dataset", "root"),
    [(None, None, None), (None, "coco", None), (None, None, "r"), ("s", "coco", "r"), ("s", None, "r")],
)
def test_neither_site_nor_dataset(site: str | None, dataset: str | None, root: str | None) -> None:
    with pytest.raises(InputError, match="either a site file, or --dataset and --root together"):
        source_of(site and Path(site), dataset, root and Path(root))
