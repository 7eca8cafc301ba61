"""Ignore regions through the whole job: what somebody said is no vehicle is not taught, and does not count."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from lotwise.cameras.ignore.region import IgnoreRegion, is_ignored, region_boxes
from lotwise.cameras.ignore.region_file import write_regions
from lotwise.datasets.boxes import area
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset
from lotwise.eval.collect import collect
from lotwise.students.pipeline import adapt as stages
from lotwise.students.pipeline.footage import open_footage, open_run_frames
from lotwise.students.pipeline.job import Job
from lotwise.students.pipeline.options import plan_of as plan_of_job
from lotwise.students.pipeline.run import Run
from lotwise.teacher.index import open_labels
from tests.conftest import Weights
from tests.students.pipeline.plans import plan_of

SIZE = (160, 120)


def thing(run: Run, frame: str) -> IgnoreRegion:
    """What the teacher is surest of among the smaller boxes of a frame, as if it were no vehicle."""
    labels = open_labels(run.knowledge)
    found = labels.store.get(labels.keys[frame]).detections
    small = found[area(found.boxes) < SIZE[0] * SIZE[1] / 4]
    return IgnoreRegion(box=tuple(np.clip(small.boxes[0] / np.array([*SIZE, *SIZE]), 0, 1).tolist()))


def taught(run: Run, region: IgnoreRegion) -> int:
    """Boxes that C1's student was taught where the thing is."""
    lines = (run.camera("C1") / "train" / "consensus.jsonl").read_text().splitlines()
    boxes = np.array([json.loads(line)["after"] for line in lines], np.float32)
    return int(is_ignored(boxes, region_boxes([region]), SIZE).sum())


def test_a_thing_is_not_taught_nor_counted_until_it_is_taken_back(
    site: Dataset, weights: Weights, tmp_path: Path
) -> None:
    run, plan, folder = Run(tmp_path / "run"), plan_of(site, weights), tmp_path / "regions"
    folder.mkdir()
    stages.adapt(run, plan)
    first = {camera: record.training["weights"] for camera, record in run.records().items()}
    region = thing(run, run.records()["C1"].train[0])
    assert taught(run, region)

    write_regions(folder / "C1.json", [region])
    plan = plan.model_copy(update={"ignore_regions": folder})
    notes: list[str] = []
    stages.adapt(run, plan, note=notes.append)
    assert not taught(run, region)
    second = {camera: record.training["weights"] for camera, record in run.records().items()}
    assert second["C1"] != first["C1"]
    assert second["C2"] == first["C2"]  # another camera has nothing to learn anew
    assert [note for note in notes if "trained anew" in note and note.startswith("C1")]
    found = collect(run, open_run_frames(plan))
    for said in found.evidence.predictions.values():
        for frame in found.evidence.frames:
            if frame.camera == "C1":
                assert not is_ignored(said[frame.name].boxes, region_boxes([region]), SIZE).any()
    (told,) = [note for note in found.notes if "ignored" in note]
    assert told.startswith("C1: 1 thing is ignored as no vehicle; boxes at work left out of all figures: ")

    write_regions(folder / "C1.json", [])
    stages.adapt(run, plan)
    assert taught(run, region)
    assert {camera: record.training["weights"] for camera, record in run.records().items()} == first


def test_a_site_names_its_regions(site: Dataset, weights: Weights, tmp_path: Path) -> None:
    region = IgnoreRegion(box=(0.1, 0.2, 0.3, 0.4))
    cameras = {name: {"source": str(site.of_camera(name)[0].path.parent)} for name in site.cameras}
    cameras["C2"]["ignore_regions"] = "yard.json"
    (tmp_path / "site.yaml").write_text(yaml.safe_dump({"name": "lot", "cameras": cameras}))
    plan = plan_of(site, weights, dataset="site", root=tmp_path / "site.yaml")
    assert dict(open_footage(plan).ignored) == {}
    write_regions(tmp_path / "state" / "ignore_regions" / "C1.json", [region])  # where the node keeps them
    write_regions(tmp_path / "yard.json", [region, IgnoreRegion(box=(0.5, 0.5, 0.6, 0.6))])
    footage = open_footage(plan)
    assert {camera: boxes.shape for camera, boxes in footage.ignored.items()} == {"C1": (1, 4), "C2": (2, 4)}
    assert [note for note in footage.notes if "C2: 2 ignore regions" in note and "yard.json" in note]
    (tmp_path / "yard.json").write_text("{")
    with pytest.raises(InputError, match="yard.json: not a list of ignore regions"):  # noqa: RUF043
        open_footage(plan)


def test_where_the_regions_of_a_dataset_lie(site: Dataset, weights: Weights, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="absent: no such folder; give one with ID.json"):  # noqa: RUF043
        open_footage(plan_of(site, weights, ignore_regions=tmp_path / "absent"))
    with pytest.raises(InputError, match="--ignore-regions: a site file names them itself"):
        plan_of_job(Job(site=tmp_path / "site.yaml", ignore_regions=tmp_path))
