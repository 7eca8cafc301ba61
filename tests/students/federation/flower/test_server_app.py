"""The rounds of a federation as Flower carries them, with real cameras: who is missing or broken is named, no more."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("flwr", reason="Flower is not installed")

from flwr.app import Context, Error, Message

from lotwise.datasets.errors import InputError
from lotwise.students.federation.camera import FederatedCamera
from lotwise.students.federation.flower import server_app
from lotwise.students.federation.flower.client_app import HELLO, ROUND, make_client_app
from lotwise.students.federation.flower.records import of_records, to_records
from lotwise.students.federation.flower.server_app import Federation, run
from lotwise.students.federation.method import Parcel, module_arrays
from lotwise.students.federation.node import Node
from lotwise.students.federation.parcel_file import read_parcel
from lotwise.students.federation.settings import FederationSettings
from lotwise.students.pipeline.run import Run
from lotwise.teacher.checkpoint import fingerprint, load_model
from tests.students.federation.flower.local_grid import LocalGrid, node

SETTINGS = FederationSettings(method="fedavg", settings={"steps": 1}, rounds=2)


@pytest.fixture
def labelled(four: Path, tmp_path: Path) -> Path:
    """A copy of the run of four cameras, to write into."""
    return Path(shutil.copytree(four, tmp_path / "run"))


def federation_of(folder: Path, settings: FederationSettings = SETTINGS, needed: int = 4) -> Federation:
    cameras = ("C1", "C2", "C3", "C4")
    start = module_arrays(FederatedCamera(Run(folder), "C1").nano())
    return Federation(settings, cameras, folder / "federation" / "it", "it", lambda: start, {}, needed, wait=0)


def grid_of(folder: Path, cameras=("C1", "C2", "C3", "C4")) -> LocalGrid:
    app = make_client_app(lambda context: Node(folder, str(context.node_config["camera"])))
    return LocalGrid({10 + place: node(app, 10 + place, camera=one) for place, one in enumerate(cameras)})


def carried(folder: Path, settings: FederationSettings = SETTINGS, grid: LocalGrid | None = None, **federation):
    notes: list[str] = []
    told = replace(federation_of(folder, settings), **federation)
    return run(told, grid or grid_of(folder), lambda *_: None, notes.append), notes


def test_every_camera_gets_a_student_of_the_mean_with_its_own_norms(labelled: Path) -> None:
    ended, notes = carried(labelled)
    assert notes == []
    assert ended.progress.exchanges == 2
    assert sorted(ended.students) == ["C1", "C2", "C3", "C4"]
    students = [load_model(labelled / "cameras" / one / "federated" / "student.safetensors") for one in ("C1", "C2")]
    assert fingerprint(students[0]) == ended.students["C1"]
    state, _ = read_parcel(labelled / "federation" / "it" / "server.safetensors")
    arrays = [module_arrays(student) for student in students]
    for name, mean in state.group("weights").items():
        np.testing.assert_array_equal(arrays[0][name], mean)
        np.testing.assert_array_equal(arrays[1][name], mean)
    norms = set(arrays[0]) - set(state.group("weights"))
    assert any(not np.array_equal(arrays[0][name], arrays[1][name]) for name in norms)
    record = Run(labelled).record("C1")
    assert record is not None and record.federation is not None
    assert record.federation.down == record.federation.up - 2 * 16 == 2 * Parcel({"w": state.group("weights")}).bytes()
    assert not set(record.train) & set(record.test)
    assert record.training["steps"] == 2
    assert record.training["seconds"] > 0


def test_a_server_that_is_started_again_goes_on_from_its_last_exchange(labelled: Path, tmp_path: Path) -> None:
    whole = Path(shutil.copytree(labelled, tmp_path / "whole"))
    expected, _ = carried(whole)

    class Killed(BaseException):
        pass

    def dies(stage: str, done: int, total: int, note: str) -> None:
        raise Killed

    with pytest.raises(Killed):
        run(federation_of(labelled), grid_of(labelled), dies, lambda _: None)
    ended, notes = carried(labelled)
    assert notes == ["goes on after exchange 1 of 2"]
    assert ended.students == expected.students


def test_a_server_that_lost_its_last_exchange_asks_again_and_gets_the_same(labelled: Path, tmp_path: Path) -> None:
    """The nodes have done a round that the server does not know of."""
    state = labelled / "federation" / "it" / "server.safetensors"
    three = SETTINGS.model_copy(update={"rounds": 3})
    saved = {}

    def keep(stage: str, done: int, total: int, note: str) -> None:
        saved[done] = state.read_bytes()

    expected = run(federation_of(labelled, three), grid_of(labelled), keep, lambda _: None)
    state.write_bytes(saved[2])
    ended, _ = carried(labelled, three)
    assert ended.students == expected.students


def poisoned(answer, array):
    """A node whose weights are replaced in each round."""

    def spoil(message: Message) -> Message:
        reply = answer(message)
        if message.metadata.message_type != ROUND:
            return reply
        parcel, about = of_records(reply.content)
        weights = dict(parcel.group("weights"))
        name = next(iter(weights))
        weights[name] = array(weights[name])
        return Message(to_records(Parcel({"weights": weights}, parcel.numbers), about), reply_to=message)

    return spoil


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (lambda a: np.full_like(a, np.nan), "C2 is rejected: its weights .* hold NaN"),
        (lambda a: np.zeros((1, 2), np.float32), r"C2 is rejected: its weights .* are of shape \(1, 2\)"),
    ],
    ids=["NaN", "shape"],
)
def test_a_camera_that_sends_nonsense_is_rejected_and_named(labelled: Path, array, why: str) -> None:
    grid = grid_of(labelled)
    grid.nodes[11] = poisoned(grid.nodes[11], array)
    ended, notes = carried(labelled, grid=grid)
    assert len(notes) == 2
    with pytest.raises(AssertionError, match=why):
        raise AssertionError(notes[0])
    assert ended.progress.nodes["C2"].rejected == 2
    assert ended.progress.nodes["C1"].replies == 2
    assert len(ended.students) == 4


def test_a_camera_that_raises_or_cannot_work_is_left_out_and_named(labelled: Path) -> None:
    grid = grid_of(labelled)
    whole = dict(grid.nodes)

    def raises(message: Message) -> Message:
        if message.metadata.message_type == ROUND:
            raise RuntimeError("its disk is full")
        return whole[10](message)

    grid.nodes[10] = raises
    shutil.rmtree(labelled / "knowledge" / "nothing", ignore_errors=True)
    _, notes = carried(labelled, grid=grid)
    assert notes[0] == "exchange 1: C1 is left out: RuntimeError: its disk is full"


def test_a_camera_for_which_the_superlink_replies_is_named(labelled: Path) -> None:
    """Of a node that has missed its heartbeats, the SuperLink says so in its own name."""
    grid = grid_of(labelled)
    whole = dict(grid.nodes)

    def gone(message: Message) -> Message:
        if message.metadata.message_type != ROUND:
            return whole[12](message)
        reply = Message(Error(code=3, reason="Node Unavailable"), reply_to=message)
        reply.metadata.__dict__["_src_node_id"] = 1
        return reply

    grid.nodes[12] = gone
    ended, notes = carried(labelled, grid=grid)
    assert notes == [f"exchange {number}: C3 is left out: Node Unavailable" for number in (1, 2)]
    assert ended.progress.nodes["C3"].missed == 2


def test_a_straggler_is_left_out_and_one_that_comes_late_takes_part(labelled: Path, monkeypatch) -> None:
    from lotwise.students.federation.flower import patience

    monkeypatch.setattr(patience, "LEAST_S", 0.0)
    monkeypatch.setattr(patience.PatientGrid.__init__, "__defaults__", (0.0,))
    grid = grid_of(labelled)
    late, silent = grid.nodes.pop(13), grid.nodes[12]
    seen = 0

    def sometimes(message: Message) -> Message | None:
        nonlocal seen
        if message.metadata.message_type == ROUND:
            seen += 1
            if seen == 1:
                grid.nodes[13] = late
                return None
        return silent(message)

    grid.nodes[12] = sometimes
    ended, notes = carried(labelled, SETTINGS.model_copy(update={"patience": 0.0}), grid, needed=3)
    assert notes == ["exchange 1: C3 is left out: no reply in time"]
    nodes = ended.progress.nodes
    assert [(nodes[one].replies, nodes[one].missed) for one in ("C1", "C3", "C4")] == [(2, 0), (1, 1), (1, 0)]
    assert len(ended.students) == 4


def test_a_federation_without_a_valid_reply_gives_up_and_keeps_its_state(labelled: Path) -> None:
    grid = grid_of(labelled)
    for identity, answer in dict(grid.nodes).items():
        grid.nodes[identity] = poisoned(answer, lambda a: np.full_like(a, np.inf))
    with pytest.raises(InputError, match=r"no camera gave a valid reply .*C1 is rejected.*C4 is rejected"):
        carried(labelled, grid=grid)
    rounds = [message for message in grid.sent if message.metadata.message_type == ROUND]
    assert len(rounds) == 4 * server_app.FAILED_IN_A_ROW


def test_cameras_that_never_come_are_named(labelled: Path) -> None:
    with pytest.raises(InputError, match=r"3 of 4 cameras came within 0 s; missing: C4"):
        carried(labelled, grid=grid_of(labelled, ("C1", "C2", "C3")))


def test_a_camera_that_is_no_camera_of_the_run_says_so(labelled: Path) -> None:
    _, notes = carried(labelled, grid=grid_of(labelled, ("C1", "C2", "C3", "C9")))
    assert "C9 is left out" in notes[0]
    assert "no labelled frames of camera 'C9' (cameras: C1, C2, C3, C4)" in notes[0]


def test_a_message_says_what_it_is_about_and_who_is_asked_first(labelled: Path) -> None:
    grid = grid_of(labelled)
    carried(labelled, grid=grid)
    kinds = [message.metadata.message_type for message in grid.sent]
    assert kinds == [HELLO] * 4 + [ROUND] * 8 + ["train.finish"] * 4
    _, about = of_records(grid.sent[4].content)
    assert (about["method"], about["rounds"], about["exchange"]) == ("fedavg", 2, 1)
    assert json.loads(str(about["settings"])) == {"steps": 1}


def test_a_context_of_flower_is_all_that_a_deployed_node_needs() -> None:
    from flwr.app import RecordDict

    from lotwise.students.federation.flower.deployed_client import node_of

    def context(**config) -> Context:
        return Context(run_id=1, node_id=1, node_config=config, state=RecordDict(), run_config={})

    assert node_of(context(camera="C1", run="/there")) == Node(Path("/there"), "C1")
    with pytest.raises(InputError, match="camera= is missing"):
        node_of(context(run="/there"))
