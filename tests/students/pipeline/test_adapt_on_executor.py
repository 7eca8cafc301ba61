"""Cameras side by side give the students that one after the other gives, whatever is killed meanwhile."""

import json
import shutil
import threading
import time
from pathlib import Path

import psutil
import pytest

from lotwise.command_line import main
from lotwise.datasets.synthetic import render_site
from lotwise.students.distillation.checkpoint import CHECKPOINT
from lotwise.students.executors.local import LocalExecutor
from lotwise.students.executors.ray_executor import RayExecutor
from lotwise.students.executors.task import Executor, TaskResult
from lotwise.students.few_frames.settings import FewFramesSettings
from lotwise.students.pipeline.adapt import adapt
from lotwise.students.pipeline.adapt_camera import LOG
from lotwise.students.pipeline.adapt_on_executor import adapt_on
from lotwise.students.pipeline.camera_run import CameraRun, join_indexes, part_folder
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.teacher.checkpoint import fingerprint, load_model
from lotwise.teacher.index import read_index
from tests.students.executors.clusters import two_nodes
from tests.students.executors.test_local import alive
from tests.students.pipeline.plans import plan_of

PATIENCE_S = 300.0
EPOCHS = 16
WORKER = "lotwise.students.executors.worker"


@pytest.fixture(scope="module")
def plan(site, weights) -> Plan:
    """So many short epochs that a process can be killed between two of them."""
    plan = plan_of(site, weights, few_frames=FewFramesSettings(pictures=1))
    return plan.model_copy(update={"distill": plan.distill.model_copy(update={"epochs": EPOCHS})})


