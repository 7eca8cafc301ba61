"""What a privacy mask covers leaves a site on no way: page, API, MQTT, kept views, recording, training, report."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from lotwise.cameras.collection.collect import Collected, collect_frames
from lotwise.cameras.collection.kept_frames import Budget
from lotwise.cameras.site.frames import site_dataset
from lotwise.cameras.site.reading import read_site
from lotwise.cameras.view.reference import read_reference
from lotwise.datasets.frame import Image
from lotwise.datasets.frame_cache import FrameCache
from lotwise.datasets.images import content_key
from lotwise.datasets.privacy_masks import painted
from lotwise.node.check import check_site, describe_site
from lotwise.node.mqtt.state_messages import StateMessages
from lotwise.node.mqtt.topics import Topics
from lotwise.node.site_warnings import site_warnings
from lotwise.node.start import open_service
from tests.lotwise.running import run
from tests.node.http.asking import ask, served
from tests.node.sites import states, write_site

PRIVATE = (255, 0, 255)
"""A colour that is nowhere but under the mask."""
MASK = [[0.05, 0.05], [0.45, 0.05], [0.45, 0.45], [0.05, 0.45]]


def shows_private(image: Image) -> bool:
    """Whether anything of the private colour is seen, also after JPEG."""
    blue, green, red = (image[..., channel].astype(int) for channel in range(3))
    return bool(((np.minimum(blue, red) - green) > 80).any())


@pytest.fixture
def private_site(tmp_path: Path) -> Path:
    """A site of one camera whose frames show something private; its mask covers just that."""
    path = write_site(tmp_path, cameras=1, frames=6)
    for file in (tmp_path / "frames1").iterdir():
        grey = cv2.resize(np.asarray(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), np.uint8), (400, 300))
        image = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
        cv2.rectangle(image, (28, 24), (170, 125), PRIVATE, -1)
        assert shows_private(image)
        cv2.imwrite(str(file), image)
    content = yaml.safe_load(path.read_text())
    content["cameras"]["C1"]["privacy_masks"] = [MASK]
    path.write_text(yaml.safe_dump(content))
    return path


def test_the_node_shows_nothing_private(private_site: Path) -> None:
    service = open_service(read_site(private_site), private_site)
    service.start()
    assert service.node.wait(60)
    latest = service.node.picture("C1")
    assert latest is not None
    assert not shows_private(latest[0])
    with served(service.node) as url:
        for query in ("", "?plain=true", "?width=160", "?width=160&plain=true"):
            assert not shows_private(ask(f"{url}/api/v1/cameras/C1/snapshot.jpg{query}").image), query
    now = service.node.now()
    messages = StateMessages(service.node.picture).of(now, Topics.of(now, "lotwise", now.site))
    told = [body for body in messages.values() if body[:2] == b"\xff\xd8"]
    assert told
    for body in told:
        assert not shows_private(np.asarray(cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR), np.uint8))
    service.close()
    kept = read_reference(private_site.parent / "state" / "views" / "C1.npz")
    assert kept is not None
    assert not np.abs(kept.edges[8:52, 10:70]).any()


@pytest.mark.parametrize("follow", [False, True], ids=["stored", "running"])
def test_what_is_collected_shows_nothing_private(private_site: Path, tmp_path: Path, follow: bool) -> None:
    content = yaml.safe_load(private_site.read_text())
    content["cameras"]["C1"]["source"] = {"kind": "folder", "path": "frames1", "follow": follow}
    private_site.write_text(yaml.safe_dump(content))
    end, stop = datetime.now(UTC) + timedelta(seconds=60), threading.Event()

    def progress(so_far: Mapping[str, Collected]) -> None:
        if follow and so_far["C1"].kept:  # else it ends with the folder
            stop.set()

    done = collect_frames(
        private_site, None, tmp_path / "kept", 0, Budget(10**7, 10**7), stop, lambda *_: None, end, progress
    )
    kept = list((tmp_path / "kept").rglob("*.jpg"))
    assert len(kept) == done["C1"].kept > 0
    assert not any(shows_private(np.asarray(cv2.imread(str(file)), np.uint8)) for file in kept)


def test_training_sees_what_the_node_sees(private_site: Path) -> None:
    frames = site_dataset(private_site).frames
    assert len(frames) == 6
    read = FrameCache()
    assert not any(shows_private(read(frame)) for frame in frames)


@pytest.mark.slow
def test_teacher_student_and_report_get_nothing_private(private_site: Path, tmp_path: Path, weights, capsys) -> None:
    out, settings = tmp_path / "run", tmp_path / "settings.yaml"
    settings.write_text("{size: 96, epochs: 1, min_steps: 1, batch: 2, export: {int8: false}}\n")
    options = ["--teacher", weights.teacher, "--student", weights.student, "--settings", settings, "--scales", "96"]
    assert run("adapt", private_site, *options, "--out", out) == 0
    index = json.loads((out / "knowledge" / "index.json").read_text())
    masks = (tuple(map(tuple, MASK)),)
    for frame in site_dataset(private_site).frames:
        shown = painted(np.asarray(cv2.imread(str(frame.path)), np.uint8), masks)
        assert index["frames"][frame.name]["key"] == content_key(shown)
    pictures = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", (out / "report.html").read_text())
    for picture in pictures:
        data = np.frombuffer(base64.b64decode(picture), np.uint8)
        assert not shows_private(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8))
    for file in out.rglob("*.[jp][pn]g"):
        assert not shows_private(np.asarray(cv2.imread(str(file)), np.uint8))
    # Another mask is another frame: the teacher looks again.
    private_site.write_text(private_site.read_text().replace("0.45", "0.5"))
    capsys.readouterr()
    assert run("label", private_site, *options, "--out", out) == 0
    assert "6 frames labelled (6 new)" in capsys.readouterr().out


def test_slots_under_a_mask_stay_unknown_and_are_warned_of(tmp_path: Path) -> None:
    path = write_site(tmp_path, cameras=1)
    content = yaml.safe_load(path.read_text())
    slots = [{"id": "1", "polygon": MASK}, {"id": "2", "polygon": [[0.6, 0.6], [0.9, 0.6], [0.9, 0.9]]}]
    (tmp_path / "slots.json").write_text(json.dumps(slots))
    content["cameras"]["C1"] |= {"privacy_masks": [MASK], "slots": "slots.json"}
    path.write_text(yaml.safe_dump(content))
    service = open_service(read_site(path), path)
    service.start()
    assert service.node.wait(60)
    now = service.node.now().cameras["C1"].slots
    service.close()
    assert list(now) == ["1", "2"]
    assert (now["1"].state, now["1"].why) == ("unknown", "masked")
    assert now["2"].state != "unknown"
    assert states(path)["1"] == "unknown"
    warned = site_warnings(read_site(path), path)
    assert "camera C1: 1 of its slots lie under a privacy mask and stay unknown: 1" in warned
    assert "1 privacy mask" in describe_site(read_site(path))


def test_masks_that_cannot_be_read_are_found_by_the_check(tmp_path: Path) -> None:
    path = write_site(tmp_path, cameras=1)
    content = yaml.safe_load(path.read_text())
    content["cameras"]["C1"]["privacy_masks"] = "gone.json"
    path.write_text(yaml.safe_dump(content))
    assert any("gone.json: the privacy masks cannot be read" in problem for problem in check_site(path))
    assert "no privacy masks that can be read" in describe_site(read_site(path))
