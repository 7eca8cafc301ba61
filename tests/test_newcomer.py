"""A newcomer's first day, as commands: a video, a student of it, slots from a picker, the node, and its page."""

import json
import re
import urllib.request
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.frame import Dataset
from lotwise.datasets.synthetic import render_site
from lotwise.students.pretrained import NANO, TEACHER
from tests.free_port import free_port
from tests.lotwise.running import refused, run
from tests.node.mqtt.brokers import until
from tests.node.sites import start

SIZE = (480, 360)
CLIP_RATE = 4
SETTINGS = "{size: 320, epochs: 6, min_steps: 48, batch: 2, export: {int8: false}}\n"


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """One camera over one rendered day."""
    width, height = SIZE
    return render_site(
        tmp_path_factory.mktemp("day"), cameras=1, days=1, frames_per_day=20, width=width, height=height, seed=4
    )


def write_time_lapse(day: Dataset, path: Path) -> None:
    path.parent.mkdir(parents=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), CLIP_RATE, SIZE)
    for frame in day.frames:
        writer.write(cv2.imread(str(frame.path)))
    writer.release()


def write_picker_file(day: Dataset, path: Path) -> None:
    """As Ultralytics' parking picker writes it: corners in pixels, no ids."""
    slots = [{"points": np.rint(slot.polygon * SIZE).astype(int).tolist()} for slot in day.slots["C1"]]
    path.write_text(json.dumps(slots))


@pytest.mark.slow
def test_from_a_video_to_the_nodes_page(day: Dataset, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    write_time_lapse(day, Path("clips/gate/lot.mp4"))
    write_picker_file(day, Path("picker.json"))
    Path("settings.yaml").write_text(SETTINGS)

    # A student of the video.
    models = ("--teacher", TEACHER, "--student", NANO, "--scales", 480, "--settings", "settings.yaml")
    assert run("adapt", "--dataset", "folder", "--root", "clips", *models, "--out", "runs/lot") == 0
    said = capsys.readouterr()
    assert "gate: live is the" in said.out
    assert re.search(r"gate: \d+ of 20 frames of its video taken", said.err)  # nothing is taken without a word
    assert "frames of one day stand on both sides" in said.out  # nor measured without its caveat

    # Slots of a picker: it does not say how large its picture was.
    assert "--canvas WIDTHxHEIGHT" in refused(capsys, "slots", "convert", "picker.json", "--out", "slots.json")
    assert run("slots", "convert", "picker.json", "--canvas", "480x360", "--out", "slots.json") == 0
    assert capsys.readouterr().out == f"{len(day.slots['C1'])} slots (Ultralytics' picker): slots.json\n"

    # What the student sees on the video.
    assert run("detect", "runs/lot", "clips", "--slots", "slots.json", "--json", "seen.json", "--save", "seen") == 0
    results = json.loads(Path("seen.json").read_text())
    assert len(results) == len(list(Path("seen").rglob("*.jpg"))) == len(day.frames)
    ids = {slot.id: str(number) for number, slot in enumerate(day.slots["C1"], 1)}
    right = [
        result["slots"][ids[slot]]["state"] == state
        for frame, result in zip(day.frames, results, strict=True)
        for slot, state in (day.truth[frame.name].slots or {}).items()
        if state != "unknown"
    ]
    assert np.mean(right) > 0.75  # always "free", or always "occupied", is right on about half of them

    # The node, which tells what it would run before it does.
    port = free_port()
    Path("site.yaml").write_text(
        f"name: lot\nrun: runs/lot\nschedule: {{period_s: 0}}\n"
        f"publish: {{api: {{port: {port}}}}}\n"
        "cameras:\n  gate: {slots: slots.json, source: {kind: video, path: clips/gate/lot.mp4, repeat: true}}\n"
    )
    assert run("run", "site.yaml", "--check") == 0
    assert "nothing wrong was found" in capsys.readouterr().out
    node = start(tmp_path / "site.yaml")
    try:
        # In five seconds of video cars change faster than a slot's state may: one or two are told as hidden.
        until(lambda: known_slots(port) >= len(ids) - 2, "nearly every slot is known", seconds=180)
        page = get(port, "/")
        assert "<title>" in page and "gate" in page
        until(lambda: page_tells_what_the_api_tells(port), "the page's counts are read between changes", seconds=180)
        assert len(get(port, "/api/v1/cameras/gate/snapshot.jpg", binary=True)) > 5000
    finally:
        node.terminate()
        node.communicate(timeout=120)
    assert node.returncode == 0


def get(port: int, path: str, binary: bool = False):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        data = answer.read()
    return data if binary else data.decode()


def page_tells_what_the_api_tells(port: int) -> bool:
    """Compares the counts of the lot and of its one camera on the page with the API's slots.

    The video goes on meanwhile, so that is only done where the slots were the same before the page and after it;
    returns whether they were.
    """

    def told() -> dict[str, tuple[str, str]]:
        slots = json.loads(get(port, "/api/v1/cameras/gate"))["slots"]
        return {name: (slot["state"], slot["since"]) for name, slot in slots.items()}

    before, page, after = told(), get(port, "/"), told()
    if before != after:
        return False
    states = [state for state, _ in before.values()]
    for state in ("free", "occupied", "unknown"):
        shown = re.findall(rf'<li class="{state}">(\d+) {state}</li>', page)
        assert shown == [str(states.count(state))] * 2, state  # of the lot and of the camera
    return True


def known_slots(port: int) -> int:
    """How many slots of the camera are free or occupied; 0 where the node does not answer yet."""
    try:
        camera = json.loads(get(port, "/api/v1/cameras/gate"))
    except OSError:
        return 0
    return sum(slot["state"] != "unknown" for slot in camera["slots"].values())
