"""The probe as a process: real models are timed and compared, and what goes wrong there is one line here."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.engine.engine import EXACT, Engine
from lotwise.cameras.detection.engine.probe_process import ProbeProcess
from lotwise.datasets.errors import InputError
from tests.cameras.detection.engine.bundles import write_int8_bundle
from tests.cameras.sources.cameras import children_of, cmdline
from tests.node.mqtt.brokers import until

INT8 = Engine(backend="openvino", precision="int8")


def test_engines_are_timed_and_compared(tmp_path: Path) -> None:
    write_int8_bundle(tmp_path / "b")
    frames = [np.zeros((48, 64, 3), np.uint8), np.full((48, 64, 3), 255, np.uint8)]
    found = ProbeProcess(niceness=0).run(tmp_path / "b", [INT8, EXACT], 1, frames=frames)
    assert {one.engine for one in found.speeds} == {INT8, EXACT}
    assert all(one.ms >= 0 for one in found.speeds)
    assert not found.compared[-1].why
    known = ProbeProcess(niceness=0).run(tmp_path / "b", [INT8, EXACT], 1, found.speeds, frames)
    assert known.speeds == found.speeds  # not timed again


def test_a_probe_that_fails_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^the probe failed \(.*no bundle"):
        ProbeProcess(niceness=0).run(tmp_path, [EXACT], 1, frames=[np.zeros((8, 8, 3), np.uint8)])


def test_the_end_of_a_probe_is_the_end_of_its_engine(tmp_path: Path) -> None:
    write_int8_bundle(tmp_path / "b")
    process = ProbeProcess(niceness=0)
    with ThreadPoolExecutor(1) as thread:
        engines = [INT8, EXACT] * 40
        found = thread.submit(process.run, tmp_path / "b", engines, 1)
        until(lambda: process._process is not None and children_of(process._process.pid), "an engine is timed")
        assert process._process is not None
        below = children_of(process._process.pid)
        process.close()
        with pytest.raises(InputError, match="the probe failed"):
            found.result()
    until(lambda: not any(cmdline(one) for one in below), "the engine's process has ended")


def test_nothing_is_begun_after_the_end(tmp_path: Path) -> None:
    process = ProbeProcess()
    process.close()
    with pytest.raises(InputError, match="the probe was ended"):
        process.run(tmp_path, [EXACT], 1)
