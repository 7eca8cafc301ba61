"""``lotwise trust``: the table of a node's samples and of stored frames, and what is refused."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.trust.log import append, log_file
from lotwise.cameras.trust.reference import TRUST
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.trust.signals.frame_signals import SIGNALS
from lotwise.datasets.disturbances import lit_night
from tests.lotwise.running import refused, run
from tests.node.streams import lot, pattern, write_reading_bundle


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write_reading_bundle(tmp_path / "bundle")
    frames = tmp_path / "frames"
    frames.mkdir()
    for day, disturb in ((3, None), (4, lit_night(1.6))):
        for hour in (9, 11, 13, 15):
            image = lot(0, pattern(hour // 2))
            if disturb is not None:
                image = disturb(image, np.random.default_rng(hour))
            cv2.imwrite(str(frames / f"2026-11-{day:02}_{hour:02}_00_00.jpg"), image)
    (tmp_path / "site.yaml").write_text(
        "name: lot\nview: {enabled: false}\ncameras:\n  gate: {source: frames, bundles: bundle}\n"
        "  live: {source: 'rtsp://127.0.0.1/x', bundles: bundle}\n"
    )
    return tmp_path / "site.yaml"


def test_stored_frames_are_judged_where_no_node_has_run(site: Path, tmp_path: Path, capsys) -> None:
    written = tmp_path / "trust.json"
    assert run("trust", site, "--camera", "gate", "--json", written) == 0
    (camera,) = json.loads(written.read_text())
    assert [day["day"] for day in camera["days"]] == ["2026-11-03", "2026-11-04"]
    assert camera["days"][1]["accuracy"] < camera["days"][0]["accuracy"]
    assert camera["days"][1]["reasons"] and camera["days"][0]["frames"] == 4
    said = capsys.readouterr().out
    assert "never to labels" in said and "no node has sampled it" in said


def test_samples_of_a_node_are_judged_day_by_day(site: Path, tmp_path: Path, capsys) -> None:
    now = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for day in range(3, 0, -1):
        for hour in range(5):
            taken = now - timedelta(days=day, hours=hour)
            append(log_file(tmp_path / "state", "live"), Sample(taken, dict.fromkeys(SIGNALS, 0.0), bundle="b"))
    written = tmp_path / "trust.json"
    assert run("trust", site, "--camera", "live", "--days", 2, "--json", written) == 0
    (camera,) = json.loads(written.read_text())
    assert 1 <= len(camera["days"]) <= 2
    assert "carries no reference" in " ".join(camera["days"][-1]["reasons"])
    assert not (site.parent / "bundle" / TRUST).exists()


def test_bad_input_is_one_line(site: Path, tmp_path: Path, capsys) -> None:
    assert "run the node for a while" in refused(capsys, "trust", site, "--camera", "live")
    assert "no camera gat (did you mean gate?)" in refused(capsys, "trust", site, "--camera", "gat")
    assert "no run here" in refused(capsys, "trust", tmp_path / "nothing")
    assert "belong together" in refused(capsys, "trust", tmp_path, "--dataset", "folder")
    assert "give one in place of the site file" in refused(
        capsys, "trust", site, "--dataset", "folder", "--root", tmp_path
    )
