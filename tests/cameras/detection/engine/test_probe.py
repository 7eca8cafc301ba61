"""The fastest engine is taken only where it sees what the exact one sees."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.bundle import MODEL, parse_manifest, sha256, write_manifest
from lotwise.cameras.detection.engine import probe
from lotwise.cameras.detection.engine.engine import EXACT, Engine, load_engine
from lotwise.cameras.detection.engine.probe import by_speed, engine_speeds, first_right
from tests.cameras.bundles import CARS
from tests.cameras.detection.engine.bundles import write_int8_bundle
from tests.cameras.models import ours

INT8 = Engine(backend="openvino", precision="int8")
FLOAT = Engine(backend="openvino", precision="float")
FRAMES = [np.zeros((64, 64, 3), np.uint8)] * 2


def test_an_engine_that_sees_the_same_is_taken(tmp_path: Path) -> None:
    write_int8_bundle(tmp_path / "b")
    (only,) = first_right(tmp_path / "b", [INT8, FLOAT], 1, FRAMES)
    assert (only.engine, only.why, only.agreement, only.frames, only.vehicles) == (INT8, "", 1.0, 2, 4)


@pytest.mark.parametrize(
    ("boxes", "scores"),
    [
        ([CARS[0], [0, 40, 10, 50]], (0.9, 0.8)),  # one car is elsewhere
        (CARS, (0.9, 0.1)),  # one car is no longer reported
        (CARS, (float("nan"), 0.8)),  # no numbers at all
    ],
)
def test_an_engine_that_sees_something_else_is_not_taken(tmp_path: Path, boxes, scores) -> None:
    write_int8_bundle(tmp_path / "b", boxes, scores)
    refused, taken = first_right(tmp_path / "b", [INT8, FLOAT], 1, FRAMES)
    assert refused.engine == INT8 and "against the exact model on 2 frames, under 0.970" in refused.why
    assert taken.engine == FLOAT and not taken.why


def test_an_int8_model_need_not_agree_better_than_at_its_export(tmp_path: Path) -> None:
    """One of two boxes agrees, F1 0.5: what the export was content with."""
    said = {"measured": {"int8": {"agreement": 0.5, "slot_agreement": None}}}
    manifest = write_int8_bundle(tmp_path / "b", [CARS[0], [0, 40, 10, 50]])
    write_manifest(tmp_path / "b", manifest.model_copy(update=said))
    (only,) = first_right(tmp_path / "b", [INT8], 1, FRAMES)
    assert only.agreement == 0.5 and not only.why


def test_where_the_exact_model_sees_nothing_nothing_is_shown(tmp_path: Path) -> None:
    write_int8_bundle(tmp_path / "b", scores=(0.01, 0.01))
    ours(tmp_path / "b" / MODEL, CARS, [0.01, 0.01])
    manifest = parse_manifest(tmp_path / "b")
    files = manifest.files | {MODEL: sha256(tmp_path / "b" / MODEL)}
    write_manifest(tmp_path / "b", manifest.model_copy(update={"files": files}))
    (only,) = first_right(tmp_path / "b", [INT8], 1, FRAMES)
    assert only.vehicles == 0 and "sees no vehicle" in only.why


def test_the_exact_engine_needs_no_comparison(tmp_path: Path) -> None:
    write_int8_bundle(tmp_path / "b")
    assert [one.engine for one in first_right(tmp_path / "b", [EXACT, INT8], 1, FRAMES)] == [EXACT]


class Slow:
    """A detector whose network takes as long as its engine is told to."""

    input = (64, 64)

    def __init__(self, clock: list[float], seconds: float) -> None:
        self.runs = 0

        def network(_: object) -> None:
            self.runs += 1
            clock[0] += seconds

        self.network = network


def test_each_engine_is_timed_and_a_hopeless_one_only_shortly(tmp_path: Path, monkeypatch) -> None:
    clock = [0.0]
    seconds = {INT8: 0.020, FLOAT: 0.050, EXACT: 0.010}
    made: dict[Engine, Slow] = {}

    def load(bundle: Path, engine: Engine, threads: int) -> Slow:
        made[engine] = Slow(clock, seconds[engine])
        return made[engine]

    monkeypatch.setattr(probe, "load_engine", load)
    monkeypatch.setattr(probe.time, "process_time", lambda: clock[0])
    found = engine_speeds(tmp_path, [INT8, FLOAT, EXACT], 1)
    assert found == pytest.approx({INT8: 20, FLOAT: 50, EXACT: 10})
    assert made[FLOAT].runs < made[EXACT].runs == probe.WARM_UP + probe.RUNS


def test_an_engine_is_held_against_what_the_machine_did_just_then(tmp_path: Path, monkeypatch) -> None:
    """While the second engine is timed everything takes three times as long."""
    clock, slow = [0.0], {INT8: 1.0, FLOAT: 3.0, EXACT: 1.0}
    seconds = {INT8: 0.020, FLOAT: 0.015, EXACT: 0.030}
    now = [INT8]

    def load(bundle: Path, engine: Engine, threads: int) -> Slow:
        now[0] = engine
        return Slow(clock, seconds[engine] * slow[engine])

    def multiply(*_: object) -> None:
        clock[0] += 0.001 * slow[now[0]]

    monkeypatch.setattr(probe, "load_engine", load)
    monkeypatch.setattr(probe, "_multiply", multiply)
    monkeypatch.setattr(probe.time, "process_time", lambda: clock[0])
    assert engine_speeds(tmp_path, [INT8, FLOAT, EXACT], 1) == pytest.approx({INT8: 20, FLOAT: 15, EXACT: 30})


def test_engines_are_loaded_one_after_the_other(tmp_path: Path, monkeypatch) -> None:
    """What does an engine's part loads no other one, so that it can be a process that ends with it."""
    write_int8_bundle(tmp_path / "b")
    loaded: list[list[Engine]] = []

    def load(bundle: Path, engine: Engine, threads: int):
        loaded[-1].append(engine)
        return load_engine(bundle, engine, threads)

    def alone(work):
        loaded.append([])
        return work()

    monkeypatch.setattr(probe, "load_engine", load)
    engine_speeds(tmp_path / "b", [INT8, FLOAT], 1, alone)
    first_right(tmp_path / "b", [FLOAT], 1, FRAMES, alone)
    assert loaded == [[INT8], [FLOAT], [EXACT], [FLOAT]]


def test_an_engine_that_cannot_be_loaded_is_left_out(tmp_path: Path) -> None:
    write_int8_bundle(tmp_path / "b")
    nonsense = Engine(backend="onnxruntime", precision="int8")
    assert set(engine_speeds(tmp_path / "b", [FLOAT, nonsense], 1)) == {FLOAT}


def test_another_engine_must_be_clearly_faster_than_the_default_one() -> None:
    assert by_speed({INT8: 20.0, FLOAT: 19.5, EXACT: 30.0}, INT8) == [INT8, FLOAT, EXACT]
    assert by_speed({INT8: 20.0, FLOAT: 18.0}, INT8) == [FLOAT, INT8]
