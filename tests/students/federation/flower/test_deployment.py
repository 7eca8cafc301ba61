"""One SuperLink and three SuperNodes of Flower on this machine, with TLS and node authentication, and kills."""

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("flwr", reason="Flower is not installed")

from lotwise.datasets.errors import InputError
from lotwise.students.federation.parcel_file import read_parcel
from lotwise.students.pipeline.run import Run
from lotwise.teacher.checkpoint import fingerprint, load_model
from tests.conftest import Weights
from tests.students.federation.flower.loopback import Loopback

ROUNDS = 5


@pytest.mark.slow
@pytest.mark.long
def test_node_and_server_are_killed_and_the_federation_ends_well(four: Path, weights: Weights, tmp_path: Path) -> None:
    run, state = Path(shutil.copytree(four, tmp_path / "run")), tmp_path / "state"
    (tmp_path / "lot").mkdir()
    lot = Loopback(tmp_path / "lot")
    asked = {
        "method": "fedavg", "rounds": ROUNDS, "settings": json.dumps({"steps": 1}), "state": str(state),
        "student": str(weights.student), "cameras": "C1,C2,C3", "needed": 2, "wait": 200.0, "timeout": 200.0,
        "patience": 0.5,
    }  # fmt: skip
    config = tmp_path / "run.toml"
    config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in asked.items()))

    def progress() -> dict:
        try:
            return read_parcel(next(state.glob("*/server.safetensors")))[1]["progress"]
        except (InputError, StopIteration):
            return {"exchanges": 0, "nodes": {}, "log": []}

    def works(camera: str) -> bool:
        """It has begun its second round."""
        return lot.log(camera).count("Receiving: train.round") >= 2

    def has_student(camera: str) -> bool:
        record = Run(run).record(camera)
        return record is not None and record.federation is not None

    def node(camera: str) -> None:
        lot.supernode(camera, f'camera="{camera}" run="{run}"')

    try:
        lot.superlink()
        for camera in ("C1", "C2", "C3"):
            lot.register(camera)
        node("C1")
        node("C2")
        lot.run(config)
        lot.until(lambda: progress()["exchanges"] >= 1, "the first round is over")
        lot.until(lambda: works("C2"), "C2 is in the midst of a round")
        lot.kill("C2")
        node("C3")  # late
        node("C2")
        lot.until(lambda: "C3" in progress()["nodes"], "the late camera takes part")
        reached = progress()["exchanges"]
        lot.kill("superlink")
        lot.superlink()
        lot.run(config)
        lot.until(lambda: has_student("C1") and has_student("C3"), "the cameras that are there have students")
        lot.until(lambda: lot.log("C2").count("SuperNode ID") == 2, "C2 is let in again")
        if not has_student("C2"):
            lot.run(config)
        lot.until(lambda: has_student("C2"), "C2 has a student")
    finally:
        lot.close()
    ended = progress()
    assert 1 <= reached <= ended["exchanges"] == ROUNDS
    assert ended["nodes"]["C3"]["replies"] < ROUNDS
    assert ended["nodes"]["C1"]["replies"] >= 1
    assert Run(run).record("C4") is None
    for camera in ("C1", "C2", "C3"):
        file = run / "cameras" / camera / "federated" / "student.safetensors"
        record = Run(run).record(camera)
        assert record is not None and record.federation is not None
        assert (record.federation.method, record.federation.rounds) == ("fedavg", ROUNDS)
        assert record.training["weights"] == fingerprint(load_model(file))


@pytest.mark.slow
def test_a_node_that_nobody_registered_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lot").mkdir()
    lot = Loopback(tmp_path / "lot")
    try:
        lot.superlink()
        lot.register("C1")
        lot.key("stranger")
        lot.supernode("stranger", 'camera="C1" run="/nowhere"')
        process = lot.processes.pop("stranger")
        assert process.wait(timeout=120) != 0
        lot.supernode("C1", 'camera="C1" run="/nowhere"')
        lot.until(lambda: "SuperNode ID" in lot.log("C1"), "the one that is registered is let in")
    finally:
        lot.close()
