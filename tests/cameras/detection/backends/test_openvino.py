"""The first use of OpenVINO in a process happens alone."""

import threading
from pathlib import Path

import pytest

from lotwise.cameras.detection.backends import openvino


def test_the_first_load_happens_alone_and_the_others_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, first_ends = threading.Event(), threading.Event()
    others = threading.Barrier(3)
    loads: list[str] = []

    def load(path: Path, threads: int, cache: Path | None) -> str:
        loads.append(path.name)
        if len(loads) == 1:
            begun.set()
            assert first_ends.wait(20)
        else:
            others.wait(20)
        return path.name

    monkeypatch.setattr(openvino, "_load", load)
    monkeypatch.setattr(openvino, "_used", threading.Event())
    names: list[str] = []
    threads = [
        threading.Thread(target=lambda n=number: names.append(str(openvino.load_openvino(Path(f"{n}")))), daemon=True)
        for number in range(4)
    ]
    threads[0].start()
    assert begun.wait(20)
    for thread in threads[1:]:
        thread.start()
    threads[1].join(0.2)  # time enough for whoever would not wait
    assert loads == ["0"]
    first_ends.set()
    for thread in threads:
        thread.join(20)
    assert sorted(names) == ["0", "1", "2", "3"]
