"""The whole loop, with real processes: mist comes, the node says so and keeps frames, retraining learns from them, the
node's shadow accepts the new bundle, and the verdict is good again."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from lotwise.cameras.trust.new_frames import new_frames
from lotwise.datasets.frame import Frame
from lotwise.datasets.synthetic.year import render_year
from lotwise.students.pipeline.run import Run
from lotwise.students.pretrained import NANO, TEACHER
from tests.conftest import ROOT
from tests.node.mqtt.brokers import until
from tests.node.sites import history, start
from tests.students.pipeline.plans import call
from tests.uploading_camera import UploadingCamera

NIGHTS = 5
"""Retrainings after which one must have been accepted; each has pictures of two days of its own."""
USUAL, MIST = ("sun", "cloud", "overcast"), ("mist",) * (2 * NIGHTS)
SETTINGS = (
    "{size: 320, epochs: 1, min_steps: 60, max_steps: 60, positive_threshold: 0.45, ignore_threshold: 0.2, "
    "export: {int8: false}}\n"
)


WAIT_S = 150
"""Longest wait for the node, on a machine that does much else."""


@pytest.fixture
def node(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Nodes that the test has started, killed at its end."""
    nodes: list[subprocess.Popen[str]] = []
    yield nodes
    for one in nodes:
        if one.poll() is None:
            one.kill()
        one.communicate()


def verdicts(site: Path) -> list[str]:
    """What the node has told of the camera, in order."""
    rows = history(site, "SELECT after FROM events WHERE subject = 'camera' AND name = 'trust' ORDER BY number")
    return [str(after) for (after,) in rows]


def arrange(folder: Path, frames: Sequence[Frame], night: int) -> Path:
    """Frames as a node keeps them. Which ones it has kept, and in which order, depends on the time that each look took,
    and what a student of so few learns depends on them; so that the same is learned in each run it learns from these.
    """
    (folder / "C1").mkdir(parents=True)
    for minute, frame in enumerate(frames):
        shutil.copyfile(frame.path, folder / "C1" / f"C1_2026-05-{night:02d}_10_{minute:02d}_00.jpg")
    return folder


def retrained(run: Run, site: Path, new: Path) -> dict[str, Any]:
    """What ``lotwise retrain`` says of the camera."""
    outcome = new / "outcome.json"
    done = subprocess.run(
        [sys.executable, "-m", "lotwise", "retrain", run.folder, site, "--new", new, "--json", outcome],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (told,) = json.loads(outcome.read_text())
    return dict(told)


@pytest.mark.slow
def test_mist_comes_and_the_camera_learns_to_see_in_it(tmp_path: Path, node: list[subprocess.Popen[str]]) -> None:
    days = render_year(
        tmp_path / "days", conditions=(*USUAL, *MIST), cameras=1, frames_per_day=4, width=320, height=240
    )
    usual = render_year(tmp_path / "usual", conditions=USUAL, cameras=1, frames_per_day=4, width=320, height=240)
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    run = Run(tmp_path / "run")
    call(
        "adapt", "--dataset", "synthetic", "--root", usual.root, "--teacher", TEACHER, "--student", NANO, "--settings",
        tmp_path / "settings.yaml", "--scales", "320,512", "--holdout", "0.34", "--out", run.folder,
    )  # fmt: skip
    first = run.registry("C1").state().live
    site = tmp_path / "site.yaml"
    content = {
        "name": "lot", "run": "run", "schedule": {"period_s": 0.5}, "change_detection": {"enabled": False},
        # View health takes mist that comes and goes for a blurred lens, and a blurred view is not learned from.
        "view": {"enabled": False},
        # Students of 60 steps at 320 px, compared on a few frames: less is asked of them than of real ones.
        "publish": {"api": {"enabled": False}}, "trust": {"every_s": 1, "min_frames": 4, "good": 0.83, "bad": 0.82},
        "swap": {"shadow_share": 1, "shadow_frames": 6, "shadow_s": 0, "probation_share": 1, "probation_frames": 3,
                 "probation_s": 0, "min_agreement": 0.1, "max_slot_difference": 0.6, "max_count_ratio": 10,
                 "max_slowdown": 10},
        "cameras": {"C1": {"source": {"kind": "folder", "path": "upload", "follow": True}}},
    }  # fmt: skip
    site.write_text(yaml.safe_dump(content))
    reservoir = tmp_path / "state" / "new_frames"
    with UploadingCamera(tmp_path / "upload", [frame.path for frame in days.frames[12:]]):
        node.append(start(site))
        until(lambda: "retrain" in verdicts(site), "the verdict", WAIT_S)
        until(lambda: len(new_frames(reservoir, "C1")) >= 6, "new frames", WAIT_S)
        for night in range(1, NIGHTS + 1):
            misty = days.frames[12 + 8 * (night - 1) :][:8]
            outcome = retrained(run, site, arrange(tmp_path / f"night{night}", misty, night))
            if outcome["word"] != "kept":  # four old frames tell little, so that one student in some is refused
                break
        assert outcome["word"] == "shadow", outcome["why"]
        until(
            lambda: run.registry("C1").state().live == outcome["record"]["bundle"] != first, "the shadow's end", WAIT_S
        )
        told = len(verdicts(site))
        until(lambda: verdicts(site)[told:] and verdicts(site)[-1] == "good", "a good verdict", WAIT_S)
    assert "Live on C1" in Path(outcome["page"]).read_text()
