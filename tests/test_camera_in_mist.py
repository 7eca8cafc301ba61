"""The whole loop, with real processes: mist comes, the node says so and keeps frames, retraining learns from them, the
node's shadow accepts the new bundle, and the verdict is good again."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lotwise.cameras.trust.new_frames import new_frames
from lotwise.datasets.frame import Dataset
from lotwise.datasets.synthetic.year import render_year
from lotwise.students.pipeline.run import Run
from lotwise.students.pretrained import NANO, TEACHER
from tests.conftest import ROOT
from tests.node.mqtt.brokers import until
from tests.node.sites import history, start
from tests.students.pipeline.plans import call
from tests.uploading_camera import UploadingCamera

NIGHTS = 5
"""Retrainings after which the verdict must be good; before each the camera shows two days of its own."""
FRAMES_A_DAY = 4
USUAL, MIST = ("sun", "cloud", "overcast"), ("mist",) * (2 * NIGHTS)
SETTINGS = (
    "{size: 320, epochs: 1, min_steps: 60, max_steps: 60, positive_threshold: 0.45, ignore_threshold: 0.2, "
    "export: {int8: false}}\n"
)


WAIT_S = 300
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


def verdicts(site: Path) -> list[tuple[str, float | None]]:
    """What the node has told of the camera, and the accuracy that it has estimated, in order."""
    asked = "SELECT after, details FROM events WHERE subject = 'camera' AND name = 'trust' ORDER BY number"
    return [(str(word), json.loads(str(details))["accuracy"]) for word, details in history(site, asked)]


def words(site: Path) -> list[str]:
    """The verdicts alone."""
    return [word for word, _ in verdicts(site)]


def pictures(days: Dataset, night: int) -> list[Path]:
    """Those of the two misty days before a night."""
    misty = days.frames[len(USUAL) * FRAMES_A_DAY :]
    return [frame.path for frame in misty[2 * FRAMES_A_DAY * night :][: 2 * FRAMES_A_DAY]]


def retrained(run: Run, site: Path, outcome: Path) -> dict[str, Any]:
    """What ``lotwise retrain`` says of the camera."""
    done = subprocess.run(
        [sys.executable, "-m", "lotwise", "retrain", run.folder, site, "--json", outcome],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (told,) = json.loads(outcome.read_text())
    return dict(told)


@pytest.mark.slow
@pytest.mark.long
def test_mist_comes_and_the_camera_learns_to_see_in_it(tmp_path: Path, node: list[subprocess.Popen[str]]) -> None:
    days = render_year(
        tmp_path / "days", conditions=(*USUAL, *MIST), cameras=1, frames_per_day=FRAMES_A_DAY, width=320, height=240
    )
    usual = render_year(
        tmp_path / "usual", conditions=USUAL, cameras=1, frames_per_day=FRAMES_A_DAY, width=320, height=240
    )
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    run = Run(tmp_path / "run")
    call(
        "adapt", "--dataset", "synthetic", "--root", usual.root, "--teacher", TEACHER, "--student", NANO, "--settings",
        tmp_path / "settings.yaml", "--scales", "320,512", "--holdout", "0.34", "--out", run.folder,
    )  # fmt: skip
    site = tmp_path / "site.yaml"
    content = {
        "name": "lot", "run": "run", "schedule": {"period_s": 0.5}, "change_detection": {"enabled": False},
        # Students of 60 steps at 320 px, compared on a few frames: less is asked of them than of real ones.
        "publish": {"api": {"enabled": False}}, "trust": {"every_s": 1, "min_frames": 4, "good": 0.83, "bad": 0.82},
        "swap": {"shadow_share": 1, "shadow_frames": 6, "shadow_s": 0, "probation_share": 1, "probation_frames": 3,
                 "probation_s": 0, "min_agreement": 0.1, "max_slot_difference": 0.6, "max_count_ratio": 10,
                 "max_slowdown": 10},
        "cameras": {"C1": {"source": {"kind": "folder", "path": "upload", "follow": True}}},
    }  # fmt: skip
    site.write_text(yaml.safe_dump(content))
    reservoir = tmp_path / "state" / "new_frames"
    with UploadingCamera(tmp_path / "upload", pictures(days, 0)) as camera:
        node.append(start(site))
        until(lambda: "retrain" in words(site), "the verdict", WAIT_S)
        for night in range(NIGHTS):
            # Those of the first night may all be kept already, where the verdict took its time.
            camera.pictures, kept = pictures(days, night), len(new_frames(reservoir, "C1")) if night else 0
            until(lambda kept=kept: len(new_frames(reservoir, "C1")) >= kept + 4, "new frames", WAIT_S)
            told = len(words(site))
            outcome = retrained(run, site, tmp_path / f"night{night}.json")
            if outcome["word"] != "shadow":
                # A few old frames tell little, so that one student in some is refused; and of a night's frames some may
                # be too much like each other to be kept, so that the next night's are waited for.
                assert outcome["word"] in ("kept", "nothing new"), outcome["why"]
                continue
            bundle = outcome["record"]["bundle"]
            until(lambda bundle=bundle: run.registry("C1").state().live == bundle, "the shadow's end", WAIT_S)
            until(lambda told=told: words(site)[told:] and words(site)[-1] != "cannot tell", "a verdict", WAIT_S)
            if words(site)[-1] == "good":
                break  # else it is retrained the next night, as the verdict asks for
    assert words(site)[-1] == "good", verdicts(site)
    assert "Live on C1" in Path(outcome["page"]).read_text()