@pytest.fixture(scope="module")
def alone(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """What one camera after the other gives, in this process."""
    run = Run(tmp_path_factory.mktemp("alone") / "run")
    adapt(run, plan)
    return run


def learned(run: Run) -> dict[str, object]:
    """What of each camera must not depend on where it was worked on."""
    return {
        camera: (
            fingerprint(load_model(run.camera(camera) / "train" / "student.safetensors")),
            record.training["weights"],
            (record.train, record.test, record.held_out, record.note, record.right_size),
            record.gate.agreement_with_teacher,
            (record.gate.winner, record.gate.outcome, record.live == record.bundle),
        )
        for camera, record in run.records().items()
    }


class Killer(threading.Thread):
    """Kills the process that trains a camera once, or that process's own supervisor, in the middle of its epochs."""

    def __init__(self, run: Run, camera: str, above: bool) -> None:
        super().__init__(daemon=True)
        self._log, self._camera, self._above = run.camera(camera) / "train" / "log.jsonl", camera, above
        self.epochs: int | None = None

    def run(self) -> None:
        end, victim = time.monotonic() + PATIENCE_S, None
        while victim is None and time.monotonic() < end:
            victim = self._victim()
            time.sleep(0.1)
        while not self._log.with_name(CHECKPOINT).is_file() and time.monotonic() < end:
            time.sleep(0.002)
        if victim is not None:
            (victim.parent() if self._above else victim).kill()
            while alive(victim.pid) and time.monotonic() < end:  # not waited for: that is its supervisor's to do
                time.sleep(0.002)
            self.epochs = len(self._log.read_bytes().splitlines())

    def _victim(self) -> psutil.Process | None:
        """The process of this camera's task: a worker that has its log open, as its supervisor has too."""
        for process in psutil.Process().children(recursive=True):
            try:
                if WORKER in process.cmdline() and any(
                    Path(file.path).parts[-2:] == (self._camera, LOG) for file in process.open_files()
                ):
                    return process
            except psutil.Error:
                continue
        return None


def killed_in_the_middle(executor: Executor, run: Run, plan: Plan, above: bool) -> tuple[TaskResult, ...]:
    killer = Killer(run, "C1", above)
    killer.start()
    done = adapt_on(executor, run, plan)
    killer.join(PATIENCE_S)
    assert killer.epochs is not None and 0 < killer.epochs < EPOCHS, "killed too early or too late"
    log = (run.camera("C1") / "train" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in log] == list(range(1, EPOCHS + 1))
    assert not done.failed
    assert done.adapted is not None and done.adapted.labels.index.finished
    return done.results


@pytest.mark.slow
def test_processes_of_this_machine_give_the_same_students_although_one_is_killed(alone, plan, tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    results = killed_in_the_middle(LocalExecutor(2), run, plan, above=False)
    assert [(one.name, one.tries) for one in results] == [("C1", 2), ("C2", 1)]
    assert learned(run) == learned(alone)
    joined, index = read_index(run.knowledge), read_index(alone.knowledge)
    assert joined == index and joined is not None
    assert not part_folder(run, "C1").exists()

    # What runs after it, in one process, finds everything done.
    told: list[str] = []
    again = adapt(run, plan, lambda stage, *_: told.append(stage))
    assert again.labels.predicted == 0
    assert "train C1" not in told


@pytest.mark.slow
def test_a_ray_cluster_gives_the_same_students_although_a_worker_is_killed(alone, plan, tmp_path: Path) -> None:
    with two_nodes() as address:
        killed_in_the_middle(RayExecutor(address), Run(tmp_path / "run"), plan, above=True)
    assert learned(Run(tmp_path / "run")) == learned(alone)


@pytest.mark.slow
def test_a_camera_that_fails_is_named_and_the_others_are_adapted_and_reported(weights, tmp_path: Path, capfd) -> None:
    site = render_site(tmp_path / "site", cameras=2, days=2, frames_per_day=1, width=128, height=96, seed=5)
    for frame in site.of_camera("C1"):
        frame.path.write_bytes(b"no picture")
    settings = tmp_path / "settings.yaml"
    learning = "size: 64, epochs: 1, min_steps: 1, batch: 1, few_frames: {pictures: 1}"
    settings.write_text(f"{{{learning}, export: {{int8: false}}}}")
    with pytest.raises(SystemExit) as end:
        main(
            [
                "adapt", "--dataset", "synthetic", "--root", str(site.root), "--teacher", str(weights.teacher),
                "--student", str(weights.student), "--settings", str(settings), "--scales", "64", "--holdout", "0.5",
                "--out", str(tmp_path / "run"), "--executor", "local", "--workers", "2", "--camera-memory", "8",
                "--camera-time", "1h",
            ]
        )  # fmt: skip
    said = capfd.readouterr()
    assert end.value.code == 2, said.err
    assert "note: C1: failed: none of 2 frames can be read; the first: " in said.err
    assert "1 of 2 cameras have failed: C1; the same command tries them again" in said.err.splitlines()[-1]
    assert "cameras: 2 done" in said.err
    run = Run(tmp_path / "run")
    assert list(run.records()) == ["C2"]
    rows = json.loads((run.folder / "report.json").read_text())["rows"]
    assert {row["camera"] for row in rows} == {"C2", "all"}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--workers", "2"], "--workers needs --executor local or --executor ray"),
        (["--address", "head:1"], "--address needs --executor local or --executor ray"),
        (["--executor", "local", "--address", "head:1"], "--address head:1 is for --executor ray"),
        (["--executor", "ray", "--address", "head"], "--address 'head': give HOST:PORT"),
        (["--executor", "local", "--camera-time", "soon"], "--camera-time soon: expected a span"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_any_work(options, why, site, weights, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main(
            ["adapt", "--dataset", "synthetic", "--root", str(site.root), "--out", str(tmp_path / "run"), *options]
        )  # fmt: skip
    assert end.value.code == 2
    assert why in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_indexes_of_cameras_are_parts_of_the_runs_and_make_it_again(adapted: Path, site, tmp_path: Path) -> None:
    run = Run(shutil.copytree(adapted, tmp_path / "run"))
    plan, footage, before = run.plan(), site.footage, read_index(run.knowledge)
    assert before is not None
    for camera in footage.cameras:
        own = CameraRun(run, camera)
        own.seed_index(footage.of_camera(camera))
        part = read_index(own.knowledge)
        assert part is not None and part.finished
        assert set(part.frames) == {frame.name for frame in footage.of_camera(camera)}
        # Just as if this camera alone had been asked for: nothing is looked at again.
        assert part.asked == own.plan().labelling
        assert part.covers(footage.of_camera(camera))
    (run.knowledge / "index.json").unlink()
    assert join_indexes(run, plan, footage) == before == read_index(run.knowledge)
    assert not any(part_folder(run, camera).exists() for camera in footage.cameras)


def test_what_of_a_camera_is_not_labelled_to_the_end_stays_apart(adapted: Path, site, tmp_path: Path) -> None:
    run = Run(shutil.copytree(adapted, tmp_path / "run"))
    footage = site.footage
    for camera in footage.cameras:
        CameraRun(run, camera).seed_index(footage.of_camera(camera))
    path = part_folder(run, "C1") / "index.json"
    path.write_text(path.read_text().replace('"finished":true', '"finished":false'))
    (run.knowledge / "index.json").unlink()
    joined = join_indexes(run, run.plan(), footage)
    assert joined is not None
    assert set(joined.frames) == {frame.name for frame in footage.of_camera("C2")}
    assert path.is_file()
